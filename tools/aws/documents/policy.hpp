// SPDX-License-Identifier: Apache-2.0
// Policies of AWS IoT, and of IAM roles, as JSON (aws-iot.md section 3 and section 14, items 1, 3, 7 and 11).
#pragma once

#include <trustx/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::aws {

// A policy of AWS IoT has at most so many characters, white space not counted.
inline constexpr std::size_t longest_policy = 2048;

// policy_size is what AWS counts.
std::size_t policy_size(std::string_view document);

// PolicyScope is where its ARNs are.
struct PolicyScope {
    std::string partition = "aws";
    std::string region{};
    std::string account{};  // 12 digits
};

// check_scope wants a region and an account. InputErrc::usage.
Result<void> check_scope(const PolicyScope& scope);

// DevicePolicy is one policy for a whole fleet: each device may connect under its thing's name, and use that thing's
// topics. It wants a certificate that is attached to its thing.
struct DevicePolicy {
    PolicyScope scope{};
    // Topics below the thing's name, such as "dt" for dt/THING/...
    std::vector<std::string> publish{"dt"};
    std::vector<std::string> subscribe{"cmd"};
    std::vector<std::string> rules{};    // publish to these rules alone, $aws/rules/RULE/... (Basic Ingest, section 8)
    std::vector<std::string> clients{};  // connect as THING-SUFFIX as well, for each of these
    bool shadow = true;
    bool jobs = true;
    bool defender = true;
    bool retain = false;             // publish retained messages
    bool client_beside = true;       // connect under the name of client_beside as well, which a rotation does
    bool greengrass = false;         // what a Greengrass core device needs besides
    std::string role_alias{};        // credentials of this role alias
    std::string renewal_template{};  // renew the certificate by this fleet provisioning template
};

// client_beside is a name for a short connection beside the one of the service, which has the thing's name: the broker
// closes the older of two connections with the same name. It wants a certificate that is attached to no other thing
// (section 14, item 1).
std::string client_beside(const std::string& thing);

// device_policy: InputErrc::usage for names that cannot be, and for a policy that becomes too long.
Result<std::string> device_policy(const DevicePolicy& policy);

// check_additions checks `rules` and `clients` of a policy before there is one. InputErrc::usage.
Result<void> check_additions(const std::vector<std::string>& rules, const std::vector<std::string>& clients);

// ClaimPolicy is for claims: they may send a CSR and run one template, and nothing else. Their keys are not made by
// AWS.
struct ClaimPolicy {
    PolicyScope scope{};
    std::string template_name{};
    std::string client_prefix = "claim-";
};
Result<std::string> claim_policy(const ClaimPolicy& policy);

// RoleUser is who a role trusts.
enum class RoleUser : std::uint8_t {
    provisioning,  // AWS IoT, which runs templates: with the managed policy AWSIoTThingsRegistration
    credentials,   // AWS IoT's credential provider, for a role alias
    function,      // Lambda, for jitr and the provisioning hook
};

// role_trust is the trust policy. Only a provisioning role is bound to an account, if one is given.
std::string role_trust(RoleUser user, const std::string& account = {});

// registration_policy_arn is the managed policy for a provisioning role.
std::string registration_policy_arn(const std::string& partition);

// jitr_permissions is the policy of the role of the function of jitr.hpp.
Result<std::string> jitr_permissions(const PolicyScope& scope);

}  // namespace trustx::aws
