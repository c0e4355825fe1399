// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"

#include <trustx/key_generation.hpp>

namespace trustx {

Result<KeyGeneration> generate_key(LockedDevice& device, const GenKeyPair& request, OccupiedSlot occupied) {
    TRY(auto metadata, device.run(GetMetadata{request.key}));
    if (metadata.key_algorithm && occupied == OccupiedSlot::keep) {
        return KeyGeneration{std::move(metadata), std::nullopt};
    }
    TRY(auto key, device.run(request));
    return KeyGeneration{std::move(metadata), std::move(key)};
}

}  // namespace trustx
