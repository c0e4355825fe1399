// SPDX-License-Identifier: Apache-2.0
// What a diagnosis is told.
#pragma once

#include "aws/doctor/ports.hpp"
#include "aws/identity/identity.hpp"

#include <chrono>
#include <optional>

namespace trustx::aws::doctor {

struct Options {
    Directories directories{};
    std::optional<Failure> settings{};                         // why the project's settings cannot be read
    std::chrono::days warn_before{30};                         // certificates that expire within that time
    bool cloud_wanted = false;                                 // that there are no credentials is a cause then
    std::chrono::milliseconds watch{std::chrono::seconds{3}};  // how long a connection is kept
};

}  // namespace trustx::aws::doctor
