// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/cloud_calls.hpp"

#include "aws/control/arn.hpp"
#include "aws/enrolment/error.hpp"
#include "common/try.hpp"

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

}  // namespace trustx::aws
