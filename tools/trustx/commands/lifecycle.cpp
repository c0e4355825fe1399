// SPDX-License-Identifier: Apache-2.0
// trustx lifecycle: the states of chip, application and objects, and the one way they go.
#include "chip/metadata_text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <trustx/life_cycle.hpp>

#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct ShowOptions {
    bool json = false;
};

struct RaiseOptions {
    std::string what;
    std::string state;
    bool force = false;
};

constexpr const char* show_examples =
    R"(LcsG is the state of the chip, LcsA that of its application; `trustx objects` shows those of the objects.

Examples:
  trustx lifecycle show
  trustx lifecycle show --json | jq -r .chip)";

constexpr const char* raise_examples =
    R"(A state only rises: creation, initialisation, operational, termination. NOTHING TAKES IT BACK. Without --force the
command says what would happen and changes nothing.

An operational object keeps its access conditions for ever: with `change LcsO < operational` that makes it read-only.

Examples:
  trustx lifecycle raise F1D0 operational
  trustx lifecycle raise F1D0 operational --force
  trustx lifecycle raise application operational --force)";

Outcome<void> show(const Context& context, const ShowOptions& options) {
    TRY(auto chip, open_chip(context));
    const auto global = chip.with([](LockedDevice& device) { return read_chip_life_cycle(device); });
    const auto application = chip.with([](LockedDevice& device) { return read_application_life_cycle(device); });
    if (!global || !application) {
        return global ? application.failure() : global.failure();
    }
    if (options.json) {
        return answer(
            std::string_view{json_text({{"chip", to_string(*global)}, {"application", to_string(*application)}})});
    }
    return answer(std::string_view{"chip (LcsG)         " + to_string(*global) + "\napplication (LcsA)  " +
                                   to_string(*application) + "\n"});
}

// Target is something with a life cycle: its name, its state, what follows from raising it, and how that is done.
struct Target {
    std::string name;
    LifeCycleState present;
    std::string consequence;
    std::function<Result<void>(LockedDevice&, LifeCycleState)> raise;
};

Outcome<Target> chip_target(Chip& chip, bool whole_chip) {
    const auto present = chip.with([whole_chip](LockedDevice& device) {
        return whole_chip ? read_chip_life_cycle(device) : read_application_life_cycle(device);
    });
    if (!present) {
        return present.failure();
    }
    return Target{.name = whole_chip ? "the chip" : "the application",
                  .present = *present,
                  .consequence = std::string{"every access condition that speaks of "} +
                                 (whole_chip ? "LcsG" : "LcsA") + " is concerned, and the chip can become useless",
                  .raise = whole_chip ? raise_chip_life_cycle : raise_application_life_cycle};
}

Outcome<Target> object_target(Chip& chip, ObjectId object) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = object}));
    return Target{
        .name = title(object),
        .present = effective_life_cycle(metadata),
        .consequence = "its access conditions stay as they are for ever: change " +
                       explain_access(metadata.change_access) + ", read " +
                       (describe(object)->kind == ObjectKind::key ? "never" : explain_access(metadata.read_access)),
        .raise = [object](LockedDevice& device, LifeCycleState state) {
            return raise_object_life_cycle(device, object, state);
        }};
}

// The chip's own states have names here and not the objects E0C0 and F1C0, whose metadata has a state as well.
Outcome<Target> find_target(Chip& chip, const std::string& what) {
    if (what == "chip" || what == "application") {
        return chip_target(chip, what == "chip");
    }
    const auto object = parse_object(what);
    return object ? object_target(chip, *object) : object.failure();
}

Outcome<void> check_force(const Target& target, LifeCycleState wanted, bool force) {
    if (force || wanted <= target.present) {
        return {};  // the library refuses what is below, and does nothing where nothing is to be done
    }
    return give_up(ExitCode::refused, "this would raise " + target.name + " from " + to_string(target.present) +
                                          " to " + to_string(wanted) + " for ever; " + target.consequence +
                                          ". Repeat with --force if that is what you want");
}

Outcome<void> raise(const Context& context, const RaiseOptions& options) {
    const auto wanted = parse_life_cycle_state(options.state);
    if (!wanted) {
        return give_up(wanted.error());
    }
    TRY(auto chip, open_chip(context));
    TRY(const auto target, find_target(chip, options.what));
    if (auto meant = check_force(target, *wanted, options.force); !meant) {
        return meant;
    }
    if (auto raised = chip.with([&](LockedDevice& device) { return target.raise(device, *wanted); }); !raised) {
        return raised;
    }
    context.note(target.name + (target.present == *wanted ? " was " : " is now ") + to_string(*wanted) +
                 (target.present == *wanted ? " already" : " for ever"));
    return {};
}

void add_show(CLI::App& group, Task& task) {
    const auto options = std::make_shared<ShowOptions>();
    auto& command = add_subcommand(group, "show", "Print the states of chip and application", show_examples);
    command.add_flag("--json", options->json, "The same for programs");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return show(context, *options); }; });
}

void add_raise(CLI::App& group, Task& task) {
    const auto options = std::make_shared<RaiseOptions>();
    auto& command = add_subcommand(group, "raise", "Raise a state, for ever", raise_examples);
    command.add_option("WHAT", options->what, "Object by number or name, or `chip`, or `application`")->required();
    command.add_option("STATE", options->state, "initialisation, operational or termination")->required();
    command.add_flag("--force", options->force, "Do it; nothing takes it back");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return raise(context, *options); }; });
}

}  // namespace

void add_lifecycle(CLI::App& program, Task& task) {
    auto& command = add_subcommand(program, "lifecycle", "Show and raise life cycle states",
                                   "`trustx lifecycle show --help` and `trustx lifecycle raise --help` say more.");
    command.require_subcommand(1);
    add_show(command, task);
    add_raise(command, task);
}

}  // namespace trustx::cli
