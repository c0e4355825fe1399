// SPDX-License-Identifier: Apache-2.0
// What to do about an error of libtrustx, for users of this program: where its own subcommands help, they are named.
#pragma once

#include <trustx/error.hpp>

#include <string>

namespace trustx::cli {

// remedy_of is the advice alone; empty where there is none.
std::string remedy_of(const Error& error);

// what_is_wrong is the error's description without advice.
std::string what_is_wrong(const Error& error);

// explain is the error's description with advice: one line without line break.
std::string explain(const Error& error);

}  // namespace trustx::cli
