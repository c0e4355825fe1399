// SPDX-License-Identifier: Apache-2.0
#include "chip_certificates.hpp"

#include <algorithm>

namespace trustx::cli {
namespace {

constexpr std::uint16_t probe_length = 16;

// is_blank says whether an object holds nothing, which the first bytes tell: no form of certificate begins with zeros.
Outcome<bool> is_blank(Chip& chip, ObjectId object) {
    const auto start = chip.device->run(GetDataObject{.object = object, .offset = 0, .length = probe_length});
    if (!start && start.error() == ChipError::data_object_boundary_exceeded) {
        return true;  // used size 0
    }
    if (!start) {
        return give_up(start.error());
    }
    return std::all_of(start->begin(), start->end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Outcome<std::vector<Certificate>> stored_certificates(Chip& chip, ObjectId object) {
    const auto blank = is_blank(chip, object);
    if (!blank) {
        return blank.failure();
    }
    if (*blank) {
        return std::vector<Certificate>{};
    }
    auto locked = chip.lock();
    if (!locked) {
        return locked.failure();
    }
    const auto content = read_object(*locked, object);
    if (!content) {
        return give_up(content.error());
    }
    return parse_stored_certificates(*content, object);
}

std::optional<Certificate> paired_leaf(Chip& chip, ObjectId slot) {
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
