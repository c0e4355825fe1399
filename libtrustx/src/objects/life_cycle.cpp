// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/system_objects.hpp>

#include <array>
#include <functional>

namespace trustx {
namespace {

std::string raising(const std::string& what, LifeCycleState state) {
    return "raise the life cycle of " + what + " to " + to_string(state);
}

// Access is how one of the three life cycles is read and written.
struct Access {
    std::function<Result<LifeCycleState>()> read;
    std::function<Result<NoResponse>(LifeCycleState)> write;
};

// A state can be skipped, but none taken back.
Result<void> raise(const std::string& operation, LifeCycleState wanted, const Access& access) {
    TRY(const auto present, access.read().during(operation));
    if (!is_life_cycle_state(wanted) || wanted < present) {
        return fail(Errc::argument_invalid,
                    operation + ": it is " + to_string(present) + ", and a state can only be raised");
    }
    if (wanted == present) {
        return {};
    }
    TRYV(access.write(wanted).during(operation));
    TRY(const auto after, access.read().during(operation + ", reading it back"));
    return after == wanted ? Result<void>{} : fail(Errc::verify_mismatch, operation);
}

Result<LifeCycleState> read_state(LockedDevice& device, ObjectId object) {
    TRY(const auto byte, read_byte(device, object));
    return LifeCycleState{byte};
}

// raise_state is for the two states that are the content of an object, LcsG and LcsA (section 4).
Result<void> raise_state(LockedDevice& device, ObjectId object, LifeCycleState state, const std::string& what) {
    const auto write = [&](LifeCycleState wanted) {
        const std::array<std::uint8_t, 1> content{static_cast<std::uint8_t>(wanted)};
        return device.run(SetDataObject{object, 0, content});
    };
    return raise(raising(what, state), state, {[&] { return read_state(device, object); }, write});
}

}  // namespace

Result<LifeCycleState> read_chip_life_cycle(LockedDevice& device) {
    return read_state(device, object::life_cycle_global);
}

Result<LifeCycleState> read_application_life_cycle(LockedDevice& device) {
    return read_state(device, object::life_cycle_application);
}

Result<void> raise_object_life_cycle(LockedDevice& device, ObjectId object, LifeCycleState state) {
    const auto read = [&]() -> Result<LifeCycleState> {
        TRY(const auto metadata, device.run(GetMetadata{object}));
        if (!metadata.life_cycle) {
            // Without the tag the object is operational and stays so (section 2).
            return fail(ChipError::access_conditions_not_satisfied,
                        "its metadata has no life cycle state, so it is operational and stays so");
        }
        return *metadata.life_cycle;
    };
    const auto write = [&](LifeCycleState wanted) {
        Metadata tags;
        tags.life_cycle = wanted;
        return device.run(SetMetadata{object, tags});
    };
    return raise(raising(object.hex(), state), state, {read, write});
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
