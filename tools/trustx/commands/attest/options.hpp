// SPDX-License-Identifier: Apache-2.0
// What the subcommands of `trustx attest` share: what is measured, and by which files an operator judges.
#pragma once

#include "attest/measurement.hpp"
#include "attest/settings.hpp"
#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

// MeasuringOptions say what is measured, and where the log of it is.
struct MeasuringOptions {
    std::vector<std::string> measure{};
    std::string config{};
    std::string log = "/run/trustx/attest.log";
    std::string root{};
};

void add_measuring_options(Command& command, MeasuringOptions& options);

// settings_of reads the file that is named, or the usual one where there is one, and adds what the command line has.
Result<attest::Settings> settings_of(const MeasuringOptions& options);
attest::Roots roots_of(const MeasuringOptions& options);

// tell_incomplete is how a command ends that has measured: with the first of what was left out of it.
Result<void> tell_incomplete(const Context& context, const attest::Measurement& found);

// measuring_program runs dmsetup and rauc, with a deadline.
attest::RunProgram measuring_program();

// JudgingOptions are those of who looks at evidence.
struct JudgingOptions {
    std::string authority{};
    bool any_issuer = false;
    std::string ima_log{};
};

void add_judging_options(Command& command, JudgingOptions& options);

// authorities_of gives nothing for --any-issuer. InputErrc::usage unless exactly one of the two is given.
Result<std::optional<std::vector<x509::Certificate>>> authorities_of(const JudgingOptions& options);

// certificates_in reads a file; nothing: none is named.
Result<std::optional<std::vector<x509::Certificate>>> certificates_in(const std::string& file);

// read_limited reads a file, or standard input for "-". InputErrc::malformed for one that is longer than the limit.
Result<Bytes> read_limited(const std::string& path, std::size_t limit);

// nonce_of takes the one that is given, by itself or as the first line of a file. Nothing: none is.
Result<std::optional<std::string>> nonce_of(const std::string& nonce, const std::string& file);

// parse_age reads seconds, or a number with s, m, h or d.
Result<std::chrono::seconds> parse_age(const std::string& text);

}  // namespace trustx::cli
