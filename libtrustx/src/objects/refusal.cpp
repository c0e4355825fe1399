// SPDX-License-Identifier: Apache-2.0
#include "objects/refusal.hpp"

#include "common/try.hpp"
#include "objects/device_commands.hpp"

namespace trustx {
namespace {

Result<LifeCycleState> read_state(ObjectCommands& commands, ObjectId object) {
    TRY(const auto content, commands.run(GetDataObject{object, 0, 1}));
    if (content.size() != 1) {
        return fail(Errc::response_malformed, "read the life cycle state " + object.hex());
    }
    return LifeCycleState{content.front()};
}

std::string action(ObjectId object, AccessKind kind) {
    if (kind == AccessKind::read) {
        return "be read";
    }
    const auto* info = describe(object);
    return info != nullptr && info->kind == ObjectKind::key ? "get a new key" : "be written";
}

Result<std::string> ask_for_reason(ObjectCommands& commands, ObjectId object, AccessKind kind) {
    TRY(const auto metadata, commands.run(GetMetadata{object}));
    TRY(const auto states, read_life_cycles(commands, metadata));
    return explain_refusal(object, kind, metadata, states);
}

}  // namespace

Result<LifeCycles> read_life_cycles(ObjectCommands& commands, const Metadata& metadata) {
    TRY(const auto chip, read_state(commands, object::life_cycle_global));
    TRY(const auto application, read_state(commands, object::life_cycle_application));
    return LifeCycles{chip, application, effective_life_cycle(metadata)};
}

Result<LifeCycles> read_life_cycles(LockedDevice& device, const Metadata& metadata) {
    DeviceCommands commands{device};
    return read_life_cycles(static_cast<ObjectCommands&>(commands), metadata);
}

Result<std::string> read_refusal(LockedDevice& device, ObjectId object, AccessKind kind) {
    DeviceCommands commands{device};
    return ask_for_reason(commands, object, kind);
}

std::string explain_refusal(ObjectId object, AccessKind kind, const Metadata& metadata, const LifeCycles& states) {
    const bool change = kind == AccessKind::change;
    const auto& condition = change ? metadata.change_access : metadata.read_access;
    const std::string reason = std::string{change ? " (change " : " (read "} + explain_access(condition) + ")";
    const auto allowed = permission(condition, states);
    if (allowed == Permission::granted || allowed == Permission::unknown) {
        return {};
    }
    if (allowed == Permission::later) {
        return object.hex() + " cannot " + action(object, kind) + " until a life cycle state is raised" + reason;
    }
    if (states.object < LifeCycleState::operational) {
        return object.hex() + " cannot " + action(object, kind) + " until its condition is changed" + reason;
    }
    if (!metadata.life_cycle) {
        return object.hex() + " can never " + action(object, kind) + reason;
    }
    return object.hex() + " is " + to_string(states.object) + ": it can never " + action(object, kind) + " again" +
           reason;
}

Error explained(ObjectCommands& commands, ObjectId object, AccessKind kind, const Error& error,
                std::string_view operation) {
    if (error == ChipError::access_conditions_not_satisfied) {
        const auto reason = ask_for_reason(commands, object, kind);
        return error.during(reason && !reason->empty() ? *reason : operation);
    }
    return error.during(operation);
}

}  // namespace trustx
