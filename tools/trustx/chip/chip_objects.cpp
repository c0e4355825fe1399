// SPDX-License-Identifier: Apache-2.0
#include "chip/chip_objects.hpp"

#include "common/try.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/objects.hpp>

namespace trustx::cli {

Result<LifeCycles> ChipObjects::life_cycles() {
    return chip_.with([](LockedDevice& device) { return read_life_cycles(device, {}); });
}

Result<Metadata> ChipObjects::metadata(ObjectId object) {
    return chip_.run(GetMetadata{.object = object});
}

Result<void> ChipObjects::change(ObjectId object, const MetadataChange& change) {
    return chip_.with([&](LockedDevice& device) -> Result<void> {
        TRY(const auto present, device.run(GetMetadata{.object = object}));
        TRY(const auto states, read_life_cycles(device, present));
        TRY(const auto plan, plan_metadata(object, present, change, states));
        return apply_metadata(device, plan);
    });
}

Result<void> ChipObjects::raise(ObjectId object, LifeCycleState state) {
    return chip_.with([&](LockedDevice& device) { return raise_object_life_cycle(device, object, state); });
}

Result<Bytes> ChipObjects::read(ObjectId object) {
    return chip_.with([&](LockedDevice& device) { return read_object(device, object); });
}

// Objects of the system have a fixed size: there is nothing to erase.
Result<void> ChipObjects::write(ObjectId object, ByteView content) {
    return chip_.with([&](LockedDevice& device) {
        return describe(object)->kind == ObjectKind::system ? write_slice(device, object, 0, content)
                                                            : write_object(device, object, content);
    });
}

}  // namespace trustx::cli
