// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"
#include "objects/device_commands.hpp"
#include "objects/refusal.hpp"

#include <trustx/key_generation.hpp>

namespace trustx {

Result<KeyGeneration> generate_key(LockedDevice& device, const GenKeyPair& request, OccupiedSlot occupied) {
    KeyGeneration generation;
    TRY(generation.before, device.run(GetMetadata{request.key}));
    if (!generation.before.key_algorithm || occupied == OccupiedSlot::replace) {
        auto key = device.run(request);
        if (!key) {
            DeviceCommands commands{device};
            return tl::unexpected{explained(commands, request.key, AccessKind::change, key.error(),
                                            "generate a key in " + request.key.hex())};
        }
        generation.key = std::move(*key);
    }
    return generation;
}

}  // namespace trustx
