// SPDX-License-Identifier: Apache-2.0
// What the slots and the places for certificates hold.
#pragma once

#include "chip/chip_certificates.hpp"

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

struct SlotState {
    ObjectId slot;
    Metadata metadata;
};

// read_slots looks at every key slot.
Result<std::vector<SlotState>> read_slots(Chip& chip);

// why_no_new_key says why the chip makes no key in a slot any more; empty: it does, or that cannot be told.
std::string why_no_new_key(Chip& chip, ObjectId slot);

// how_to_fill says what to do about a slot without a key.
std::string how_to_fill(Chip& chip, ObjectId slot);

// CertificateState is what an object for certificates holds, or why that cannot be told.
struct CertificateState {
    ObjectId object;
    StoredCertificates stored = {};
    std::optional<Error> trouble = {};
};

// read_certificate_objects looks at every certificate object and trust anchor. Where a chip answers other commands but
// not this one, the result has a gap; where it answers none, there is no result.
Result<std::vector<CertificateState>> read_certificate_objects(Chip& chip);

}  // namespace trustx::cli
