// SPDX-License-Identifier: Apache-2.0
// Options that several subcommands of `trustx aws` have.
#pragma once

#include "aws/account/account.hpp"
#include "aws/enrolment/enrolment.hpp"
#include "cli/command_line.hpp"
#include "cli/context.hpp"

#include <chrono>
#include <string>

namespace trustx::cli {

// name_files_absolutely is for what a journal remembers: it may be resumed from another directory.
void name_files_absolutely(aws::Order& order);

inline constexpr const char* default_wait = "10m";

// DirectoryOptions move the two directories of a gateway; empty: as settings say, or the usual ones.
struct DirectoryOptions {
    std::string identity;
    std::string state;
};

void add_directory_options(Command& command, DirectoryOptions& options);
// directories_of: the option, then the settings aws-identity and aws-state. Errors: those of resolve_values.
Result<aws::Directories> directories_of(const Context& context, const DirectoryOptions& options);

// AccountChoice is which of the user's accounts; empty: as AWS's programs choose.
struct AccountChoice {
    std::string profile;
    std::string region;
};

void add_profile_option(Command& command, std::string& profile);
void add_account_options(Command& command, AccountChoice& choice);

// add_wait_option is about the broker. Its default is what `wait` holds.
void add_wait_option(Command& command, std::string& wait);

// plan_text is a plan, a step a line, each with the place where it changes something.
std::string plan_text(const aws::Order& order);

// parse_wait reads "90", "90s", "10m" or "1h". InputErrc::usage.
Result<std::chrono::seconds> parse_wait(const std::string& text);

}  // namespace trustx::cli
