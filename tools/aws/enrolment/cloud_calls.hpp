// SPDX-License-Identifier: Apache-2.0
// What steps in the cloud have in common.
#pragma once

#include "aws/control/calls/certificates.hpp"
#include "aws/control/calls/things.hpp"
#include "aws/enrolment/run.hpp"

#include <optional>
#include <string>
#include <utility>

namespace trustx::aws {

// CloudAccess is what calls need where there is no Run: for an operator without a gateway.
struct CloudAccess {
    ApiClient& client;
    const Clock& clock;
};

inline CloudAccess cloud_of(Run& run) {
    return {.client = run.seams.cloud, .clock = run.seams.broker.clock};
}

// ask makes one call, with time enough for an account that is throttled for a minute.
template <ApiCall Call>
ApiResult<typename Call::Answer> ask(const CloudAccess& cloud, const Call& call) {
    constexpr std::chrono::minutes patience{3};
    return cloud.client.call(call, Deadline::after(cloud.clock, patience));
}
template <ApiCall Call>
ApiResult<typename Call::Answer> ask(Run& run, const Call& call) {
    return ask(cloud_of(run), call);
}

// gone_is_fine turns "there is no such resource" into success: for what is taken back.
template <class Answer>
Result<void> gone_is_fine(const Answer& answer) {
    return answer || answer.error() == ApiErrc::resource_not_found ? Result<void>{}
                                                                   : tl::unexpected<Error>{answer.error()};
}

// unless_missing gives nothing where there is no such resource.
template <class T>
Result<std::optional<T>> unless_missing(ApiResult<T> answer) {
    if (answer) {
        return std::optional{*std::move(answer)};
    }
    return answer.error() == ApiErrc::resource_not_found ? Result<std::optional<T>>{std::optional<T>{}}
                                                         : tl::unexpected<Error>{answer.error()};
}

// every_item collects all pages of a list.
template <class Item, class Fetch>
Result<std::vector<Item>> every_item(Fetch fetch) {
    std::vector<Item> items;
    std::string next;
    do {
        auto page = fetch(next);
        if (!page) {
            return tl::unexpected<Error>{page.error()};
        }
        std::ranges::move(page->items, std::back_inserter(items));
        next = page->next;
    } while (!next.empty());
    return items;
}

// note_account learns from the ARN of something of this account which account that is. EnrolmentErrc::other_account.
Result<void> note_account(Run& run, const std::string& arn);

// principals_of are the certificates of a thing, by their ARNs; none where there is no such thing.
Result<std::vector<std::string>> principals_of(const CloudAccess& cloud, const std::string& thing);

// others_certificate is one that the thing has and that is not from this enrolment; empty: there is none.
Result<std::string> others_certificate(Run& run);

// note_others decides, once, which certificates the thing may have besides that of this enrolment: those that it has,
// where it may have any. It comes before one is attached, and before one of an earlier approval is looked for.
Result<void> note_others(Run& run);

// check_alone looks for somebody who enrols or rotates the same thing at the same time. AWS lets a thing have many
// certificates, so that each looks again when its own one is attached: then at least one of the two sees the other.
// Where no others were noted, nothing is looked for. EnrolmentErrc::thing_taken.
Result<void> check_alone(Run& run);

}  // namespace trustx::aws
