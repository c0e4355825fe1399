// SPDX-License-Identifier: Apache-2.0
// When the chip listens, and what it shows while it works (chip-i2c.md sections 1, 2 and 5.4), on a virtual clock.
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;
using sim::TransferStatus;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

const std::string get_e0c6 = "0001000002E0C6";

// A write of one register byte at 400 kHz takes 50 microseconds: 20 clocks.
const sim::Bytes state_register{0x82};

}  // namespace

TEST_CASE("sim: after power-on and each reset the address is not acknowledged for ten milliseconds", "[timing]") {
    Host host({.timing = sim::Timing::typical(400), .open = false});
    host.clock.advance(microseconds(9900));
    CHECK(host.try_write({}) == TransferStatus::address_nak);
    host.clock.advance(microseconds(100));
    CHECK(host.try_write({}) == TransferStatus::done);
    host.clock.advance(microseconds(100));
    SECTION("soft reset") {
        CHECK(host.try_write(from_hex("880000")) == TransferStatus::done);
    }
    SECTION("reset line") {
        host.clock.advance(host.chip->pulse_reset());
    }
    SECTION("power") {
        host.clock.advance(host.chip->power_cycle());
    }
    host.clock.advance(microseconds(9900));
    CHECK(host.try_write({}) == TransferStatus::address_nak);
    host.clock.advance(microseconds(200));
    CHECK(host.try_write({}) == TransferStatus::done);
}

TEST_CASE("sim: an access within the guard time is not acknowledged and does no harm", "[timing]") {
    Host host({.timing = sim::Timing::typical(400), .open = false});
    host.clock.advance(milliseconds(10));
    CHECK(host.try_write(state_register) == TransferStatus::done);
    host.clock.advance(microseconds(23));
    CHECK(host.try_read(4) == TransferStatus::address_nak);
    host.clock.advance(microseconds(50));
    CHECK(host.try_read(4) == TransferStatus::done);
    CHECK(host.chip->counters().guard_time_violations == 1);
}

TEST_CASE("sim: transfers take the time their bits need", "[timing]") {
    CHECK(sim::Timing::typical(100).bus_time(1) == microseconds(200));
    CHECK(sim::Timing::typical(400).bus_time(1) == microseconds(50));
    CHECK(sim::Timing::typical(1000).bus_time(277) == microseconds(2504));
    CHECK(sim::Timing::none().bus_time(277) == sim::Duration::zero());
}

TEST_CASE("sim: an idle chip falls asleep, wakes at its address, and was not woken by another's", "[timing]") {
    Host host({.timing = sim::Timing::typical(400), .open = false});
    host.write(state_register);
    host.clock.advance(milliseconds(19));
    CHECK(host.try_write(state_register) == TransferStatus::done);
    host.clock.advance(milliseconds(21));
    host.address = 0x31;
    CHECK(host.try_write({}) == TransferStatus::address_nak);
    host.address = 0x30;
    CHECK(host.try_write({}) == TransferStatus::address_nak);
    host.clock.advance(milliseconds(1));
    CHECK(host.try_write({}) == TransferStatus::done);
    CHECK(host.chip->counters().wake_ups == 1);
}

TEST_CASE("sim: the chip stays awake while it counts security events down", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
    host.clock.advance(milliseconds(4000));
    CHECK(host.try_write({}) == TransferStatus::done);
    host.clock.advance(milliseconds(4000));
    CHECK(host.try_write({}) == TransferStatus::address_nak);
}

TEST_CASE("sim: the sleep delay is what object E0C3 says", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    CHECK(host.apdu("02000005E0C30000C8") == "00000000");
    host.clock.advance(milliseconds(190));
    CHECK(host.try_write({}) == TransferStatus::done);
    host.clock.advance(milliseconds(201));
    CHECK(host.try_write({}) == TransferStatus::address_nak);
}

TEST_CASE("sim: a long command is acknowledged with BUSY first, then the chip is busy, then it answers", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    host.write_frame(Host::frame(1, 0, "0038030009010002E0F302000113"));
    CHECK(host.try_write({}) == TransferStatus::address_nak);
    CHECK(host.state() == "C8000005");
    CHECK(host.read_frame() == Host::control(0x81));
    CHECK(host.state() == "88000000");
    CHECK(host.read_frame().substr(0, 8) == "05004C00");
}

TEST_CASE("sim: a quick command is answered without a control frame", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    host.write_frame(Host::frame(1, 0, "0001010002E0C2"));
    CHECK(host.state() == "48000015");
    CHECK(host.chip->counters().address_naks > 3);
}

TEST_CASE("sim: with piggyback acknowledges the chip does not respond until it answers, as long as a host waits",
          "[timing]") {
    Host host({.timing = sim::Timing::typical(400), .acknowledge = sim::AcknowledgeStyle::piggyback});
    host.write_frame(Host::frame(1, 0, get_e0c6));
    CHECK(host.state() == "4800000C");
    CHECK(host.read_frame().substr(0, 2) == "05");

    // A host without response for 10 ms would send its frame again.
    host.write_frame(Host::control(0x81));
    host.write_frame(Host::frame(2, 1, "0038030009010002E0F302000113"));
    CHECK(host.state() == "C8000005");
}

TEST_CASE("sim: a command that a reset interrupts was never executed", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    host.write_frame(Host::frame(1, 0, "0038030009010002E0F302000113"));
    host.clock.advance(milliseconds(50));
    host.chip->pulse_reset();
    host.reset_counters();
    host.open_application();
    CHECK(host.apdu("01010002E0F3") == "0000000A2008C00101D003E1FC07");
}

TEST_CASE("sim: a host may repeat its frame while the command runs, and it runs once", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    const std::string generate = Host::frame(1, 0, "0038030009010002E0F302000113");
    host.write_frame(generate);
    host.clock.advance(milliseconds(20));
    host.write_frame(generate);
    CHECK(host.read_frame() == Host::control(0x81));
    CHECK(host.read_frame().substr(0, 8) == "05004C00");
    CHECK(host.chip->counters().commands.at("GenKeyPair") == 1);
}

TEST_CASE("sim: a chip at work for its host needs the times printed for real chips", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    const auto took = [&](const std::string& command) {
        const sim::Time start = host.clock.now();
        CHECK(host.apdu(command).substr(0, 4) == "0000");
        return std::chrono::duration_cast<milliseconds>(host.clock.now() - start).count();
    };
    const auto generate = took("38030009010002E0F302000113");
    CHECK(generate > 105);
    CHECK(generate < 125);
    const auto sign = took(sign_command("E0F3"));
    CHECK(sign > 140);
    CHECK(sign < 165);
}

TEST_CASE("sim: more current makes the chip faster", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    const auto time_to_sign = [&] {
        const sim::Time start = host.clock.now();
        CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
        return std::chrono::duration_cast<milliseconds>(host.clock.now() - start).count();
    };
    CHECK(time_to_sign() > 140);
    CHECK(host.apdu("02000005E0C400000F") == "00000000");
    CHECK(time_to_sign() < 70);
}

TEST_CASE("sim: the time in which the chip works is counted, waiting for the host is not", "[timing]") {
    Host host({.timing = sim::Timing::typical(400)});
    host.chip->reset_counters();
    host.apdu(get_e0c6);
    const auto once = host.chip->counters().chip_time;
    CHECK(once >= milliseconds(4));
    host.clock.advance(milliseconds(15));
    host.apdu(get_e0c6);
    CHECK(host.chip->counters().chip_time == 2 * once);
    host.chip->reset_counters();
    CHECK(host.chip->counters().chip_time == sim::Duration::zero());
}
