// SPDX-License-Identifier: Apache-2.0
// The data link layer as a host meets it, with hosts that behave and hosts that do not (chip-i2c.md section 5).
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

const std::string open_packet = "00" + std::string{open_command};
const std::string get_e0c6 = "0001000002E0C6";
const std::string ok_packet = "0000000000";
const std::string e0c6_packet = "00000000020615";

// OpenedHost has opened the application by hand: both frame counters stand at 0.
struct OpenedHost : Host {
    explicit OpenedHost(sim::AcknowledgeStyle style = sim::AcknowledgeStyle::automatic)
        : Host({.acknowledge = style, .open = false}) {
        write_frame(frame(0, 3, open_packet));
        while (read_frame() != frame(0, 0, ok_packet)) {
        }
        write_frame(control(0x80));
    }
};

}  // namespace

TEST_CASE("sim: the constructed session of chip-i2c.md section 7.2 comes out byte for byte", "[data_link]") {
    Host host({.profile = "B", .open = false});
    host.write_frame("03001500F0000010D27600000447656E417574684170706CC9B6");
    CHECK(host.read_frame() == "00000500000000001487");
    host.write_frame("8000000CEC");
    host.write_frame("0400070001000002E0C6D7A2");
    CHECK(host.read_frame() == "05000700000000020615A6F1");
    host.write_frame("09000B0001000006E0C20000001B19DF");
    CHECK(host.read_frame() == "0A0020000000001BCD16335601001C000500000A0784D70005004700878010107010480C02");
}

TEST_CASE("sim: a first frame is taken whatever it acknowledges", "[data_link]") {
    const unsigned acknr = GENERATE(0U, 1U, 2U, 3U);
    Host host({.open = false});
    host.write_frame(Host::frame(0, acknr, open_packet));
    CHECK(host.read_frame() == Host::frame(0, 0, ok_packet));
}

TEST_CASE("sim: a response is confirmed once and then gone", "[data_link]") {
    OpenedHost host;
    CHECK(host.state() == "08000000");
    CHECK(host.waiting_frame().empty());
}

TEST_CASE("sim: a frame is offered until it was read to its last byte", "[data_link]") {
    Host host({.open = false});
    host.write_frame(Host::frame(0, 3, open_packet));
    CHECK(host.state() == "4800000A");
    CHECK(to_hex(host.read_register(0x80, 4)) == "00000500");
    CHECK(host.state() == "4800000A");
    CHECK(to_hex(host.read_register(0x80, 12)) == Host::frame(0, 0, ok_packet) + "FFFF");
    CHECK(host.state() == "08000000");
}

TEST_CASE("sim: a repeated frame is acknowledged again and not executed again", "[data_link]") {
    OpenedHost host;
    const std::string generate = Host::frame(1, 0, "0038030009010002E0F302000113");
    host.write_frame(generate);
    const std::string response = host.read_frame();
    host.write_frame(generate);
    CHECK(host.read_frame() == Host::control(0x81));
    CHECK(host.read_frame() == response);
    host.write_frame(Host::control(0x81));
    host.write_frame(generate);
    CHECK(host.read_frame() == Host::control(0x81));
    CHECK(host.waiting_frame().empty());
    CHECK(host.chip->counters().commands.at("GenKeyPair") == 1);
    CHECK(host.chip->counters().repeated_frames == 2);
}

TEST_CASE("sim: a damaged frame gets a NAK with the number that is expected", "[data_link]") {
    OpenedHost host;
    std::string damaged = Host::frame(1, 0, get_e0c6);
    SECTION("a bit in the packet") {
        damaged[9] = damaged[9] == '0' ? '1' : '0';
    }
    SECTION("LEN too large") {
        damaged[5] = 'F';
    }
    SECTION("cut off") {
        damaged.resize(8);
    }
    SECTION("an empty packet") {
        damaged = Host::frame(1, 0, "");
    }
    SECTION("an impossible SEQCTR") {
        damaged = "4" + Host::frame(1, 0, get_e0c6).substr(1);
    }
    host.write_frame(damaged);
    CHECK(host.read_frame() == Host::control(0xA1));
    host.write_frame(Host::frame(1, 0, get_e0c6));
    CHECK(host.read_frame() == Host::frame(1, 1, e0c6_packet));
}

TEST_CASE("sim: a frame larger than DATA_REG_LEN gets a NAK", "[data_link]") {
    OpenedHost host;
    host.write_frame(Host::frame(1, 0, std::string(2 * 0x111, '0')));
    CHECK(host.read_frame() == Host::control(0xA1));
}

