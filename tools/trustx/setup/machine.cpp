// SPDX-License-Identifier: Apache-2.0
#include "setup/machine.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/openssl/environment.hpp"
#include "common/try.hpp"
#include "setup/marked_block.hpp"
#include "setup/setup_block.hpp"

#include <trustx/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

// Target is the configuration to work on.
struct Target {
    std::string path;
    std::string text;
    MarkedText parts;
};

Result<Target> open_target(const std::string& config) {
    Target target{.path = config.empty() ? openssl::configuration_file() : config, .text = {}, .parts = {}};
    if (target.path.empty()) {
        return fail(InputErrc::usage, std::string{openssl::no_configuration} + "; unset it, or name one with --config");
    }
    struct stat status {};
    const int error = ::stat(target.path.c_str(), &status) == 0 ? 0 : errno;
    if (error == ENOENT && target.path == openssl::own_configuration_file()) {
        return fail(InputErrc::unreadable, "there is no " + target.path +
                                               ", which the package of the program openssl brings; install that, or "
                                               "name a configuration with --config");
    }
    if (error != 0) {
        return files::cannot_read(target.path, errno_code(error));
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(InputErrc::malformed, target.path + " is not a regular file; name the configuration with --config");
    }
    if (status.st_nlink > 1) {
        return fail(InputErrc::refused, target.path + " has " + std::to_string(status.st_nlink) +
                                            " names (hard links), and replacing it would separate them; edit it by "
                                            "hand or make it a file of one name");
    }
    TRY(const auto content, files::read_input(target.path));
    target.text.assign(content.begin(), content.end());
    if (target.text.find('\0') != std::string::npos) {
        return fail(InputErrc::malformed, target.path + " holds NUL bytes and is no OpenSSL configuration");
    }
    TRY(auto parts, MarkedText::split(target.text, target.path));
    target.parts = std::move(parts);
    return target;
}

Result<void> replace(const std::string& path, const std::string& text) {
    TRY(auto file, files::OutputFile::replacement(path, text.size()));
    TRYV(file.write(text));
    return file.commit();
}

// module_to_name is the path that the configuration must contain; empty where OpenSSL finds the module by itself.
Result<std::string> module_to_name(const std::string& chosen) {
    std::error_code ignored;
    if (!chosen.empty()) {
        if (!fs::is_regular_file(chosen, ignored)) {
            return fail(InputErrc::malformed, "--module " + chosen + ": there is no such file");
        }
        return fs::absolute(chosen).lexically_normal().string();
    }
    const auto place = fs::path{openssl::module_directory()} / "trustx.so";
    if (!fs::is_regular_file(place, ignored)) {
        return fail(InputErrc::malformed, "the provider is not where OpenSSL looks for it: there is no " +
                                              place.string() + "; install it, or say with --module where it is");
    }
    return std::string{};
}

Result<ProviderSettings> settings_to_name(const MachineOptions& options) {
    TRY(const auto module, module_to_name(options.module));
    ProviderSettings settings;
    if (!module.empty()) {
        settings.emplace_back("module", module);
    }
    if (options.claim_fips) {
        settings.emplace_back("claim-fips", "yes");
    }
    return settings;
}

constexpr const char* verify_anchors = verify_anchors_setting;

// anchors_in reads the setting of a provider's section, which may be missing.
Result<std::vector<VerifyAnchor>> anchors_in(const ProviderEntry& entry, const std::string& name) {
    for (const auto& [setting, value] : entry.settings) {
        if (setting == verify_anchors) {
            return parse_verify_anchors(value).during(name);
        }
    }
    return std::vector<VerifyAnchor>{};
}

std::string included_file(const Inclusion& inclusion) {
    return inclusion.directory + (inclusion.directory.ends_with('/') ? "" : "/") + "trustx.cnf";
}

// drop_in_of is the file that enable would have made beside the configuration; nothing: there is none.
std::optional<std::string> drop_in_of(const Target& target) {
    const auto inclusion = included_directory(target.text);
    const auto path = inclusion ? included_file(*inclusion) : std::string{};
    std::error_code ignored;
    return inclusion && fs::is_regular_file(path, ignored) ? std::optional{path} : std::nullopt;
}

// kept_settings are those that `trustx anchor write`, or a person, put into the block.
Result<ProviderSettings> kept_settings(const Target& target) {
    const auto configuration = OpensslConfiguration::parse(target.text, target.path);
    const auto* entry = configuration ? configuration->trustx() : nullptr;
    if (entry == nullptr) {
        return ProviderSettings{};
    }
    if (!target.parts.block.empty()) {
        return settings_in(target.parts, entry->section);
    }
    const auto beside = drop_in_of(target);
    if (!beside) {
        return ProviderSettings{};
    }
    TRY(const auto drop_in, open_target(*beside));
    return settings_in(drop_in.parts, entry->section);
}

