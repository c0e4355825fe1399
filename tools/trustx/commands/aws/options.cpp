// SPDX-License-Identifier: Apache-2.0
#include "commands/aws/options.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace trustx::cli {
namespace {

std::string chosen(const std::string& option, const SettingValues& settings, std::string_view setting,
                   const std::string& otherwise) {
    const auto* value = settings.find(setting);
    return !option.empty() ? option : value != nullptr ? value->text : otherwise;
}

std::string column(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

}  // namespace

std::string plan_text(const aws::Order& order) {
    constexpr std::size_t longest_name = 21;
    constexpr std::size_t longest_place = 7;
    std::string text;
    for (const auto& step : aws::plan(order)) {
        text += column(step.name, longest_name) + column(step.where.empty() ? "-" : step.where, longest_place) +
                step.what + "\n";
    }
    return text;
}

void name_files_absolutely(aws::Order& order) {
    for (auto* file : {&order.ca_file, &order.authority_certificate, &order.authority_key, &order.claim_certificate,
                       &order.claim_key}) {
        std::error_code unknown_directory;
        const auto path = std::filesystem::absolute(*file, unknown_directory);
        if (!file->empty() && !unknown_directory) {
            *file = path.string();
        }
    }
}

void add_directory_options(Command& command, DirectoryOptions& options) {
    command.option("--identity-dir", options.identity,
                   "Where the files for services are; default: the setting aws-identity, else /etc/trustx",
                   "DIRECTORY");
    command.option("--state-dir", options.state,
                   "Where the journal is; default: the setting aws-state, else /var/lib/trustx", "DIRECTORY");
}

Result<aws::Directories> directories_of(const Context& context, const DirectoryOptions& options) {
    TRY(const auto settings, resolve_values(context.overrides()));
    const aws::Directories usual;
    return aws::Directories{.identity = chosen(options.identity, settings, "aws-identity", usual.identity),
                            .state = chosen(options.state, settings, "aws-state", usual.state)};
}

void add_profile_option(Command& command, std::string& profile) {
    command.option("--profile", profile, "Profile in ~/.aws; default: as AWS's programs choose", "NAME");
}

void add_account_options(Command& command, AccountChoice& choice) {
    add_profile_option(command, choice.profile);
    command.option("--region", choice.region, "Region; default: as AWS's programs choose", "NAME");
}

void add_wait_option(Command& command, std::string& wait) {
    command.option("--wait", wait, "How long the broker may take to accept the gateway; default: 10m", "TIME");
}

Result<std::chrono::seconds> parse_wait(const std::string& text) {
    std::uint32_t count = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, count);
    const std::string unit(read.ptr, end);
    const int factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    constexpr std::uint32_t most = 86400;
    if (read.ec != std::errc{} || factor == 0 || count > most) {
        return fail(InputErrc::usage, "--wait: `" + text + "` is no time; give seconds, or a number with s, m or h");
    }
    return std::chrono::seconds{std::int64_t{count} * factor};
}

}  // namespace trustx::cli