TEST_CASE("sim: a frame out of sequence is dropped and the last good one acknowledged", "[data_link]") {
    OpenedHost host;
    host.write_frame(Host::frame(3, 0, get_e0c6));
    CHECK(host.read_frame() == Host::control(0x80));
    CHECK(host.chip->counters().commands.count("GetDataObject") == 0);
}

TEST_CASE("sim: a NAK from the host brings the frame again", "[data_link]") {
    OpenedHost host;
    host.write_frame(Host::frame(1, 0, get_e0c6));
    const std::string response = host.read_frame();
    host.write_frame(Host::control(0xA1));
    CHECK(host.read_frame() == response);
    host.write_frame(Host::control(0xA3));  // for a frame that is not outstanding
    CHECK(host.waiting_frame().empty());
    host.write_frame(Host::control(0x81));
    CHECK(host.chip->counters().retransmissions == 1);
}

TEST_CASE("sim: an acknowledge with a bad FCS makes the chip offer its frame again", "[data_link]") {
    OpenedHost host;
    host.write_frame(Host::frame(1, 0, get_e0c6));
    const std::string response = host.read_frame();
    host.write_frame("8100005631");
    CHECK(host.read_frame() == response);
}

TEST_CASE("sim: control frames of the wrong size are ignored", "[data_link]") {
    OpenedHost host;
    host.write_frame("8000010CEC00");
    host.write_frame("80");
    CHECK(host.waiting_frame().empty());
}

TEST_CASE("sim: a re-sync resets both counters and drops what was under way", "[data_link]") {
    OpenedHost host;
    SECTION("an unread response") {
        host.write_frame(Host::frame(1, 0, get_e0c6));
    }
    SECTION("half a chain") {
        host.write_frame(Host::frame(1, 0, "01" + std::string(2 * 271, '0')));
        CHECK(host.read_frame() == Host::control(0x81));
    }
    host.write_frame(Host::control(0xC0));
    CHECK(host.waiting_frame().empty());
    host.write_frame(Host::frame(0, 3, get_e0c6));
    CHECK(host.read_frame() == Host::frame(0, 0, e0c6_packet));
    CHECK(host.chip->counters().resyncs == 1);
}

TEST_CASE("sim: a new request acknowledges the last response", "[data_link]") {
    OpenedHost host;
    host.write_frame(Host::frame(1, 0, get_e0c6));
    CHECK(host.read_frame() == Host::frame(1, 1, e0c6_packet));
    host.write_frame(Host::frame(2, 1, get_e0c6));
    CHECK(host.read_frame() == Host::frame(2, 2, e0c6_packet));
}

TEST_CASE("sim: frame numbers wrap around", "[data_link]") {
    Host host;
    for (int i = 0; i < 9; ++i) {
        CHECK(host.apdu("01000002E0C6") == "000000020615");
    }
}

TEST_CASE("sim: with separate acknowledges a busy ACK comes first and the response after it", "[data_link]") {
    OpenedHost host(sim::AcknowledgeStyle::separate);
    host.write_frame(Host::frame(1, 0, get_e0c6));
    CHECK(host.state() == "C8000005");
    CHECK(host.read_frame() == Host::control(0x81));
    CHECK(host.state() == "4800000C");
    CHECK(host.read_frame() == Host::frame(1, 1, e0c6_packet));
}

TEST_CASE("sim: an unacknowledged response is offered again three times, each after 10 ms", "[data_link]") {
    Host host({.timing = sim::Timing::typical(400)});
    // After OpenApplication through Host both counters stand at 0.
    host.write_frame(Host::frame(1, 0, get_e0c6));
    CHECK(host.read_frame() == Host::control(0x81));
    const std::string response = host.read_frame();
    CHECK(response == Host::frame(1, 1, e0c6_packet));
    CHECK(host.state() == "08000000");
    for (int repetition = 0; repetition < 3; ++repetition) {
        host.clock.advance(std::chrono::milliseconds(11));
        CHECK(host.read_frame() == response);
    }
    host.clock.advance(std::chrono::milliseconds(100));
    CHECK(host.waiting_frame().empty());
    host.write_frame(Host::control(0x81));
    CHECK(host.chip->counters().retransmissions == 3);
    CHECK(host.chip->counters().commands.at("GetDataObject") == 1);
}
