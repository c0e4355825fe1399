// SPDX-License-Identifier: Apache-2.0
// Provisioning templates: what AWS IoT makes for a new device (aws-iot.md sections 7.2, 7.4 and 7.6).
#pragma once

#include <trustx/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trustx::aws {

inline constexpr std::size_t longest_template = 10240;

enum class TemplateUse : std::uint8_t {
    register_csr,          // RegisterThing: AWS signs a CSR. Parameters ThingName, SerialNumber, CSR
    register_certificate,  // RegisterThing: a certificate of a registered CA. ThingName, SerialNumber, Certificate,
                           // CACertificate
    fleet,                 // claim: ThingName, SerialNumber; the certificate is the one that was just issued
    jitp,                  // first connect; the thing is named by the certificate
};

// JitpName is where a thing's name comes from. A certificate without a subject, such as Infineon's, has no common name,
// and then provisioning fails.
enum class JitpName : std::uint8_t { common_name, certificate_id };

// ProvisioningTemplate is what a template is made of. Certificates that RegisterThing makes are INACTIVE: they are
// activated after they were checked. With fleet and jitp the service itself activates them.
struct ProvisioningTemplate {
    TemplateUse use = TemplateUse::register_csr;
    std::string policy{};      // the name of one that exists
    std::string thing_type{};  // empty: none
    std::vector<std::string> thing_groups{};
    JitpName jitp_name = JitpName::common_name;
    // The certificate belongs to this thing alone. Whether JITP takes that is not known, so it is left out there.
    bool exclusive = true;
};

// provisioning_template: InputErrc::usage for names that cannot be, and for a template that becomes too long.
Result<std::string> provisioning_template(const ProvisioningTemplate& wanted);

}  // namespace trustx::aws
