// SPDX-License-Identifier: Apache-2.0
// trustx metadata: what an object is and who may do what with it, and how to change that.
#include "chip/metadata_text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <trustx/metadata_plan.hpp>

#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct ShowOptions {
    std::string object;
    bool json = false;
};

struct ChangeOptions {
    std::string object;
    std::optional<std::string> change;
    std::optional<std::string> read;
    std::optional<std::string> execute;
    std::optional<std::string> usage;
    bool force = false;
};

constexpr const char* show_examples =
    R"(Conditions speak of life cycle states: LcsO of the object, LcsA of the application, LcsG of the chip. States only
ever rise: creation, initialisation, operational, termination.

Examples:
  trustx metadata show E0F1
  trustx metadata show E0E1 --json)";

constexpr const char* plan_examples =
    R"(Conditions are always, never, or comparisons of life cycle states (LcsO of the object, LcsA of the application, LcsG
of the chip) joined by `and` and `or`. Nothing is written.

Examples:
  trustx metadata plan E0E1 --change never
  trustx metadata plan F1D0 --change 'LcsO < operational' --read 'LcsG = operational')";

constexpr const char* set_examples =
    R"(`trustx metadata plan` shows the same change without making it. Metadata can be changed until the object is
operational; `trustx lifecycle raise` does that, for ever. A change that takes something away needs --force.

Examples:
  trustx metadata set F1D0 --change 'LcsO < operational and LcsG = operational'
  trustx metadata set E0F1 --usage sign --force)";

Outcome<void> show(const Context& context, const ShowOptions& options) {
    TRY(const auto object, parse_object(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto metadata, chip.run(GetMetadata{.object = object}));
    return answer(std::string_view{options.json ? json_text(to_json(object, metadata)) : explain(object, metadata)});
}

Outcome<void> parse_condition(std::optional<Bytes>& field, const std::optional<std::string>& words,
                              const char* option) {
    if (words) {
        auto access = parse_access(*words);
        if (!access) {
            return give_up(access.error(), option);
        }
        field = std::move(*access);
    }
    return {};
}

Outcome<MetadataChange> parse_change(const ChangeOptions& options) {
    MetadataChange change;
    for (const auto& parsed : {parse_condition(change.change_access, options.change, "--change"),
                               parse_condition(change.read_access, options.read, "--read"),
                               parse_condition(change.execute_access, options.execute, "--execute")}) {
        if (!parsed) {
            return parsed.failure();
        }
    }
    if (options.usage) {
        TRY(const auto usage, parse_usage(*options.usage));
        change.key_usage = usage;
    }
    if (!options.change && !options.read && !options.execute && !options.usage) {
        return give_up(ExitCode::usage, "nothing to change: give --change, --read, --execute or --usage");
    }
    return change;
}

std::string plan_text(const MetadataPlan& plan) {
    std::string text = title(plan.object) + (plan.empty() ? ": everything is as wanted already\n" : "\n");
    for (const auto& step : plan.steps) {
        text += "  " + step + "\n";
    }
    for (const auto& caution : plan.cautions) {
        text += "  caution: " + caution + "\n";
    }
    return text;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) {
        text += (text.empty() ? "" : "; ") + part;
    }
    return text;
}

// with_plan makes the plan under the lock in which `act` then runs, so that it stays true.
template <class Act>
Outcome<MetadataPlan> with_plan(const Context& context, const ChangeOptions& options, Act act) {
    TRY(const auto object, parse_object(options.object));
    TRY(const auto change, parse_change(options));
    TRY(auto chip, open_chip(context));
    TRY(auto locked, chip.lock());
    const auto metadata = locked.run(GetMetadata{.object = object});
    if (!metadata) {
        return give_up(metadata.error());
    }
    auto plan = plan_metadata(object, *metadata, change);
    if (!plan) {
        return give_up(plan.error());
    }
    TRYV(act(locked, *plan));
    return std::move(*plan);
}

Outcome<void> plan(const Context& context, const ChangeOptions& options) {
    const auto planned =
        with_plan(context, options, [](LockedDevice&, const MetadataPlan&) { return Outcome<void>{}; });
    return planned ? answer(std::string_view{plan_text(*planned)}) : planned.failure();
}

Outcome<void> apply(LockedDevice& device, const MetadataPlan& plan, bool force) {
    if (!plan.cautions.empty() && !force) {
        return give_up(ExitCode::refused, title(plan.object) + ": " + joined(plan.steps) + ". Caution: " +
                                              joined(plan.cautions) + ". Repeat with --force if that is what you want");
    }
    const auto applied = apply_metadata(device, plan);
    return applied ? Outcome<void>{} : give_up(applied.error());
}

Outcome<void> set(const Context& context, const ChangeOptions& options) {
    const auto done = with_plan(context, options, [&options](LockedDevice& device, const MetadataPlan& planned) {
        return apply(device, planned, options.force);
    });
    if (!done) {
        return done.failure();
    }
    context.note(title(done->object) + ": " +
                 (done->empty() ? "everything was as wanted already" : joined(done->steps)));
    return {};
}

void add_show(CLI::App& group, Task& task) {
    const auto options = std::make_shared<ShowOptions>();
    auto& command = add_subcommand(group, "show", "Explain life cycle, size and access of an object", show_examples);
    command.add_option("OBJECT", options->object, "Object by number or name")->required();
    command.add_flag("--json", options->json, "The same for programs");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return show(context, *options); }; });
}

void add_change_options(CLI::App& command, ChangeOptions& options) {
    command.add_option("OBJECT", options.object, "Object by number or name")->required();
    command.add_option("--change", options.change, "Who may write the content")->type_name("CONDITION");
    command.add_option("--read", options.read, "Who may read the content")->type_name("CONDITION");
    command.add_option("--execute", options.execute, "Who may use the key; successors of this chip know it")
        ->type_name("CONDITION");
    command.add_option("--usage", options.usage, "What a key may do: sign, auth, keyagree")->type_name("LIST");
}

void add_plan(CLI::App& group, Task& task) {
    const auto options = std::make_shared<ChangeOptions>();
    auto& command = add_subcommand(group, "plan", "Show what a change of metadata would do", plan_examples);
    add_change_options(command, *options);
    command.callback(
        [options, &task] { task = [options](const Context& context) { return plan(context, *options); }; });
}

void add_set(CLI::App& group, Task& task) {
    const auto options = std::make_shared<ChangeOptions>();
    auto& command = add_subcommand(group, "set", "Change the metadata of an object", set_examples);
    add_change_options(command, *options);
    command.add_flag("--force", options->force, "Change it although something is taken away");
    command.callback([options, &task] { task = [options](const Context& context) { return set(context, *options); }; });
}

}  // namespace

void add_metadata(CLI::App& program, Task& task) {
    auto& command = add_subcommand(program, "metadata", "Explain and change life cycle, size and access of objects",
                                   "`trustx metadata show --help` and so on say more.");
    command.require_subcommand(1);
    add_show(command, task);
    add_plan(command, task);
    add_set(command, task);
}

}  // namespace trustx::cli
