// SPDX-License-Identifier: Apache-2.0
// The provider's section of openssl.cnf. Reading it never fails: a provider that refuses to load vanishes without a
// word (openssl-provider.md section 1.2), so a wrong value is remembered and reported when a chip key is first asked
// for.
#pragma once

#include "core.hpp"

#include <trustx/trace.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace trustx::provider {

struct ProviderSettings {
    std::optional<std::string> device;
    std::optional<std::string> lock_directory;
    std::optional<std::chrono::milliseconds> lock_timeout;
    std::optional<std::chrono::milliseconds> command_timeout;
    bool self_verify = true;
    std::optional<std::string> trace;  // a file
    std::optional<TraceLevel> trace_level;
    // Work in software goes to the application's providers instead of to a default provider of our own.
    bool child_library_context = false;
    std::optional<ProviderError> fault;  // the first value that could not be read

    static ProviderSettings read(const Core& core);

    // check is the fault, if there is one.
    [[nodiscard]] Outcome<void> check() const;
};

}  // namespace trustx::provider
