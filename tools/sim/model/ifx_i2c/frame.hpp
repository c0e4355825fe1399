// SPDX-License-Identifier: Apache-2.0
// Frames of the data link layer as bytes (chip-i2c.md section 5.1).
#pragma once

#include "model/base/bytes.hpp"

#include <optional>

namespace trustx::sim {

constexpr std::size_t frame_overhead = 5;

enum class FrameType : std::uint8_t { data, control };
enum class Sequence : std::uint8_t { acknowledge = 0, negative = 1, resync = 2, reserved = 3 };

struct Frame {
    FrameType type = FrameType::data;
    Sequence sequence = Sequence::acknowledge;
    std::uint8_t number = 0;        // FRNR
    std::uint8_t acknowledged = 0;  // ACKNR
    Bytes packet;
};

Bytes encode(const Frame& frame);

// FrameFault is why bytes are no frame.
enum class FrameFault { control_size, control_fcs, data };

struct DecodedFrame {
    std::optional<FrameFault> fault;
    Frame frame;  // FCTR is parsed even when the rest is faulty
};

DecodedFrame decode_frame(ByteView bytes);

}  // namespace trustx::sim
