// SPDX-License-Identifier: Apache-2.0
#include "commands/attest/options.hpp"

#include "attest/evidence.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/process/run_program.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <charconv>
#include <filesystem>

namespace trustx::cli {
namespace {

constexpr const char* usual_config = "/etc/trustx/attest.conf";

}  // namespace

void add_measuring_options(Command& command, MeasuringOptions& options) {
    command.option("--measure", options.measure,
                   "File or directory to measure, besides those of the configuration; "
                   "may be given several times",
                   "PATH");
    command.option("--config", options.config, "What is measured; default: /etc/trustx/attest.conf, where there is one",
                   "FILE");
    command.option("--log", options.log, "Log of this start's measurements; default: /run/trustx/attest.log", "FILE");
    command.option("--root", options.root, "Measure the system below this directory, with its proc and sys",
                   "DIRECTORY");
}

attest::Roots roots_of(const MeasuringOptions& options) {
    return options.root.empty() ? attest::Roots{} : attest::Roots::below(options.root);
}

Result<attest::Settings> settings_of(const MeasuringOptions& options) {
    const auto path = options.config.empty() ? std::string{usual_config} : options.config;
    std::error_code ignored;
    attest::Settings settings;
    if (!options.config.empty() || std::filesystem::exists(path, ignored)) {
        TRY(const auto content, files::read_input(path));
        TRY(settings, attest::parse_settings(text::as_text(content), files::input_name(path)));
    }
    auto& paths = settings.measured.paths;
    paths.insert(paths.end(), options.measure.begin(), options.measure.end());
    return settings;
}

attest::RunProgram measuring_program() {
    return [](const std::vector<std::string>& words) -> Result<std::optional<std::string>> {
        constexpr std::chrono::seconds patience{20};
        const SystemClock clock;
        // Administrators' programs are not in everybody's PATH.
        const auto* path = std::getenv("PATH");
        const auto search = "PATH=" + std::string{path == nullptr ? "/usr/bin:/bin" : path} + ":/usr/sbin:/sbin";
        const auto outcome = process::run_program({.words = words, .environment = {search, "LC_ALL=C"}}, clock,
                                                  Deadline::after(clock, patience));
        if (!outcome && outcome.error().code() == std::errc::no_such_file_or_directory) {
            return std::optional<std::string>{};
        }
        if (!outcome || !outcome->good()) {
            return fail(InputErrc::unreadable, words.front() + " does not tell: " +
                                                   (outcome ? outcome->text() : outcome.error().code().message()));
        }
        return std::optional{std::string{text::as_text(outcome->output)}};
    };
}

Result<void> tell_incomplete(const Context& context, const attest::Measurement& found) {
    if (found.failures.empty()) {
        return {};
    }
    for (std::size_t i = 1; i < found.failures.size(); ++i) {
        context.note(found.failures[i].operation() + "; it is left out");
    }
    return fail(found.failures.front().code(), found.failures.front().operation() + "; it is left out, all else is in");
}

void add_judging_options(Command& command, JudgingOptions& options) {
    command.option("--ca", options.authority, "Certificates that are trusted, in PEM", "FILE");
    command.flag("--any-issuer", options.any_issuer,
                 "Take the certificate in the evidence for what it is: anybody can make one");
    command.option("--ima-log", options.ima_log, "The kernel's log that was written with the evidence", "FILE");
}

Result<std::optional<std::vector<x509::Certificate>>> authorities_of(const JudgingOptions& options) {
    if (options.authority.empty() != options.any_issuer) {
        return fail(InputErrc::usage, "give either --ca FILE with the certificates that you trust, or --any-issuer");
    }
    if (options.any_issuer) {
        return std::optional<std::vector<x509::Certificate>>{};
    }
    return certificates_in(options.authority);
}

Result<std::optional<std::vector<x509::Certificate>>> certificates_in(const std::string& file) {
    if (file.empty()) {
        return std::optional<std::vector<x509::Certificate>>{};
    }
    TRY(const auto content, files::read_input(file));
    TRY(auto certificates, x509::parse_certificate_file(content, files::input_name(file)));
    return std::optional{std::move(certificates)};
}

Result<Bytes> read_limited(const std::string& path, std::size_t limit) {
    Bytes content;
    TRYV(files::for_each_piece(path, [&](ByteView piece) -> Result<void> {
        content.insert(content.end(), piece.begin(), piece.end());
        return content.size() <= limit
                   ? Result<void>{}
                   : Result<void>{fail(InputErrc::malformed, files::input_name(path) + " is longer than " +
                                                                 std::to_string(limit) + " bytes")};
    }));
    return content;
}

Result<std::optional<std::string>> nonce_of(const std::string& nonce, const std::string& file) {
    if (nonce.empty() && file.empty()) {
        return std::optional<std::string>{};
    }
    if (!nonce.empty() && !file.empty()) {
        return fail(InputErrc::usage, "give either --nonce or --nonce-file");
    }
    auto chosen = nonce;
    if (!file.empty()) {
        TRY(const auto content, files::read_input(file));
        chosen = text::as_text(content);
        chosen = chosen.substr(0, chosen.find_first_of("\r\n"));
    }
    TRYV(attest::check_nonce(chosen));
    return std::optional{std::move(chosen)};
}

Result<std::chrono::seconds> parse_age(const std::string& text) {
    std::uint32_t count = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, count);
    const std::string unit(read.ptr, end);
    const int factor = unit.empty() || unit == "s" ? 1
                       : unit == "m"               ? 60
                       : unit == "h"               ? 3600
                       : unit == "d"               ? 86400
                                                   : 0;
    if (read.ec != std::errc{} || factor == 0) {
        return fail(InputErrc::usage,
                    "--max-age: `" + text + "` is no time; give seconds, or a number with s, m, h or d");
    }
    return std::chrono::seconds{std::int64_t{count} * factor};
}

}  // namespace trustx::cli