// check_result makes sure, with OpenSSL's parser, that a configuration does what it should.
Result<void> check_result(const std::string& text, const std::string& path, Scope scope) {
    TRY(const auto result, OpensslConfiguration::parse(text, path));
    if (!result.activates_trustx() || !result.activates_another_than_trustx() ||
        (scope != Scope::signature && !has_scope(result, scope, path))) {
        return fail(InputErrc::refused, path +
                                            " is left as it is: what would be added takes no effect there; add it "
                                            "by hand as shown in provider-trustx(7)");
    }
    return {};
}

using Change = ConfigurationChange;

Result<Change> plan_drop_in(const Target& target, const Inclusion& inclusion, const std::string& lines) {
    const auto path = included_file(inclusion);
    std::error_code ignored;
    std::string comments;
    if (fs::exists(fs::symlink_status(path, ignored))) {
        const auto content = files::read_input(path);
        comments = content ? std::string{content->begin(), content->end()} : std::string{};
        if (!content || !says_nothing(comments)) {
            return fail(InputErrc::refused, path +
                                                " is there already and does not activate the provider; look at it, "
                                                "and remove it or `trustx setup disable`");
        }
    }
    return Change{.kind = Change::Kind::new_file,
                  .path = path,
                  .text = with_end_of_line(comments) + drop_in(lines, inclusion.section),
                  .kept = comments,
                  .note = "enabled by " + path + ", which " + target.path +
                          " includes. Programs that run already need a restart"};
}

// leave_activated is for a configuration that activates the provider by lines of others.
Result<Change> leave_activated(const Target& target, const OpensslConfiguration& configuration,
                               const MachineOptions& options) {
    if (options.claim_fips && !configuration.claims_fips()) {
        return fail(InputErrc::refused, target.path +
                                            " activates the provider already: write `claim-fips = yes` into [" +
                                            configuration.trustx()->section + "], or `trustx setup disable` first");
    }
    if (options.scope && scope_of(*configuration.trustx()) != options.scope) {
        return fail(InputErrc::refused, target.path +
                                            " activates the provider already, with another scope: write `scope = " +
                                            to_string(*options.scope) + "` into [" + configuration.trustx()->section +
                                            "], or `trustx setup disable` first");
    }
    return Change{
        .note = target.path + " activates the provider already; nothing changed" +
                (configuration.activates("default") ? "" : ". The default provider is not activated, but others")};
}

// does_what_is_wanted is asked about a block that a person edited: what works is left.
bool does_what_is_wanted(const Target& target, const MachineOptions& options) {
    const auto configuration = OpensslConfiguration::parse(target.text, target.path);
    const auto* entry = configuration ? configuration->trustx() : nullptr;
    return entry != nullptr && check_result(target.text, target.path, Scope::signature) &&
           configuration->claims_fips() == options.claim_fips &&
           (!options.scope || has_scope(*configuration, *options.scope, target.path)) &&
           (options.module.empty() || entry->module == fs::absolute(options.module).lexically_normal().string());
}

// without_block is for a configuration that does what is wanted by lines of others.
Change without_block(const Target& target, const std::string& without) {
    return {.kind = Change::Kind::replacement,
            .path = target.path,
            .text = without,
            .note = "enabled by " + target.path +
                    " without the lines that were added; these are removed. Programs that "
                    "run already need a restart"};
}

// plan_drop_in_again has the file that enable made beside a configuration say another scope. Nothing: it is somebody
// else's.
Result<std::optional<Change>> plan_drop_in_again(const Target& target, const std::string& path, Scope scope,
                                                 const ProviderSettings& settings) {
    TRY(const auto beside, open_target(path));
    if (beside.parts.block.empty()) {
        return std::nullopt;
    }
    if (beside.parts.edited) {
        return fail(InputErrc::refused, path +
                                            " was edited by hand, and is left as it is; `trustx setup disable` first "
                                            "has it made again");
    }
    const auto without = without_included(target.text, path);
    TRY(const auto configuration, OpensslConfiguration::parse(without, target.path));
    TRY(const auto lines, activating_lines(configuration, settings, scope, target.path));
    TRYV(check_result(without + "\n" + lines, target.path, scope));
    const auto inclusion = included_directory(target.text);
    return Change{.kind = Change::Kind::replacement,
                  .path = path,
                  .text = beside.parts.before + drop_in(lines, inclusion->section) + beside.parts.after,
                  .note = "enabled by " + path + ", which " + target.path +
                          " includes. Programs that run already need a restart"};
}

