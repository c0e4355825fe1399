// SPDX-License-Identifier: Apache-2.0
// Metadata of an object: its life cycle, size, access conditions and key attributes, and the coding of all that on
// the wire (chip-objects.md sections 2 and 3).
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/result.hpp"

#include <optional>

namespace trustx::sim {

struct Metadata {
    std::optional<LifeCycle> life_cycle;    // C0; absent means operational, permanently
    std::optional<std::uint16_t> max_size;  // C4
    bool shows_used_size = false;           // C5
    std::optional<Bytes> change;            // D0; absent means never
    std::optional<Bytes> read;              // D1
    std::optional<Bytes> erase;             // D2
    std::optional<std::uint8_t> algorithm;  // E0; absent means no key yet
    std::optional<std::uint8_t> key_usage;  // E1

    [[nodiscard]] LifeCycle effective_life_cycle() const { return life_cycle.value_or(LifeCycle::operational); }
    bool operator==(const Metadata&) const = default;
};

constexpr std::size_t max_metadata_size = 28;

// encode yields `20 LL` and the tags in ascending order, as recorded from chips.
Bytes encode(const Metadata& metadata, std::size_t used_size);

// decode reads what encode wrote; empty for anything else.
std::optional<Metadata> decode_metadata(ByteView encoded);

// changed applies a metadata write, `20 LL` and only the tags to change, by the rules of section 3.
Outcome<Metadata> changed(const Metadata& metadata, ByteView request, std::size_t used_size);

}  // namespace trustx::sim
