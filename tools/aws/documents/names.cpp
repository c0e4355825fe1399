// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/names.hpp"

#include "common/files/input_error.hpp"

#include <algorithm>
#include <array>

namespace trustx::aws {
namespace {

struct NameRule {
    NameOf kind;
    const char* what;
    std::size_t shortest;
    std::size_t longest;
    std::string_view punctuation;  // besides letters and digits
};

constexpr std::array name_rules{
    NameRule{NameOf::thing, "name of a thing", 1, 128, ":_-"},
    NameRule{NameOf::policy, "name of a policy", 1, 128, "_+=,.@-"},
    NameRule{NameOf::provisioning_template, "name of a provisioning template", 1, 36, "_-"},
    NameRule{NameOf::role_alias, "role alias", 1, 128, "_=,@-"},
    NameRule{NameOf::rule, "name of a rule", 1, 128, "_"},
    NameRule{NameOf::attribute, "name of an attribute", 1, 128, "_.,@/:#-"},
    NameRule{NameOf::attribute_value, "value of an attribute", 0, 800, "_.,@/:#=[]-"},
};

bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

}  // namespace

Result<void> check_name(NameOf kind, std::string_view name) {
    const auto& rule =
        *std::find_if(name_rules.begin(), name_rules.end(), [kind](const NameRule& each) { return each.kind == kind; });
    const bool good = name.size() >= rule.shortest && name.size() <= rule.longest &&
                      std::all_of(name.begin(), name.end(), [&rule](char letter) {
                          return is_letter_or_digit(letter) || rule.punctuation.find(letter) != std::string_view::npos;
                      });
    if (good) {
        return {};
    }
    return fail(InputErrc::usage, "`" + std::string{name} + "` cannot be a " + rule.what + ": AWS IoT takes " +
                                      std::to_string(rule.shortest) + " to " + std::to_string(rule.longest) +
                                      " letters, digits and " + std::string{rule.punctuation});
}

Result<void> check_account(std::string_view account) {
    const bool good = account.size() == 12 && std::all_of(account.begin(), account.end(),
                                                          [](char digit) { return digit >= '0' && digit <= '9'; });
    return good ? Result<void>{}
                : fail(InputErrc::usage, "`" + std::string{account} + "` is no AWS account: that is 12 digits");
}

Result<void> check_role(std::string_view arn) {
    constexpr std::size_t shortest = 20;
    constexpr std::size_t longest = 2048;
    const bool good = arn.size() >= shortest && arn.size() <= longest && arn.starts_with("arn:") &&
                      arn.find(":iam::") != std::string_view::npos && arn.find(":role/") != std::string_view::npos;
    return good
               ? Result<void>{}
               : fail(InputErrc::usage, "`" + std::string{arn} +
                                            "` is no ARN of a role: `aws iam get-role --role-name NAME` shows it, like "
                                            "arn:aws:iam::123456789012:role/NAME");
}

}  // namespace trustx::aws
