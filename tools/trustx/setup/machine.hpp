// SPDX-License-Identifier: Apache-2.0
// trustx setup enable and disable for every program of the machine: the configuration that OpenSSL reads by itself. It
// is replaced at once or not at all, and only where the result, read by OpenSSL's own parser, does what was wanted.
//
// What remains when the provider is removed does no harm: OpenSSL passes over a module that it cannot load, with
// config_diagnostics, too, and the default provider is activated beside it (openssl-provider.md section 1.15).
#pragma once

#include "cli/context.hpp"

#include <trustx/result.hpp>

#include <string>

namespace trustx::cli {

struct MachineOptions {
    std::string config;  // empty: what OpenSSL reads
    std::string module;  // empty: where OpenSSL looks for it
    bool claim_fips = false;
};

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
