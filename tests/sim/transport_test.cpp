// SPDX-License-Identifier: Apache-2.0
// Chains of packets in both directions, whole and broken (chip-i2c.md section 6).
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

std::string golden_frame(const std::string& id) {
    static const nlohmann::json frames = golden("frames");
    for (const auto& entry : frames.at("frames")) {
        if (entry.at("id") == id) {
            return to_hex(from_hex(entry.at("frame").get<std::string>()));
        }
    }
    throw std::runtime_error("frames.json has no entry " + id);
}

std::string pattern(std::size_t size) {
    sim::Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    }
    return to_hex(bytes);
}

const std::string chaining_error = "07";
const std::string full_packet(2 * 271, '0');

}  // namespace

TEST_CASE("sim: 1500 bytes go into the chip in 6 packets and come back in 6 packets", "[transport]") {
    Host host;
    const std::string data = pattern(1500);
    CHECK(host.apdu("024005E0F1E00000" + data) == "00000000");
    CHECK(host.apdu("01000006F1E0000005DC") == "000005DC" + data);
    CHECK(host.chip->counters().frames_received > 12);
}

TEST_CASE("sim: the golden write of 1500 bytes and its read back match frame by frame", "[transport]") {
    Host host;
    host.write_frame(Host::control(0xC0));  // the golden frames are numbered as after a re-sync
    for (unsigned i = 0; i < 6; ++i) {
        host.write_frame(golden_frame("chain-tx-" + std::to_string(i)));
        if (i < 5) {
            CHECK(host.read_frame() == Host::control(0x80U | (i & 3U)));
        }
    }
    CHECK(host.read_frame() == golden_frame("chain-tx-rsp"));
    host.write_frame(Host::control(0xC0));
    host.write_frame(Host::frame(0, 3, "0001000006F1E0000005DC"));
    for (unsigned i = 0; i < 6; ++i) {
        CHECK(host.read_frame() == golden_frame("chain-rx-" + std::to_string(i)));
        host.write_frame(Host::control(0x80U | (i & 3U)));
    }
}

TEST_CASE("sim: the largest APDU of 1557 bytes is taken, one byte more is refused with 0D", "[transport]") {
    Host host;
    // Both name more bytes than E0E1 holds at this offset, so nothing but the length decides on the code.
    CHECK(host.error("02000611E0E10700" + pattern(1549)) == "08");
    CHECK(host.error("02000612E0E10700" + pattern(1550)) == "0D");
}

TEST_CASE("sim: packets follow DATA_REG_LEN in both directions", "[transport]") {
    const std::size_t length = GENERATE(0x0010U, 0x0019U, 0x0080U, 0x0114U);
    Host host;
    sim::Bytes request{0x81};
    sim::append_u16(request, length);
    host.write(request);
    host.data_reg_len = length;
    const std::string data = pattern(400);
    CHECK(host.apdu("02400194F1E00000" + data) == "00000000");
    CHECK(host.apdu("01000006F1E000000190") == "00000190" + data);
}

TEST_CASE("sim: each packet of a response waits for the acknowledge of the one before", "[transport]") {
    Host host;
    host.write(from_hex("810019"));
    host.write_frame(Host::frame(1, 0, "0001000002E0C2"));
    const std::string first = host.read_frame();
    CHECK(first.substr(0, 8) == "05001401");
    CHECK(host.waiting_frame().empty());
    host.write_frame(Host::control(0x81));
    const std::string last = host.read_frame();
    CHECK(last.substr(0, 8) == "09000D04");
    host.write_frame(Host::control(0x82));
    CHECK(host.waiting_frame().empty());
}

TEST_CASE("sim: a broken chain is answered with a chaining error and the next whole APDU works", "[transport]") {
    Host host;
    unsigned next = 1;
    const auto send = [&](const std::string& packet) {
        host.write_frame(Host::frame(next, 0, packet));
        next = (next + 1) & 3U;
    };
    SECTION("intermediate without first") {
        send("02" + full_packet);
    }
    SECTION("last without first") {
        send("0400");
    }
    SECTION("a first packet that is not full") {
        send("0100");
    }
    SECTION("a whole packet without APDU") {
        send("00");
    }
    SECTION("an unknown chain value") {
        send("0300");
    }
    SECTION("the successor's presentation bit") {
        send("0801000002E0C6");
    }
    SECTION("a first packet inside a chain") {
        send("01" + full_packet);
        CHECK(host.read_frame() == Host::control(0x81));
        send("01" + full_packet);
    }
    SECTION("a whole APDU inside a chain") {
        send("01" + full_packet);
        CHECK(host.read_frame() == Host::control(0x81));
        send("0001000002E0C6");
    }
    SECTION("an intermediate packet that is not full") {
        send("01" + full_packet);
        CHECK(host.read_frame() == Host::control(0x81));
        send("0200");
    }
    const unsigned acknr = (next + 3) & 3U;
    CHECK(host.read_frame() == Host::frame(1, acknr, chaining_error));
    CHECK(host.chip->counters().chaining_errors == 1);
    host.write_frame(Host::control(0x81));
    send("0001000002E0C6");
    CHECK(host.read_frame() == Host::frame(2, (next + 3) & 3U, "00000000020615"));
}

TEST_CASE("sim: a chaining error from the host brings the whole response again", "[transport]") {
    Host host;
    host.write_frame(Host::frame(1, 0, "0001000002E0C6"));
    CHECK(host.read_frame() == Host::frame(1, 1, "00000000020615"));
    host.write_frame(Host::control(0x81));
    host.write_frame(Host::frame(2, 1, chaining_error));
    CHECK(host.read_frame() == Host::control(0x82));
    CHECK(host.read_frame() == Host::frame(2, 2, "00000000020615"));
    CHECK(host.chip->counters().commands.at("GetDataObject") == 1);
}
