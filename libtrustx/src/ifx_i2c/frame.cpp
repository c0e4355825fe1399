// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/frame.hpp"

#include "ifx_i2c/crc16.hpp"

namespace trustx::ifx_i2c {
namespace {

// FCTR bits of chip-i2c.md section 5.1.
constexpr std::uint8_t control_flag = 0x80;
constexpr int sequence_shift = 5;
constexpr int number_shift = 2;
constexpr std::uint8_t two_bits = 0x03;
constexpr std::size_t header_size = 3;

std::uint8_t control_byte(const Frame& frame) {
    return static_cast<std::uint8_t>((frame.control ? control_flag : frame.number << number_shift) |
                                     static_cast<std::uint8_t>(frame.sequence) << sequence_shift | frame.acknowledged);
}

void append_u16(Bytes& buffer, std::size_t value) {
    buffer.push_back(static_cast<std::uint8_t>(value >> 8));
    buffer.push_back(static_cast<std::uint8_t>(value));
}

std::size_t u16_at(ByteView bytes, std::size_t at) {
    return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]);
}

}  // namespace

void build_frame(const Frame& frame, Bytes& buffer) {
    const auto start = buffer.size();
    buffer.push_back(control_byte(frame));
    append_u16(buffer, frame.packet.size());
    buffer.insert(buffer.end(), frame.packet.begin(), frame.packet.end());
    // High byte first: the protocol specification says otherwise, all recordings say so (section 5.2).
    append_u16(buffer, crc16(ByteView{buffer}.subspan(start)));
}

std::optional<Frame> parse_frame(ByteView bytes) noexcept {
    if (bytes.size() < frame_overhead) {
        return std::nullopt;
    }
    const auto checked = bytes.first(bytes.size() - 2);
    if (crc16(checked) != u16_at(bytes, checked.size()) || u16_at(bytes, 1) != bytes.size() - frame_overhead) {
        return std::nullopt;
    }
    const std::uint8_t fctr = bytes[0];
    Frame frame;
    frame.control = (fctr & control_flag) != 0;
    frame.sequence = static_cast<Sequence>(fctr >> sequence_shift & two_bits);
    frame.number = fctr >> number_shift & two_bits;
    frame.acknowledged = fctr & two_bits;
    frame.packet = checked.subspan(header_size);
    // A control frame carries nothing, a data frame at least its PCTR.
    if (frame.control != frame.packet.empty()) {
        return std::nullopt;
    }
    return frame;
}

}  // namespace trustx::ifx_i2c