// check_no_service refuses what was made for a service: taken for a configuration of the machine it would lose what it
// includes.
Result<void> check_no_service(const Target& target) {
    const auto lines = target.parts.lines();
    const bool includes =
        std::ranges::any_of(lines, [](const Line& line) { return line.text().starts_with(include_word); });
    return includes ? fail(InputErrc::refused, target.path +
                                                   " was made by `trustx setup enable --service`; name that service "
                                                   "with --service " +
                                                   fs::path{target.path}.stem().string() + " in place of --config")
                    : Result<void>{};
}

// plan_change decides what enable does, and refuses what it cannot do. It writes nothing.
Result<Change> plan_change(const Target& target, const MachineOptions& options, const ProviderSettings& settings) {
    TRYV(check_no_service(target));
    if (target.parts.edited && does_what_is_wanted(target, options)) {
        return Change{.note = "enabled in " + target.path +
                              " already, by a block that was edited by hand; nothing changed"};
    }
    const auto without = target.parts.without(edits_of(target.parts, target.path, settings));
    TRY(const auto configuration, OpensslConfiguration::parse(without, target.path));
    const auto beside = target.parts.block.empty() ? drop_in_of(target) : std::nullopt;
    if (beside && options.scope && !has_scope(configuration, *options.scope, target.path)) {
        TRY(auto again, plan_drop_in_again(target, *beside, *options.scope, settings));
        if (again) {
            return *std::move(again);
        }
    }
    const auto scope = options.scope.value_or(scope_in(target.parts).value_or(Scope::signature));
    TRY(const auto lines, activating_lines(configuration, settings, scope, target.path));
    if (lines.empty()) {
        TRY(auto left, leave_activated(target, configuration, options));
        return target.parts.block.empty() ? std::move(left) : without_block(target, without);
    }
    if (const auto inclusion = included_directory(without); inclusion && target.parts.block.empty()) {
        return plan_drop_in(target, *inclusion, lines);
    }
    TRY(auto result, with_block(without, lines, target.path));
    if (result == target.text) {
        return Change{.note = "enabled in " + target.path + " already; nothing changed"};
    }
    TRYV(check_result(result, target.path, scope));
    return Change{.kind = Change::Kind::replacement,
                  .path = target.path,
                  .text = std::move(result),
                  .note = "enabled in " + target.path +
                          "; `trustx setup check` tries it. Programs that run already need a restart"};
}

// with_anchor puts an entry in place of those for its object or its key.
std::vector<VerifyAnchor> with_anchor(std::vector<VerifyAnchor> anchors, const VerifyAnchor& anchor) {
    std::erase_if(anchors, [&](const VerifyAnchor& other) {
        return other.object == anchor.object || other.key_sha256 == anchor.key_sha256;
    });
    anchors.push_back(anchor);
    return anchors;
}

Result<void> disable_drop_in(const Context& context, const std::string& path) {
    TRY(const auto content, files::read_input(path));
    TRY(const auto parts, MarkedText::split({content.begin(), content.end()}, path));
    if (parts.block.empty() && says_nothing(parts.before)) {
        context.note(path + " holds nothing but comments; nothing changed");
        return {};
    }
    if (parts.block.empty()) {
        return fail(InputErrc::refused,
                    path + " holds lines that `trustx setup enable` did not write; edit or remove it by hand");
    }
    const auto rest = parts.without(edits_of(parts, path));
    if (!rest.empty()) {
        TRYV(replace(path, rest));
        context.note("disabled in " + path + ", which keeps what was added by hand");
        return {};
    }
    if (::unlink(path.c_str()) != 0) {
        return files::cannot_write(path, errno_code());
    }
    context.note("disabled: " + path + " is removed");
    return {};
}

Result<void> disable_block(const Context& context, const Target& target) {
    const auto edits = edits_of(target.parts, target.path);
    TRYV(replace(target.path, target.parts.without(edits)));
    context.note("disabled in " + target.path +
                 (edits.empty() ? "" : "; the lines that were added to the block by hand are kept there"));
    return {};
}

