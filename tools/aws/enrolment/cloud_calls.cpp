// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/cloud_calls.hpp"

#include "aws/control/arn.hpp"
#include "aws/enrolment/error.hpp"
#include "common/try.hpp"

#include <algorithm>

namespace trustx::aws {

Result<void> note_account(Run& run, const std::string& arn) {
    TRY(const auto parsed, parse_arn(arn));
    const auto& wanted = run.order().account;
    if (!wanted.empty() && parsed.account != wanted) {
        return fail(EnrolmentErrc::other_account, "the credentials belong to the account " + parsed.account +
                                                      ", and the account asked for is " + wanted +
                                                      ": use the credentials of that one; what was made so far in the "
                                                      "other is taken back by abandoning this enrolment with its own");
    }
    run.facts().account = parsed.account;
    run.facts().partition = parsed.partition;
    return {};
}

Result<std::vector<std::string>> principals_of(const CloudAccess& cloud, const std::string& thing) {
    auto listed = every_item<ThingPrincipal>(
        [&](const std::string& next) { return ask(cloud, ListThingPrincipals{.thing = thing, .next = next}); });
    if (!listed && listed.error() == ApiErrc::resource_not_found) {
        return std::vector<std::string>{};
    }
    TRYV(listed);
    std::vector<std::string> arns;
    for (const auto& entry : *listed) {
        arns.push_back(entry.principal);
    }
    return arns;
}

namespace {

// stranger is a certificate of the thing that is neither that of this enrolment nor among these; empty: there is none.
Result<std::string> stranger(Run& run, const std::vector<std::string>& known) {
    TRY(const auto principals, principals_of(cloud_of(run), run.order().thing));
    const auto found = std::ranges::find_if(principals, [&](const std::string& arn) {
        return arn != run.facts().certificate_arn && std::ranges::find(known, arn) == known.end();
    });
    return found == principals.end() ? std::string{} : *found;
}

}  // namespace

Result<std::string> others_certificate(Run& run) {
    return stranger(run, {});
}

Result<void> note_others(Run& run) {
    auto& others = run.facts().others;
    if (others) {
        return {};
    }
    const bool may_have_others = run.order().existing_thing || run.order().task == Task::rotate;
    TRY(others, may_have_others ? principals_of(cloud_of(run), run.order().thing)
                                : Result<std::vector<std::string>>{std::vector<std::string>{}});
    return {};
}

Result<void> check_alone(Run& run) {
    if (!run.facts().others) {
        return {};
    }
    TRY(const auto other, stranger(run, *run.facts().others));
    return other.empty()
               ? Result<void>{}
               : fail(EnrolmentErrc::thing_taken,
                      "the thing " + run.order().thing + " has got the certificate " + other +
                          " meanwhile, so somebody else enrols or rotates it too: settle which of the two it is for, "
                          "and take the other one back; the certificate from here is not active. If the thing is to "
                          "have both, take this one back and begin again");
}

}  // namespace trustx::aws
