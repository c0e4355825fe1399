// SPDX-License-Identifier: Apache-2.0
// The program that a user named, found when it is named and not when it is needed.
#pragma once

#include <trustx/result.hpp>

#include <string>

namespace trustx::mqtt {

// find_program gives an absolute path: of the name itself if it has a slash, else of the first program of that name in
// the directories of PATH, as a shell does. Errors: InputErrc::nothing_there; InputErrc::refused for what cannot be
// run, or may be changed by everybody.
[[nodiscard]] trustx::Result<std::string> find_program(const std::string& name);

}  // namespace trustx::mqtt
