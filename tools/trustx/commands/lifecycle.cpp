// SPDX-License-Identifier: Apache-2.0
// trustx lifecycle: the states of chip, application and objects, and raising them.
#include "chip/metadata_text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <trustx/life_cycle.hpp>

#include <memory>

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

An operational object keeps its access conditions permanently: with `change LcsO < operational` that makes it read-only.

Examples:
  trustx lifecycle raise F1D0 operational
  trustx lifecycle raise F1D0 operational --force
  trustx lifecycle raise application operational --force)";

Result<void> show(const Context& context, const ShowOptions& options) {
    TRY(auto chip, open_chip(context));
    TRY(const auto global, chip.with(read_chip_life_cycle));
    TRY(const auto application, chip.with(read_application_life_cycle));
    if (options.json) {
        return answer(json_text({{"chip", to_string(global)}, {"application", to_string(application)}}));
    }
    return answer("chip (LcsG)         " + to_string(global) + "\napplication (LcsA)  " + to_string(application) +
                  "\n");
}

// Target is something with a life cycle: its name, its state, what follows from raising it, and how that is done.
struct Target {
    std::string name;
    LifeCycleState present;
    std::string consequence;
    std::function<Result<void>(LockedDevice&, LifeCycleState)> raise;
};

Result<Target> chip_target(Chip& chip) {
    TRY(const auto present, chip.with(read_chip_life_cycle));
    return Target{.name = "the chip",
                  .present = present,
                  .consequence = "every access condition that names LcsG is affected, and the chip can become useless",
                  .raise = raise_chip_life_cycle};
}

Result<Target> application_target(Chip& chip) {
    TRY(const auto present, chip.with(read_application_life_cycle));
    return Target{.name = "the application",
                  .present = present,
                  .consequence = "every access condition that names LcsA is affected, and the chip can become useless",
                  .raise = raise_application_life_cycle};
}

Result<Target> object_target(Chip& chip, ObjectId object) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = object}));
    return Target{
        .name = title(object),
        .present = effective_life_cycle(metadata),
        .consequence = "its access conditions stay as they are permanently: change " +
                       explain_access(metadata.change_access) + ", read " +
                       (describe(object)->kind == ObjectKind::key ? "never" : explain_access(metadata.read_access)),
        .raise = [object](LockedDevice& device, LifeCycleState state) {
            return raise_object_life_cycle(device, object, state);
        }};
}

// The chip's own states have names here and not the objects E0C0 and F1C0, whose metadata has a state as well.
Result<Target> find_target(Chip& chip, const std::string& what) {
    if (what == "chip") {
        return chip_target(chip);
    }
    if (what == "application") {
        return application_target(chip);
    }
    TRY(const auto object, parse_object(what));
    return object_target(chip, object);
}

Result<void> check_force(const Target& target, LifeCycleState wanted, bool force) {
    if (force || wanted <= target.present) {
        return {};  // the library refuses what is below, and does nothing where nothing is to be done
    }
    return fail(InputErrc::refused, "this would raise " + target.name + " from " + to_string(target.present) + " to " +
                                        to_string(wanted) + " permanently; " + target.consequence +
                                        ". Repeat with --force if that is what you want");
}

Result<void> raise(const Context& context, const RaiseOptions& options) {
    TRY(const auto wanted, parse_life_cycle_state(options.state));
    TRY(auto chip, open_chip(context));
    TRY(const auto target, find_target(chip, options.what));
    TRYV(check_force(target, wanted, options.force));
    TRYV(chip.with([&](LockedDevice& device) { return target.raise(device, wanted); }));
    context.note(target.name + (target.present == wanted ? " was " : " is now ") + to_string(wanted) +
                 (target.present == wanted ? " already" : " permanently"));
    return {};
}

void add_show(Command& group) {
    const auto options = std::make_shared<ShowOptions>();
    auto command = group.subcommand("show", "Print the states of chip and application", show_examples);
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return show(context, *options); });
}

void add_raise(Command& group) {
    const auto options = std::make_shared<RaiseOptions>();
    auto command = group.subcommand("raise", "Raise a state, permanently", raise_examples);
    command.argument("WHAT", options->what, "Object by number or name, or `chip`, or `application`").required();
    command.argument("STATE", options->state, "initialisation, operational or termination").required();
    command.flag("--force", options->force, "Do it; it cannot be undone");
    command.on_run([options](const Context& context) { return raise(context, *options); });
}

}  // namespace

void add_lifecycle(Command& program) {
    auto command = program.subcommand("lifecycle", "Show and raise life cycle states",
                                      "`trustx lifecycle show --help` and `trustx lifecycle raise --help` say more.");
    add_show(command);
    add_raise(command);
}

}  // namespace trustx::cli
