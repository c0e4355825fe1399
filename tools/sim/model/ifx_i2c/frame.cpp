// SPDX-License-Identifier: Apache-2.0
#include "model/ifx_i2c/frame.hpp"

#include "model/ifx_i2c/crc16.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t control_bit = 0x80;

std::uint8_t control_byte(const Frame& frame) {
    const auto type = frame.type == FrameType::control ? unsigned{control_bit} : 0U;
    const auto sequence = static_cast<unsigned>(frame.sequence) << 5U;
    return static_cast<std::uint8_t>(type | sequence | (frame.number & 3U) << 2U | (frame.acknowledged & 3U));
}

}  // namespace

Bytes encode(const Frame& frame) {
    Bytes bytes{control_byte(frame)};
    append_u16(bytes, frame.packet.size());
    append(bytes, frame.packet);
    append_u16(bytes, crc16(bytes));  // high byte first, whatever the protocol specification says
    return bytes;
}

DecodedFrame decode_frame(ByteView bytes) {
    ByteReader reader{bytes};
    const unsigned fctr = reader.u8();
    DecodedFrame decoded;
    decoded.frame.type = (fctr & control_bit) != 0 ? FrameType::control : FrameType::data;
    decoded.frame.sequence = static_cast<Sequence>(fctr >> 5U & 3U);
    decoded.frame.number = static_cast<std::uint8_t>(fctr >> 2U & 3U);
    decoded.frame.acknowledged = static_cast<std::uint8_t>(fctr & 3U);

    const std::size_t length = reader.u16();
    const ByteView packet = reader.take(length);
    const std::uint16_t fcs = reader.u16();
    const bool sizes_match = reader.complete();
    const bool fcs_matches = sizes_match && fcs == crc16(bytes.first(bytes.size() - 2));
    if (decoded.frame.type == FrameType::control) {
        if (bytes.size() != frame_overhead) {
            decoded.fault = FrameFault::control_size;
        } else if (!fcs_matches || length != 0) {
            decoded.fault = FrameFault::control_fcs;
        }
        return decoded;
    }
    const bool sequence_is_legal =
        decoded.frame.sequence == Sequence::acknowledge || decoded.frame.sequence == Sequence::negative;
    if (!fcs_matches || length == 0 || !sequence_is_legal) {
        decoded.fault = FrameFault::data;
    } else {
        decoded.frame.packet = to_bytes(packet);
    }
    return decoded;
}

}  // namespace trustx::sim
