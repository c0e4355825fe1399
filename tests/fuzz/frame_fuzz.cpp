// SPDX-License-Identifier: Apache-2.0
// Frames of the data link layer: what parse_frame accepts, build_frame writes again.
#include "fuzz_input.hpp"
#include "ifx_i2c/crc16.hpp"
#include "ifx_i2c/frame.hpp"

using namespace trustx;
using namespace trustx::ifx_i2c;

namespace {

// FCTR bits without meaning: RFU, and FRNR of a control frame (chip-i2c.md section 5.1).
std::uint8_t meaningful(const Frame& frame, std::uint8_t fctr) {
    return static_cast<std::uint8_t>(fctr & (frame.control ? 0xE3 : 0xEF));
}

void check(ByteView bytes) {
    const auto frame = parse_frame(bytes);
    if (!frame) {
        return;
    }
    test::expect(frame->packet.size() + frame_overhead == bytes.size(), "the packet is what lies in the frame");
    test::expect(frame->control == frame->packet.empty(), "only control frames are empty");
    Bytes again;
    build_frame(*frame, again);
    Bytes expected{meaningful(*frame, bytes.front())};
    expected.insert(expected.end(), bytes.begin() + 1, bytes.end() - 2);
    const auto fcs = crc16(expected);
    expected.push_back(static_cast<std::uint8_t>(fcs >> 8));
    expected.push_back(static_cast<std::uint8_t>(fcs));
    test::expect(again == expected, "a frame is built as it was parsed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes bytes = test::exactly({data, size});
    check(bytes);
    // The same with a checksum that fits, which mutation alone would hardly ever hit.
    const auto fcs = crc16(bytes);
    bytes.push_back(static_cast<std::uint8_t>(fcs >> 8));
    bytes.push_back(static_cast<std::uint8_t>(fcs));
    check(bytes);
    return 0;
}
