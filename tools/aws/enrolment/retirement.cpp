// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/retirement.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>

namespace trustx::aws {
namespace {

// check_is_of_thing lets a certificate pass that belongs to no thing: that is what an interrupted retirement leaves.
Result<void> check_is_of_thing(const CloudAccess& cloud, const std::string& arn, const std::string& thing) {
    TRY(const auto things, every_item<std::string>([&](const std::string& next) {
            return ask(cloud, ListPrincipalThings{.principal = arn, .next = next});
        }));
    if (things.empty() || std::ranges::find(things, thing) != things.end()) {
        return {};
    }
    return fail(InputErrc::check_failed, "the certificate " + arn + " belongs to the thing " + things.front() +
                                             ", not to " + thing + "; nothing was changed");
}

}  // namespace

Result<void> delete_unused_thing(const CloudAccess& cloud, const std::string& thing,
                                 const std::function<void(std::string_view)>& note) {
    TRY(const auto others, principals_of(cloud, thing));
    if (!others.empty()) {
        const auto& other = others.front();
        note("the thing " + thing + " stays: it has the certificate " + other + "; `trustx aws retire --thing " +
             thing + " --certificate " + other.substr(other.rfind('/') + 1) +
             " --delete-thing --force` ends that one, and then the thing");
        return {};
    }
    return gone_is_fine(ask(cloud, DeleteThing{.name = thing}));
}

Result<void> retire(const CloudAccess& cloud, const Retirement& what,
                    const std::function<void(std::string_view)>& note) {
    TRY(const auto found, unless_missing(ask(cloud, DescribeCertificate{.id = what.certificate_id})));
    if (!found && !what.delete_thing) {
        return fail(InputErrc::nothing_there, "there is no certificate " + what.certificate_id +
                                                  " in this account and region: it may be deleted already");
    }
    if (found) {
        TRYV(check_is_of_thing(cloud, found->arn, what.thing));
        TRYV(take_out_of_use(cloud, {.arn = found->arn, .id = found->id}, what.removal));
    }
    return what.delete_thing ? delete_unused_thing(cloud, what.thing, note) : Result<void>{};
}

}  // namespace trustx::aws
