// SPDX-License-Identifier: Apache-2.0
// The program that a profile names as credential_process: it prints credentials as JSON (aws-iot.md section 14, item
// 11).
#pragma once

#include "aws/account/account_error.hpp"
#include "aws/signing/credentials.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::aws {

// split_command splits a command line into words as a shell does, with its quotes and backslashes, and expands nothing.
// AccountErrc::configuration_malformed for a quote that is not closed.
Result<std::vector<std::string>> split_command(std::string_view command);

// longest_process is how long any such program is waited for, also where the call itself has more time: one that waits
// for somebody to type a code waits without a word here.
inline constexpr std::chrono::seconds longest_process{60};

// credentials_of_process runs a command without a shell; a program without slash is looked for in PATH. At the
// deadline, or after longest_process, it is killed with its children. Errors: AccountErrc::process_failed,
// AccountErrc::configuration_malformed.
Result<Credentials> credentials_of_process(std::string_view command, const Clock& clock, const Deadline& deadline);

// parse_process_answer reads what such a program prints. AccountErrc::process_failed.
Result<Credentials> parse_process_answer(std::string_view json);

}  // namespace trustx::aws
