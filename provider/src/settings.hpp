// SPDX-License-Identifier: Apache-2.0
// The provider's section of openssl.cnf. Reading it never fails: a provider that refuses to load is missing without any
// error (openssl-provider.md section 1.2), so a wrong value is remembered and reported when a chip key is first asked
// for.
#pragma once

#include "core.hpp"

#include <trustx/settings.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace trustx::provider {

// Scope is how much of a TLS handshake the chip does.
enum class Scope : std::uint8_t {
    signature,     // the signature that proves the identity
    ephemeral,     // the ephemeral keys of ECDHE, too
    key_schedule,  // in TLS 1.2, the premaster and the master secret, too
};

struct ProviderSettings {
    SettingValues values;
    bool open_at_load = false;  // of the provider; that of a key may be in trustx.conf too
    bool self_verify = true;
    // Work in software is left to the application's providers instead of a separate default provider.
    bool child_library_context = false;
    bool claim_fips = false;  // fips_claim.hpp
    Scope scope = Scope::signature;
    // How long a handshake waits for one of the chip's session objects, and whether it goes on in software afterwards.
    std::chrono::milliseconds session_timeout{2000};
    bool ephemeral_fallback = false;
    std::vector<VerifyAnchor> verify_anchors = {};  // trust_anchors.hpp
    std::optional<ProviderError> anchors_fault;     // verify-anchors is there and could not be read
    std::optional<ProviderError> fault;             // the first value that could not be read

    static ProviderSettings read(const Core& core);

    // asks_anchors says that a trust anchor of the chip may have to verify.
    [[nodiscard]] bool asks_anchors() const { return !verify_anchors.empty() || anchors_fault; }

    // check is the fault, if there is one.
    [[nodiscard]] Outcome<void> check() const;
};

}  // namespace trustx::provider
