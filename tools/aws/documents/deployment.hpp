// SPDX-License-Identifier: Apache-2.0
// The functions of allow_list.hpp with all that an account needs to run them: role, rule, and the commands of the
// program `aws` that put them there. Nothing is sent (aws-iot.md sections 7.4 to 7.6).
#pragma once

#include "aws/documents/allow_list.hpp"
#include "aws/documents/policy.hpp"

#include <trustx/result.hpp>

#include <string>
#include <vector>

namespace trustx::aws {

struct NamedDocument {
    std::string name;  // of a file
    std::string text;
    bool is_program = false;
};

// JitrDeployment is what happens when a certificate of an authority connects for the first time.
struct JitrDeployment {
    PolicyScope scope{};
    std::string name = "trustx_jitr";  // of function, role and rule: letters, digits, underscores
    std::string ca_certificate_id{};
    std::string policy{};
    AllowedDevices devices{};
};

// jitr_documents: jitr.py, trust.json, permissions.json, rule.json and the program deploy. InputErrc::usage.
Result<std::vector<NamedDocument>> jitr_documents(const JitrDeployment& wanted);

// HookDeployment decides which claim may become which thing.
struct HookDeployment {
    PolicyScope scope{};
    std::string name = "trustx_provisioning_hook";  // of function and role
    std::string template_name{};
    AllowedClaims claims{};
};

// hook_documents: provisioning_hook.py, trust.json, permissions.json and the program deploy. InputErrc::usage.
Result<std::vector<NamedDocument>> hook_documents(const HookDeployment& wanted);

}  // namespace trustx::aws
