// SPDX-License-Identifier: Apache-2.0
// A new key pair in a slot that may hold one already. Source: chip-commands.md section 6.12.
#pragma once

#include <trustx/commands.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/metadata.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>

namespace trustx {

enum class OccupiedSlot : std::uint8_t { keep, replace };

struct KeyGeneration {
    Metadata before;               // of the slot; with a key_algorithm where it held a key
    std::optional<PublicKey> key;  // absent: the slot is occupied, and its key was kept
};

// generate_key makes a key pair, in an occupied slot only where the present key may be destroyed. Under the one lock
// that `device` holds, no other process can put a key there in between. Errors: those of the two commands.
TRUSTX_EXPORT Result<KeyGeneration> generate_key(LockedDevice& device, const GenKeyPair& request,
                                                 OccupiedSlot occupied);

}  // namespace trustx
