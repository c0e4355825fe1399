// SPDX-License-Identifier: Apache-2.0
// trustx metadata: what an object is and who may do what with it, and how to change that.
#include "chip/metadata_text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/metadata_plan.hpp>

#include <memory>

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
    bool json = false;
};

constexpr const char* metadata_show_examples =
    R"(Conditions name life cycle states: LcsO of the object, LcsA of the application, LcsG of the chip. States only
ever rise: creation, initialisation, operational, termination.

Examples:
  trustx metadata show E0F1
  trustx metadata show E0E1 --json)";

constexpr const char* metadata_plan_examples =
    R"(Conditions are always, never, or comparisons of life cycle states (LcsO of the object, LcsA of the application, LcsG
of the chip) joined by `and` and `or`. Nothing is written.

Examples:
  trustx metadata plan E0E1 --change never
  trustx metadata plan F1D0 --change 'LcsO < operational' --read 'LcsG = operational')";

constexpr const char* metadata_set_examples =
    R"(`trustx metadata plan` shows the same change without making it. Metadata can be changed until the object is
operational; `trustx lifecycle raise` does that, permanently. A change that takes something away needs --force.

Examples:
  trustx metadata set F1D0 --change 'LcsO < operational and LcsG = operational'
  trustx metadata set E0F1 --usage sign --force)";

Result<void> show(const Context& context, const ShowOptions& options) {
    TRY(const auto object, parse_object(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto metadata, chip.run(GetMetadata{.object = object}));
    return answer(options.json ? json_text(to_json(object, metadata)) : explain(object, metadata));
}

Result<void> take_condition(std::optional<Bytes>& field, const std::optional<std::string>& words, const char* option) {
    if (words) {
        TRY(auto access, parse_condition(*words, option));
        field = std::move(access);
    }
    return {};
}

Result<MetadataChange> parse_change(const ChangeOptions& options) {
    MetadataChange change;
    TRYV(take_condition(change.change_access, options.change, "--change"));
    TRYV(take_condition(change.read_access, options.read, "--read"));
    TRYV(take_condition(change.execute_access, options.execute, "--execute"));
    if (options.usage) {
        TRY(const auto usage, parse_usage(*options.usage));
        change.key_usage = usage;
    }
    if (!options.change && !options.read && !options.execute && !options.usage) {
        return fail(InputErrc::usage, "nothing to change: give --change, --read, --execute or --usage");
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
Result<MetadataPlan> with_plan(const Context& context, const ChangeOptions& options, Act act) {
    TRY(const auto object, parse_object(options.object));
    TRY(const auto change, parse_change(options));
    TRY(auto chip, open_chip(context));
    return chip.with([&](LockedDevice& device) -> Result<MetadataPlan> {
        TRY(const auto metadata, device.run(GetMetadata{.object = object}));
        TRY(const auto states, read_life_cycles(device, metadata));
        TRY(auto plan, plan_metadata(object, metadata, change, states));
        TRYV(act(device, plan));
        return plan;
    });
}

std::string plan_json(const MetadataPlan& plan) {
    return json_text({{"object", plan.object.hex()},
                      {"steps", plan.steps},
                      {"cautions", plan.cautions},
                      {"before", to_json(plan.object, plan.before)},
                      {"after", to_json(plan.object, plan.after())}});
}

Result<void> plan(const Context& context, const ChangeOptions& options) {
    const auto do_nothing = [](LockedDevice&, const MetadataPlan&) { return Result<void>{}; };
    TRY(const auto planned, with_plan(context, options, do_nothing));
    return answer(options.json ? plan_json(planned) : plan_text(planned));
}

Result<void> apply(LockedDevice& device, const MetadataPlan& plan, bool force) {
    if (!plan.cautions.empty() && !force) {
        return fail(InputErrc::refused, title(plan.object) + ": " + joined(plan.steps) + ". Caution: " +
                                            joined(plan.cautions) + ". Repeat with --force if that is what you want");
    }
    return apply_metadata(device, plan);
}

Result<void> set(const Context& context, const ChangeOptions& options) {
    const auto act = [&options](LockedDevice& device, const MetadataPlan& planned) {
        return apply(device, planned, options.force);
    };
    TRY(const auto done, with_plan(context, options, act));
    context.note(title(done.object) + ": " + (done.empty() ? "everything was as wanted already" : joined(done.steps)));
    return {};
}

void add_show(Command& group) {
    const auto options = std::make_shared<ShowOptions>();
    auto command = group.subcommand("show", "Explain life cycle, size and access of an object", metadata_show_examples);
    command.argument("OBJECT", options->object, "Object by number or name").required();
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return show(context, *options); });
}

void add_change_options(Command& command, ChangeOptions& options) {
    command.argument("OBJECT", options.object, "Object by number or name").required();
    command.option("--change", options.change, "Who may write the content", "CONDITION");
    command.option("--read", options.read, "Who may read the content", "CONDITION");
    command.option("--execute", options.execute,
                   "Who may use the key; for successors of this chip, which have such a condition", "CONDITION");
    command.option("--usage", options.usage, "What a key may do: sign, auth, keyagree", "LIST");
}

void add_plan(Command& group) {
    const auto options = std::make_shared<ChangeOptions>();
    auto command = group.subcommand("plan", "Show what a change of metadata would do", metadata_plan_examples);
    add_change_options(command, *options);
    command.flag("--json", options->json, "The same for programs, with the metadata before and after");
    command.on_run([options](const Context& context) { return plan(context, *options); });
}

void add_set(Command& group) {
    const auto options = std::make_shared<ChangeOptions>();
    auto command = group.subcommand("set", "Change the metadata of an object", metadata_set_examples);
    add_change_options(command, *options);
    command.flag("--force", options->force, "Change it although something is taken away");
    command.on_run([options](const Context& context) { return set(context, *options); });
}

}  // namespace

void add_metadata(Command& program) {
    auto command = program.subcommand("metadata", "Explain and change life cycle, size and access of objects",
                                      "`trustx metadata show --help` and so on say more.");
    add_show(command);
    add_plan(command);
    add_set(command);
}

}  // namespace trustx::cli
