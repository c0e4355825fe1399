// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt shadow ...: the options.
#include "commands/command_line.hpp"
#include "commands/shadow_call.hpp"
#include "commands/shadow_watch.hpp"
#include "handler/program_path.hpp"
#include "requests/json.hpp"
#include "requests/names.hpp"
#include "shadow/call.hpp"
#include "shadow/topics.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

struct ShadowOptions {
    std::string thing;  // empty: the client id
    std::string name;   // empty: the classic shadow
    std::string desired;
    std::string reported;
    std::int64_t version = 0;
    ShadowWatchOptions watch;
};

using MakeCall = std::function<ShadowCall(const Clock& clock, const ShadowTopics& topics, Tokens& tokens)>;

ShadowTopics topics_of(const ShadowOptions& options, const std::string& otherwise) {
    const auto& thing = options.thing.empty() ? otherwise : options.thing;
    if (!is_thing_name(thing)) {
        throw std::runtime_error{"'" + thing + "' is no name of a thing; --thing gives one"};
    }
    return {thing, options.name};
}

void choose_call(CommandLine& chosen, const std::shared_ptr<ShadowOptions>& options, MakeCall make) {
    chosen.make = [&chosen, options, make = std::move(make)](const std::string& client_id) {
        const auto topics = topics_of(*options, thing_for(chosen.options, client_id));
        return std::make_unique<ShadowCallApplication>(
            [&](const Clock& clock, Tokens& tokens) { return make(clock, topics, tokens); }, STDOUT_FILENO);
    };
}

std::string read_standard_input() {
    std::string text;
    std::array<char, 4096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
        text.append(buffer.data(), got);
        if (text.size() > longest_json) {
            throw CLI::ValidationError("standard input has more than a shadow takes");
        }
    }
    return text;
}

// section reads what an option gives for a section of a shadow: an object, or null, which takes the section away.
std::optional<Json> section(const std::string& option, const std::string& given) {
    if (given.empty()) {
        return std::nullopt;
    }
    const auto text = given == "-" ? read_standard_input() : given;
    if (text == "null") {
        return Json(nullptr);
    }
    auto object = read_object(text);
    if (!object) {
        throw CLI::ValidationError(option, "'" + text + "' is no JSON object");
    }
    return object;
}

ShadowChange change_of(const ShadowOptions& options, bool with_version) {
    ShadowChange change{section("--desired", options.desired), section("--reported", options.reported), {}};
    if (!change.desired && !change.reported) {
        throw CLI::ValidationError("give --desired, --reported, or both");
    }
    if (with_version) {
        change.version = options.version;
    }
    return change;
}

// Each command has them, so that its --help shows all of its options.
void add_names(CLI::App& command, const std::shared_ptr<ShadowOptions>& options) {
    command.add_option("--thing", options->thing, "Name of the thing (default: the client id)")->type_name("NAME");
    command
        .add_option_function<std::string>(
            "--name",
            [options](const std::string& name) {
                if (!is_shadow_name(name)) {
                    throw CLI::ValidationError("--name", "'" + name + "' is no name of a shadow");
                }
                options->name = name;
            },
            "Name of a named shadow (default: the classic shadow)")
        ->type_name("NAME");
}

void add_get(CLI::App& shadow, CommandLine& chosen, const std::shared_ptr<ShadowOptions>& options) {
    auto* get = shadow.add_subcommand("get", "Print the shadow: one line of JSON");
    add_names(*get, options);
    get->footer(footer_of({"shadow get", "shadow get --name valve"}));
    get->final_callback([&chosen, options] { choose_call(chosen, options, &ShadowCall::get); });
}

void add_update(CLI::App& shadow, CommandLine& chosen, const std::shared_ptr<ShadowOptions>& options) {
    auto* update = shadow.add_subcommand("update", "Change what is desired of the thing, or reported by it");
    add_names(*update, options);
    update->footer(footer_of({R"(shadow update --name valve --reported '{"open":false}')",
                              R"(shadow update --name valve --desired null --shadow-version 7)"}));
    auto* desired =
        update->add_option("--desired", options->desired,
                           "What is desired: a JSON object, null to take all away, or - for standard input");
    desired->type_name("JSON|-");
    update->add_option("--reported", options->reported, "What the thing reports, likewise")->type_name("JSON|-");
    auto* version = update->add_option("--shadow-version", options->version,
                                       "Refuse the update if the shadow has another version than this");
    version->type_name("N")->check(unnamed(CLI::NonNegativeNumber));
    update->final_callback([&chosen, options, version] {
        const auto change = change_of(*options, version->count() > 0);
        choose_call(chosen, options, [change](const Clock& clock, const ShadowTopics& topics, Tokens& tokens) {
            return ShadowCall::update(clock, topics, tokens, change);
        });
    });
}

void add_delete(CLI::App& shadow, CommandLine& chosen, const std::shared_ptr<ShadowOptions>& options) {
    auto* remove = shadow.add_subcommand("delete", "Delete the shadow");
    add_names(*remove, options);
    remove->footer(footer_of({"shadow delete --name valve"}));
    remove->final_callback([&chosen, options] { choose_call(chosen, options, &ShadowCall::remove); });
}

// A program that is not there is found out at the start, not when a delta comes.
void find_handler(ShadowWatchOptions& watch) {
    if (watch.program.empty()) {
        return;
    }
    auto found = find_program(watch.program);
    if (!found) {
        throw CLI::ValidationError("--exec", found.error().message());
    }
    watch.program = *std::move(found);
}

void add_watch(CLI::App& shadow, CommandLine& chosen, const std::shared_ptr<ShadowOptions>& options) {
    auto* watch = shadow.add_subcommand("watch", "Print each delta: what is desired and not reported yet");
    add_names(*watch, options);
    watch->footer(
        footer_of({"shadow watch --name valve", "shadow watch --name valve --exec /usr/local/lib/gateway/valve"}));
    watch
        ->add_option(
            "--exec", options->watch.program,
            "Program that gets each delta on standard input instead; the JSON object that it prints is reported")
        ->type_name("PROGRAM");
    watch->add_option("--exec-timeout", options->watch.allowed, "Seconds in which that program must end, 1 to 86400")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(1, 86400)));
    watch->add_flag("--documents", options->watch.documents,
                    "Print the whole shadow before and after each update, too");
    watch->add_option("-C,--count", options->watch.count, "End after N deltas (default: until interrupted)")
        ->type_name("N")
        ->check(unnamed(CLI::PositiveNumber));
    watch->final_callback([&chosen, options] {
        find_handler(options->watch);
        chosen.make = [&chosen, options](const std::string& client_id) {
            return std::make_unique<ShadowWatchApplication>(topics_of(*options, thing_for(chosen.options, client_id)),
                                                            options->watch, STDOUT_FILENO);
        };
    });
}

}  // namespace

void add_shadow(CLI::App& program, CommandLine& chosen) {
    const auto options = std::make_shared<ShadowOptions>();
    auto* shadow = program.add_subcommand("shadow", "The device shadow of a thing of AWS IoT");
    shadow->fallthrough();
    shadow->require_subcommand(1);
    shadow->footer(footer_of({"shadow get", "shadow watch --name valve"}));
    add_get(*shadow, chosen, options);
    add_update(*shadow, chosen, options);
    add_watch(*shadow, chosen, options);
    add_delete(*shadow, chosen, options);
}

}  // namespace trustx::mqtt
