// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/frame.hpp"

#include "ifx_i2c/crc16.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using namespace trustx::ifx_i2c;

namespace {

std::string hex(ByteView bytes) {
    return test::to_hex(bytes);
}

Frame described(const nlohmann::json& entry, Bytes& packet) {
    const auto& decoded = entry.at("decoded");
    Frame frame;
    frame.control = decoded.at("type") == "control";
    if (frame.control) {
        const auto sequence = decoded.at("seqctr").get<std::string>();
        frame.sequence = sequence == "ACK" ? Sequence::ack : sequence == "NAK" ? Sequence::nak : Sequence::resync;
        frame.acknowledged = static_cast<FrameNumber>(decoded.value("acknr", 0));
        return frame;
    }
    frame.number = decoded.at("frnr").get<FrameNumber>();
    frame.acknowledged = decoded.at("acknr").get<FrameNumber>();
    // Long payloads are given by their beginning: "02 40 ... (271 bytes)".
    const auto payload = decoded.value("payload", std::string{});
    packet = test::from_hex(decoded.at("pctr").get<std::string>() + payload.substr(0, payload.find("...")));
    frame.packet = packet;
    return frame;
}

}  // namespace

TEST_CASE("the checksum agrees with all golden values", "[frame]") {
    const auto recorded = test::golden("crc");  // outlives the loop, unlike a temporary in its head
    for (const auto& vector : recorded.at("vectors")) {
        const auto bytes = test::from_hex(vector.at("bytes").get<std::string>());
        const auto fcs = static_cast<std::uint16_t>(std::stoul(vector.at("fcs").get<std::string>(), nullptr, 16));
        CHECK(crc16(bytes) == fcs);
    }
}

TEST_CASE("every recorded and constructed frame is parsed and built as described", "[frame]") {
    const auto recorded = test::golden("frames");  // outlives the loop, unlike a temporary in its head
    for (const auto& entry : recorded.at("frames")) {
        CAPTURE(entry.at("id").get<std::string>());
        const auto bytes = test::from_hex(entry.at("frame").get<std::string>());
        const auto frame = parse_frame(bytes);
        REQUIRE(frame.has_value());
        Bytes packet;
        const auto expected = described(entry, packet);
        CHECK(frame->control == expected.control);
        CHECK(frame->sequence == expected.sequence);
        CHECK(frame->acknowledged == expected.acknowledged);
        CHECK(hex(frame->packet).starts_with(hex(expected.packet)));
        CHECK(frame->packet.size() == (expected.control ? 0 : entry.at("decoded").at("len").get<std::size_t>()));
        Bytes built;
        build_frame(*frame, built);
        CHECK(hex(built) == hex(bytes));
    }
}

TEST_CASE("a frame with any single bit turned over is refused", "[frame]") {
    const auto good = test::from_hex("08 00 07 00 01 00 00 02 E0 C6 0E 17");
    REQUIRE(parse_frame(good));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto damaged = good;
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        CHECK_FALSE(parse_frame(damaged));
    }
}

TEST_CASE("a frame that is too short, or whose length field lies, is refused", "[frame]") {
    CHECK_FALSE(parse_frame({}));
    CHECK_FALSE(parse_frame(test::from_hex("80 00 0C EC")));
    const auto with_checksum = [](Bytes bytes) {
        const auto fcs = crc16(bytes);
        bytes.push_back(static_cast<std::uint8_t>(fcs >> 8));
        bytes.push_back(static_cast<std::uint8_t>(fcs));
        return bytes;
    };
    CHECK_FALSE(parse_frame(with_checksum({0x03, 0x00, 0x02, 0x00})));  // one byte fewer than announced
    CHECK_FALSE(parse_frame(with_checksum({0x03, 0x00, 0x00})));        // a data frame without PCTR
    CHECK_FALSE(parse_frame(with_checksum({0x80, 0x00, 0x01, 0x00})));  // a control frame with a packet
}
