// SPDX-License-Identifier: Apache-2.0
// The simulator's own FCS and frame codec against vectors and recordings.
#include "model/ifx_i2c/frame.hpp"

#include "model/ifx_i2c/crc16.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using trustx::test::from_hex;
using trustx::test::to_hex;

TEST_CASE("sim: the FCS agrees with the golden vectors", "[crc]") {
    const auto crc = test::golden("crc");
    for (const auto& vector : crc.at("vectors")) {
        sim::Bytes fcs;
        sim::append_u16(fcs, sim::crc16(from_hex(vector.at("bytes").get<std::string>())));
        CAPTURE(vector.at("bytes").get<std::string>());
        CHECK(to_hex(fcs) == vector.at("fcs").get<std::string>());
    }
}

TEST_CASE("sim: every golden frame is decoded to its fields and encoded to the same bytes", "[frame]") {
    int frames = 0;
    const auto golden_frames = test::golden("frames");
    for (const auto& entry : golden_frames.at("frames")) {
        CAPTURE(entry.at("id").get<std::string>());
        const auto bytes = from_hex(entry.at("frame").get<std::string>());
        const auto decoded = sim::decode_frame(bytes);
        REQUIRE_FALSE(decoded.fault);
        CHECK(sim::encode(decoded.frame) == bytes);
        const auto& fields = entry.at("decoded");
        CHECK((decoded.frame.type == sim::FrameType::control) == (fields.at("type") == "control"));
        if (fields.contains("frnr")) {
            CHECK(decoded.frame.number == fields.at("frnr").get<int>());
        }
        if (fields.contains("acknr")) {
            CHECK(decoded.frame.acknowledged == fields.at("acknr").get<int>());
        }
        if (fields.contains("len")) {
            CHECK(decoded.frame.packet.size() == fields.at("len").get<std::size_t>());
        }
        ++frames;
    }
    CHECK(frames == 66);
}

TEST_CASE("sim: a frame with any single bit wrong is refused", "[frame]") {
    const auto good = from_hex("0400070001000002E0C6D7A2");
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK(sim::decode_frame(bad).fault);
    }
}

TEST_CASE("sim: a frame cut short or with bytes behind it is refused", "[frame]") {
    const auto good = from_hex("0400070001000002E0C6D7A2");
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK(sim::decode_frame(sim::ByteView(good).first(size)).fault);
    }
    auto longer = good;
    longer.push_back(0);
    CHECK(sim::decode_frame(longer).fault);
}
