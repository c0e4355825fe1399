// SPDX-License-Identifier: Apache-2.0
// A data link frame: FCTR, LEN, packet, FCS. Source: chip-i2c.md sections 5.1 and 5.2.
#pragma once

#include <trustx/bytes.hpp>

#include <cstdint>
#include <optional>

namespace trustx::ifx_i2c {

// Sizes of chip-i2c.md sections 3 and 5.1.
inline constexpr std::size_t frame_overhead = 5;
inline constexpr std::uint16_t max_frame_size = 0x0115;
inline constexpr std::uint16_t min_frame_size = 0x0010;

// Frame numbers run 0, 1, 2, 3, 0; the window is one frame.
using FrameNumber = std::uint8_t;
constexpr FrameNumber next_number(FrameNumber number) noexcept {
    return (number + 1U) & 3U;
}
// After a reset or a re-synchronisation both sides behave as if frame 3 had been exchanged (section 5.3).
inline constexpr FrameNumber number_after_sync = 3;

enum class Sequence : std::uint8_t { ack = 0, nak = 1, resync = 2, reserved = 3 };

// Frame is a parsed frame; the packet points into the bytes that were parsed. A control frame has no packet.
struct Frame {
    bool control = false;
    Sequence sequence = Sequence::ack;
    FrameNumber number = 0;        // FRNR, data frames only
    FrameNumber acknowledged = 0;  // ACKNR
    ByteView packet;
};

// build_frame appends the frame to a buffer (which may hold the register address already).
void build_frame(const Frame& frame, Bytes& buffer);

// parse_frame gives nothing where FCS or LEN do not fit.
std::optional<Frame> parse_frame(ByteView bytes) noexcept;

}  // namespace trustx::ifx_i2c
