// SPDX-License-Identifier: Apache-2.0
// What a connection is, for people and for programs.
#pragma once

#include "commands/dtls/options.hpp"

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace trustx::cli {

// session_line is one line, for the note of a connection.
std::string session_line(const Prepared& prepared, const ServerConnection& server);

// session_text and session_json say everything.
std::string session_text(const Prepared& prepared, const ServerConnection& server);
nlohmann::ordered_json session_json(const Prepared& prepared, const ServerConnection& server);

}  // namespace trustx::cli