// note_need_of_chip says who gets no TLS any more, while a person can still choose otherwise.
void note_need_of_chip(const Context& context, const std::string& path) {
    const auto target = open_target(path);
    const auto configuration =
        target ? OpensslConfiguration::parse(target->text, path) : Result<OpensslConfiguration>{};
    const auto* entry = configuration ? configuration->trustx() : nullptr;
    if (entry == nullptr || scope_of(*entry) == Scope::signature || goes_on_in_software(*entry)) {
        return;
    }
    context.note(
        "every program that reads " + path +
        " now needs the chip for TLS: users outside of the group trustx get none, and nobody while the chip "
        "does not answer. `--service NAME` gives the scope to single services; `ephemeral-fallback = software` "
        "in section [" +
        entry->section + "] has handshakes go on without the chip");
}

}  // namespace

Result<void> enable_machine(const Context& context, const MachineOptions& options) {
    TRY(const auto target, open_target(options.config));
    TRY(auto settings, settings_to_name(options));
    TRY(const auto kept, kept_settings(target));
    settings.insert(settings.end(), kept.begin(), kept.end());
    TRY(const auto change, plan_change(target, options, settings));
    if (change.kind == Change::Kind::new_file) {
        TRYV(files::write_file(change.path, change.text));
        if (auto good = check_result(target.text, target.path, options.scope.value_or(Scope::signature)); !good) {
            if (change.kept.empty()) {
                ::unlink(change.path.c_str());
            } else {
                TRYV(files::write_file(change.path, change.kept));
            }
            return good;
        }
    }
    TRYV(carry_out(context, change));
    if (change.kind != Change::Kind::none) {
        note_need_of_chip(context, target.path);
    }
    return {};
}

Result<void> carry_out(const Context& context, const ConfigurationChange& change) {
    if (change.kind == Change::Kind::replacement) {
        TRYV(replace(change.path, change.text));
    }
    context.note(change.note);
    return {};
}

Result<ConfigurationChange> plan_verify_anchor(const std::string& config, const VerifyAnchor& anchor) {
    TRY(auto target, open_target(config));
    TRY(const auto configuration, OpensslConfiguration::parse(target.text, target.path));
    if (!configuration.activates_trustx()) {
        return fail(InputErrc::refused,
                    target.path +
                        " does not activate the provider; `trustx setup enable` does that, or name with --config "
                        "one that does");
    }
    const auto& entry = *configuration.trustx();
    TRY(const auto present, anchors_in(entry, target.path));
    const auto value = to_string(with_anchor(present, anchor));
    if (std::ranges::find(present, anchor) != present.end()) {
        return Change{.note = target.path + " names it in verify-anchors already"};
    }
    if (const auto beside = target.parts.block.empty() ? drop_in_of(target) : std::nullopt) {
        TRY(auto drop_in, open_target(*beside));
        target = std::move(drop_in);
    }
    auto text =
        target.parts.edited ? std::nullopt : text_with_setting(target.parts, entry.section, verify_anchors, value);
    if (!text) {
        return fail(InputErrc::refused,
                    target.path +
                        (target.parts.edited ? " was edited by hand since `trustx setup enable`"
                                             : " activates the provider by lines that `trustx setup enable` did not "
                                               "write") +
                        ": write `verify-anchors = " + value + "` into [" + entry.section + "] by hand");
    }
    return Change{.kind = Change::Kind::replacement,
                  .path = target.path,
                  .text = *std::move(text),
                  .note = "the chip verifies with " + anchor.object.hex() + ": verify-anchors in " + target.path +
                          " says so. Programs that run already need a restart"};
}

Result<void> can_enable_machine(const std::string& config) {
    TRY(const auto target, open_target(config));
    TRYV(plan_change(target, {}, {}));
    return {};
}

Result<void> disable_machine(const Context& context, const std::string& config) {
    TRY(const auto target, open_target(config));
    TRYV(check_no_service(target));
    if (!target.parts.block.empty()) {
        return disable_block(context, target);
    }
    if (const auto path = drop_in_of(target)) {
        return disable_drop_in(context, *path);
    }
    const auto configuration = OpensslConfiguration::parse(target.text, target.path);
    if (configuration && configuration->activates_trustx()) {
        return fail(InputErrc::refused, target.path + " activates the provider in section [" +
                                            configuration->trustx()->section +
                                            "], which `trustx setup enable` did not write; remove it by hand");
    }
    context.note(target.path + " does not activate the provider; nothing changed");
    return {};
}

Result<void> undo_machine(const Context& context, const std::string& config) {
    std::error_code ignored;
    if (!fs::exists(config, ignored)) {
        return {};
    }
    TRY(const auto target, open_target(config));
    if (!target.parts.block.empty()) {
        return disable_block(context, target);
    }
    const auto path = drop_in_of(target);
    return path ? disable_drop_in(context, *path) : Result<void>{};
}

}  // namespace trustx::cli
