// SPDX-License-Identifier: Apache-2.0
// trustx setup enable and disable for every program of the machine: the configuration that OpenSSL reads by itself. It
// is replaced at once or not at all, and only where the result, read by OpenSSL's own parser, does what was wanted.
//
// What remains when the provider is removed does no harm: OpenSSL passes over a module that it cannot load, with
// config_diagnostics, too, and the default provider is activated beside it (openssl-provider.md section 1.15).
#pragma once

#include "cli/context.hpp"
#include "setup/scope.hpp"

#include <trustx/result.hpp>
#include <trustx/settings.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace trustx::cli {

struct MachineOptions {
    std::string config;  // empty: what OpenSSL reads
    std::string module;  // empty: where OpenSSL looks for it
    bool claim_fips = false;
    std::optional<Scope> scope = {};  // nothing: as it is
};

// ConfigurationChange is what is going to be done to a configuration.
struct ConfigurationChange {
    enum class Kind : std::uint8_t { none, new_file, replacement };
    Kind kind = Kind::none;
    std::string path = {};
    std::string text = {};
    std::string kept = {};  // the comments that were there in place of a new file
    std::string note = {};  // for people, afterwards
};

// plan_verify_anchor has a configuration that enable_machine wrote name a trust anchor in the setting verify-anchors,
// in place of what it says of the same object or key. Nothing is written. Error: InputErrc::refused where the
// provider's section is somebody else's, with the line to write there.
Result<ConfigurationChange> plan_verify_anchor(const std::string& config, const VerifyAnchor& anchor);

// carry_out does it, at once or not at all.
Result<void> carry_out(const Context& context, const ConfigurationChange& change);

Result<void> enable_machine(const Context& context, const MachineOptions& options);

// can_enable_machine says why enable_machine would leave a configuration alone. It writes nothing, and does not ask
// whether the module is there and the file may be written.
Result<void> can_enable_machine(const std::string& config);

// disable_machine leaves what a person changed since. Error: InputErrc::refused where the provider is activated by
// lines that enable did not write.
Result<void> disable_machine(const Context& context, const std::string& config);

// undo_machine is disable_machine for the removal of the program: what others wrote is none of its business, and a
// configuration that is not there neither.
Result<void> undo_machine(const Context& context, const std::string& config);

}  // namespace trustx::cli
