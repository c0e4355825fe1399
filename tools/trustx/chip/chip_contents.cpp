// SPDX-License-Identifier: Apache-2.0
#include "chip/chip_contents.hpp"

#include "common/try.hpp"

#include <trustx/life_cycle.hpp>

namespace trustx::cli {

Result<std::vector<SlotState>> read_slots(Chip& chip) {
    std::vector<SlotState> slots;
    for (const auto& info : all_objects()) {
        if (info.kind == ObjectKind::key) {
            TRY(auto metadata, chip.run(GetMetadata{.object = info.id}));
            slots.push_back({.slot = info.id, .metadata = std::move(metadata)});
        }
    }
    return slots;
}

std::string why_no_new_key(Chip& chip, ObjectId slot) {
    return chip.with([slot](LockedDevice& device) { return read_refusal(device, slot, AccessKind::change); })
        .value_or("");
}

std::string how_to_fill(Chip& chip, ObjectId slot) {
    const auto refusal = why_no_new_key(chip, slot);
    return refusal.empty() ? "`trustx keygen " + slot.hex() + " --out NEW-FILE` makes one"
                           : refusal + "; choose another slot";
}

Result<std::vector<CertificateState>> read_certificate_objects(Chip& chip) {
    std::vector<CertificateState> states;
    for (const auto& info : all_objects()) {
        if (info.kind != ObjectKind::certificate && info.kind != ObjectKind::trust_anchor) {
            continue;
        }
        auto stored = stored_certificates(chip, info.id);
        if (stored) {
            states.push_back({.object = info.id, .stored = std::move(*stored)});
        } else if (is_unreachable(stored.error())) {
            return stored.failure();
        } else {
            states.push_back({.object = info.id, .trouble = stored.error()});
        }
    }
    return states;
}

}  // namespace trustx::cli
