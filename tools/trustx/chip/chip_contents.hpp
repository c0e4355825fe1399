// SPDX-License-Identifier: Apache-2.0
// What the slots and the places for certificates hold.
#pragma once

#include "chip/chip_certificates.hpp"

#include <optional>
#include <vector>

namespace trustx::cli {

struct SlotState {
    ObjectId slot;
    Metadata metadata;
};

// read_slots looks at every key slot.
Result<std::vector<SlotState>> read_slots(Chip& chip);

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
