// SPDX-License-Identifier: Apache-2.0
#include "chip/chip_certificates.hpp"

#include "common/try.hpp"

namespace trustx::cli {

Result<std::vector<x509::Certificate>> stored_certificates(Chip& chip, ObjectId object) {
    TRY(const auto stored, chip.with([object](LockedDevice& device) { return read_certificates(device, object); }));
    return x509::parse_stored_certificates(stored, object);
}

std::optional<x509::Certificate> paired_leaf(Chip& chip, ObjectId slot) {
    const auto object = paired_certificate(slot);
    if (!object) {
        return std::nullopt;
    }
    auto certificates = stored_certificates(chip, *object);
    if (!certificates || certificates->empty()) {
        return std::nullopt;
    }
    return std::move(certificates->front());
}

}  // namespace trustx::cli
