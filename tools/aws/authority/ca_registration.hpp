// SPDX-License-Identifier: Apache-2.0
// An authority becomes one that an AWS account knows: certificates that it issues can then be registered, on request or
// by their first connection (aws-iot.md sections 7.3 to 7.5).
#pragma once

#include "aws/control/api_client.hpp"
#include "aws/control/calls/ca_certificates.hpp"
#include "pki/issuer.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

// CaRegistration is what somebody wants. AWS IoT knows direct issuers: with an intermediate authority that one is
// meant, not the root above it.
struct CaRegistration {
    pki::AuthorityFiles files;  // the key may be missing: it is elsewhere, a vendor has it
    CertificateMode mode = CertificateMode::default_mode;
    // Certificates register themselves when they connect for the first time, and then wait until somebody activates
    // them (JITR).
    bool auto_registration = false;
    // The service itself runs a template then (JITP). It implies auto_registration.
    std::optional<RegistrationConfig> provisioning{};
};

// AuthorityForAccount is an authority that was read and may be registered.
struct AuthorityForAccount {
    std::string certificate_pem;
    std::string certificate_id;
    std::unique_ptr<pki::Issuer> issuer;  // none: the key is not here
};

// check_registration reads the files and refuses what AWS refuses, and what would let in strangers. Nothing is sent.
// InputErrc::check_failed: no authority's certificate, expired, a key that AWS does not take; InputErrc::usage: the
// mode DEFAULT without the key; InputErrc::refused: JITP for an authority whose key is not here; and those of
// open_authority.
Result<AuthorityForAccount> check_registration(const CaRegistration& wanted, std::time_t now);

// CaCalls are what the functions below send with.
struct CaCalls {
    ApiClient& cloud;
    const Clock& clock;
};

// register_ca makes it ACTIVE, with what is wanted; one that is registered already gets what is wanted now. Errors:
// ApiErrc; InputErrc::check_failed: it is registered in the other mode, which cannot be changed.
Result<CaCertificateDescription> register_ca(const CaCalls& calls, const CaRegistration& wanted,
                                             const AuthorityForAccount& authority);

// list_cas gives all authorities of the account in this region. Errors: ApiErrc.
Result<std::vector<CaCertificateDescription>> list_cas(const CaCalls& calls);

// retire_ca makes it INACTIVE, without automatic registration; removed: it is deleted then. Certificates that it issued
// stay what they are. Errors: ApiErrc.
Result<void> retire_ca(const CaCalls& calls, const std::string& id, bool removed);

}  // namespace trustx::aws
