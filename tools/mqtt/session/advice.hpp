// SPDX-License-Identifier: Apache-2.0
// What a user of this program can do about an error of the connection, whose own remedy names no program.
#pragma once

#include "connection/error.hpp"

#include <string>

namespace trustx::mqtt {

// explain is what, remedy, and the options and programs that serve it, in one line.
std::string explain(const Error& error);

}  // namespace trustx::mqtt
