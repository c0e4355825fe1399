// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"

#include <trustx/key_generation.hpp>

namespace trustx {

Result<KeyGeneration> generate_key(LockedDevice& device, const GenKeyPair& request, OccupiedSlot occupied) {
    KeyGeneration generation;
    TRY(generation.before, device.run(GetMetadata{request.key}));
    if (!generation.before.key_algorithm || occupied == OccupiedSlot::replace) {
        TRY(generation.key, device.run(request));
    }
    return generation;
}

}  // namespace trustx
