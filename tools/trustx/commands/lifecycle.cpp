// SPDX-License-Identifier: Apache-2.0
// trustx lifecycle: the states of chip, application and objects, and raising them.
#include "chip/chip_certificates.hpp"
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

constexpr const char* lifecycle_show_examples =
    R"(LcsG is the state of the chip, LcsA that of its application; `trustx objects` shows those of the objects.

Examples:
  trustx lifecycle show
  trustx lifecycle show --json | jq -r .chip)";

constexpr const char* lifecycle_raise_examples =
    R"(A state only rises: creation, initialisation, operational, termination. NOTHING TAKES IT BACK. Without --force the
command says what would happen and changes nothing.

An operational object keeps its access conditions permanently: with `change LcsO < operational` that makes it read-only.
Termination ends the use of what it is for: a key, a certificate, data, or with the chip all of them.

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

// Target is something with a life cycle: its name, its state, what follows from raising it to another one, and how that
// is done.
struct Target {
    std::string name;
    LifeCycleState present;
    std::function<Result<std::string>(LifeCycleState)> consequence;
    std::function<Result<void>(LockedDevice&, LifeCycleState)> raise;
};

// key_and_certificate is "E0F1 (P-256, usage auth,sign) with the certificate in E0E1 (CN=gateway, ...)".
std::string key_and_certificate(Chip& chip, ObjectId slot, const Metadata& metadata) {
    const auto certificate = paired_leaf(chip, slot);
    return slot.hex() + " (" + key_text(metadata) + ")" +
           (certificate ? " with the certificate in " + paired_certificate(slot)->hex() + " (" +
                              x509::summary(*certificate) + ")"
                        : std::string{});
}

Result<std::string> all_keys(Chip& chip) {
    std::string keys;
    for (const auto& info : all_objects()) {
        if (info.kind != ObjectKind::key) {
            continue;
        }
        TRY(const auto metadata, chip.run(GetMetadata{.object = info.id}));
        if (metadata.key_algorithm) {
            keys += (keys.empty() ? "" : ", ") + key_and_certificate(chip, info.id, metadata);
        }
    }
    return keys.empty() ? "no key" : keys;
}

// content_of says in words what an object holds.
Result<std::string> content_of(Chip& chip, ObjectId object, const Metadata& metadata) {
    switch (describe(object)->kind) {
        case ObjectKind::key:
            return metadata.key_algorithm ? "the key " + key_and_certificate(chip, object, metadata)
                                          : "the empty slot, which can then never get a key";
        case ObjectKind::certificate:
        case ObjectKind::trust_anchor:
            if (const auto stored = stored_certificates(chip, object); stored && !stored->certificates.empty()) {
                return "the certificate " + x509::summary(stored->certificates.front());
            }
            return "the object for certificates";
        default:
            return std::to_string(metadata.used_size.value_or(metadata.max_size.value_or(0))) + " bytes of data";
    }
}

Result<Target> chip_target(Chip& chip) {
    TRY(const auto present, chip.with(read_chip_life_cycle));
    const auto consequence = [&chip](LifeCycleState wanted) -> Result<std::string> {
        if (wanted != LifeCycleState::termination) {
            return "every access condition that names LcsG is affected, and the chip can become useless";
        }
        TRY(const auto keys, all_keys(chip));
        return "the chip answers no program any more, and everything in it is lost: " + keys +
               ", all certificates and all data";
    };
    return Target{.name = "the chip", .present = present, .consequence = consequence, .raise = raise_chip_life_cycle};
}

Result<Target> application_target(Chip& chip) {
    TRY(const auto present, chip.with(read_application_life_cycle));
    return Target{.name = "the application",
                  .present = present,
                  .consequence = [](LifeCycleState) -> Result<std::string> {
                      return "every access condition that names LcsA is affected, and the chip can become useless";
                  },
                  .raise = raise_application_life_cycle};
}

// object_consequence looks ahead: what the conditions that stay come to in the state that is wanted.
Result<std::string> object_consequence(Chip& chip, ObjectId object, const Metadata& metadata, LifeCycleState wanted) {
    if (wanted < LifeCycleState::operational) {
        return "its metadata can still be changed";
    }
    const bool is_key = describe(object)->kind == ObjectKind::key;
    std::string text = "its access conditions stay as they are permanently: change " +
                       explain_access(metadata.change_access) + ", read " +
                       (is_key ? "never" : explain_access(metadata.read_access));
    TRY(auto states, chip.with([&](LockedDevice& device) { return read_life_cycles(device, metadata); }));
    auto later = metadata;
    later.life_cycle = wanted;
    states.object = wanted;
    for (const auto kind : {AccessKind::change, AccessKind::read}) {
        const bool told = kind == AccessKind::change || !is_key;
        const auto refusal = told ? explain_refusal(object, kind, later, states) : std::string{};
        text += (refusal.empty() ? "" : "; then ") + refusal;
    }
    if (wanted == LifeCycleState::termination) {
        TRY(const auto content, content_of(chip, object, metadata));
        text += "; its use ends, and with it that of " + content;
    }
    return text;
}

Result<Target> object_target(Chip& chip, ObjectId object) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = object}));
    return Target{
        .name = title(object),
        .present = effective_life_cycle(metadata),
        .consequence = [&chip, object,
                        metadata](LifeCycleState wanted) { return object_consequence(chip, object, metadata, wanted); },
        .raise = [object](LockedDevice& device,
                          LifeCycleState state) { return raise_object_life_cycle(device, object, state); }};
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
    TRY(const auto consequence, target.consequence(wanted));
    return fail(InputErrc::refused, "this would raise " + target.name + " from " + to_string(target.present) + " to " +
                                        to_string(wanted) + " permanently; " + consequence +
                                        ". Repeat with --force if that is what you want");
}

Result<void> raise(const Context& context, const RaiseOptions& options) {
    TRY(const auto wanted, parse_state(options.state));
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
    auto command = group.subcommand("show", "Print the states of chip and application", lifecycle_show_examples);
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return show(context, *options); });
}

void add_raise(Command& group) {
    const auto options = std::make_shared<RaiseOptions>();
    auto command = group.subcommand("raise", "Raise a state, permanently", lifecycle_raise_examples);
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
