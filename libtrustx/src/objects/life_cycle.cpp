// SPDX-License-Identifier: Apache-2.0
#include <trustx/life_cycle.hpp>
#include <trustx/system_objects.hpp>

#include <array>

namespace trustx {
namespace {

bool is_state(LifeCycleState state) {
    return !to_string(state).starts_with("0x");
}

std::string raising(const std::string& what, LifeCycleState state) {
    return "raise the life cycle of " + what + " to " + to_string(state);
}

// check_rise says whether there is anything to do; a state can be skipped, but none taken back.
Result<bool> check_rise(LifeCycleState present, LifeCycleState wanted, const std::string& operation) {
    if (!is_state(wanted) || wanted < present) {
        return fail(Errc::argument_invalid, operation + ": it is " + to_string(present) + ", and a state only rises");
    }
    return wanted != present;
}

Result<LifeCycleState> read_state(LockedDevice& device, ObjectId object) {
    const auto byte = read_byte(device, object);
    return byte ? Result<LifeCycleState>{LifeCycleState{*byte}} : byte.failure();
}

// raise_state writes the object that holds LcsG or LcsA (section 4).
Result<void> raise_state(LockedDevice& device, ObjectId object, LifeCycleState state, const std::string& what) {
    const std::string operation = raising(what, state);
    const auto present = read_state(device, object);
    if (!present) {
        return present.failure(operation);
    }
    const auto needed = check_rise(*present, state, operation);
    if (!needed || !*needed) {
        return needed ? Result<void>{} : needed.failure();
    }
    const std::array<std::uint8_t, 1> content{static_cast<std::uint8_t>(state)};
    if (const auto written = device.run(SetDataObject{object, 0, content}); !written) {
        return written.failure(operation);
    }
    const auto after = read_state(device, object);
    if (!after) {
        return after.failure(operation + ", reading it back");
    }
    return *after == state ? Result<void>{} : fail(Errc::verify_mismatch, operation);
}

}  // namespace

Result<LifeCycleState> read_chip_life_cycle(LockedDevice& device) {
    return read_state(device, object::life_cycle_global);
}

Result<LifeCycleState> read_application_life_cycle(LockedDevice& device) {
    return read_state(device, object::life_cycle_application);
}

Result<void> raise_object_life_cycle(LockedDevice& device, ObjectId object, LifeCycleState state) {
    const std::string operation = raising(object.hex(), state);
    const auto present = device.run(GetMetadata{object});
    if (!present) {
        return present.failure(operation);
    }
    // Without the tag the object is operational and stays so (section 2).
    if (!present->life_cycle) {
        return fail(ChipError::access_conditions_not_satisfied, operation + ": it has no life cycle state of its own");
    }
    const auto needed = check_rise(*present->life_cycle, state, operation);
    if (!needed || !*needed) {
        return needed ? Result<void>{} : needed.failure();
    }
    Metadata tags;
    tags.life_cycle = state;
    if (const auto written = device.run(SetMetadata{object, tags}); !written) {
        return written.failure(operation);
    }
    const auto after = device.run(GetMetadata{object});
    if (!after) {
        return after.failure(operation + ", reading it back");
    }
    return after->life_cycle == state ? Result<void>{} : fail(Errc::verify_mismatch, operation);
}

Result<void> raise_chip_life_cycle(LockedDevice& device, LifeCycleState state) {
    return raise_state(device, object::life_cycle_global, state, "the chip (LcsG)");
}

Result<void> raise_application_life_cycle(LockedDevice& device, LifeCycleState state) {
    if (state == LifeCycleState::termination) {
        return fail(Errc::argument_invalid, raising("the application (LcsA)", state) + ": it has no such state");
    }
    return raise_state(device, object::life_cycle_application, state, "the application (LcsA)");
}

}  // namespace trustx
