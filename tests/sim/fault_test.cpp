// SPDX-License-Identifier: Apache-2.0
// What fault rules do to transfers and commands, on a virtual clock.
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;
using sim::TransferStatus;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

const sim::Bytes data_reg_len{0x81};

void fault(Host& host, const std::string& text) {
    host.chip->faults().add(sim::parse_fault_rule(text).value());
}

std::uint64_t applied(const Host& host, const std::string& kind) {
    const auto& faults = host.chip->counters().faults;
    const auto found = faults.find(kind);
    return found == faults.end() ? 0 : found->second;
}

std::uint64_t executed(const Host& host, const std::string& command) {
    const auto& commands = host.chip->counters().commands;
    const auto found = commands.find(command);
    return found == commands.end() ? 0 : found->second;
}

sim::Timing any_timing() {
    return GENERATE(0, 1) == 0 ? sim::Timing::none() : sim::Timing::typical(400);
}

const std::string generate_e0f3 = "38030009010002E0F302000113";
const std::string metadata_of_empty_slot = "0000000A2008C00101D003E1FC07";

// works opens the application again after a fault.
void restart(Host& host) {
    host.reset_counters();
    host.open_application();
}

}  // namespace

TEST_CASE("faults: an address NAK is one transfer that the chip never sees", "[faults]") {
    Host host({.open = false});
    fault(host, "address-nak,at=write");
    CHECK(host.try_read(1) == TransferStatus::done);
    CHECK(host.try_write(from_hex("810019")) == TransferStatus::address_nak);
    CHECK(to_hex(host.read_register(0x81, 2)) == "0115");
    CHECK(applied(host, "address-nak") == 1);
    CHECK(host.chip->counters().address_naks == 1);
}

TEST_CASE("faults: a data NAK leaves the chip with the bytes before it", "[faults]") {
    Host host({.open = false});
    fault(host, "data-nak=1");
    CHECK(host.try_write(from_hex("810019")) == TransferStatus::data_nak);
    CHECK(to_hex(host.read(2)) == "0115");
    CHECK(host.chip->counters().data_naks == 1);
}

TEST_CASE("faults: a flipped bit changes what arrives on either side", "[faults]") {
    Host host({.open = false});
    fault(host, "bit-flip=2.0,at=write");
    host.write(from_hex("810018"));
    CHECK(to_hex(host.read(2)) == "0019");
    fault(host, "bit-flip=last.7,at=read");
    CHECK(to_hex(host.read(2)) == "0099");
    CHECK(to_hex(host.read(2)) == "0019");
    CHECK(applied(host, "bit-flip") == 2);
}

TEST_CASE("faults: a damaged frame is repeated by host and chip until it arrives", "[faults]") {
    Host host;
    fault(host, "bit-flip=5,at=write,register=data");
    host.write_frame(Host::frame(1, 0, "0001000002E0C6"));
    CHECK(host.read_frame() == Host::control(0xA1));
    host.write_frame(Host::frame(1, 0, "0001000002E0C6"));
    CHECK(host.read_frame() == Host::frame(1, 1, "00000000020615"));
    CHECK(host.chip->counters().bad_frames == 1);
}

TEST_CASE("faults: a dropped write never arrives and a dropped read is lost behind the chip", "[faults]") {
    Host host;
    fault(host, "drop,at=write,register=data");
    host.write_frame(Host::frame(1, 0, "0001000002E0C6"));
    CHECK(host.waiting_frame().empty());
    host.write_frame(Host::frame(1, 0, "0001000002E0C6"));
    fault(host, "drop,at=read,register=data");
    CHECK(host.read_frame() == "FFFFFFFFFFFFFFFFFFFFFFFF");
    CHECK(host.waiting_frame().empty());
    host.write_frame(Host::control(0xA1));
    CHECK(host.read_frame() == Host::frame(1, 1, "00000000020615"));
}

TEST_CASE("faults: a command that arrives twice is executed once", "[faults]") {
    Host host({.timing = any_timing()});
    fault(host, "duplicate,at=write,register=data");
    CHECK(host.apdu(generate_e0f3).substr(0, 8) == "00000047");
    CHECK(executed(host, "GenKeyPair") == 1);
    CHECK(applied(host, "duplicate") == 1);
}

TEST_CASE("faults: a delay before a transfer lets the chip fall asleep, one after it does not", "[faults]") {
    Host host({.timing = sim::Timing::typical(400), .open = false});
    host.write(data_reg_len);
    fault(host, "delay=30ms,before=write");
    const auto begun = host.clock.now();
    CHECK(host.try_write(data_reg_len) == TransferStatus::address_nak);
    CHECK(host.clock.now() - begun >= milliseconds(30));
    CHECK(host.chip->counters().wake_ups == 1);
    host.clock.advance(milliseconds(2));
    fault(host, "delay=10ms,after=write");
    const auto then = host.clock.now();
    CHECK(host.try_write(data_reg_len) == TransferStatus::done);
    CHECK(host.clock.now() - then == milliseconds(10) + microseconds(50));
}

TEST_CASE("faults: a bus error or timeout comes instead of the transfer, or behind its back", "[faults]") {
    Host host({.open = false});
    fault(host, "bus-error,before=write");
    CHECK(host.try_write(from_hex("810019")) == TransferStatus::bus_error);
    CHECK(to_hex(host.read_register(0x81, 2)) == "0115");
    fault(host, "timeout,after=write");
    CHECK(host.try_write(from_hex("810019")) == TransferStatus::timed_out);
    CHECK(to_hex(host.read_register(0x81, 2)) == "0019");
}

TEST_CASE("faults: a reset or a power cut comes before, during or after a transfer", "[faults]") {
    Host host({.open = false});
    const std::string kind = GENERATE("reset", "power-cut");
    host.write(from_hex("810019"));
    SECTION("before") {
        fault(host, kind + ",before=write");
        CHECK(host.try_write(data_reg_len) == TransferStatus::done);
    }
    SECTION("during") {
        fault(host, kind + ",during=write");
        CHECK(host.try_write(from_hex("810020")) == TransferStatus::data_nak);
    }
    SECTION("during a read") {
        fault(host, kind + ",during=read");
        CHECK(to_hex(host.read_register(0x81, 2)) == "00FF");
    }
    SECTION("after") {
        fault(host, kind + ",after=write");
        CHECK(host.try_write(from_hex("810020")) == TransferStatus::done);
    }
    CHECK(to_hex(host.read_register(0x81, 2)) == "0115");
    const auto& counters = host.chip->counters();
    CHECK(counters.pin_resets == (kind == "reset" ? 1U : 0U));
    CHECK(counters.power_cycles == (kind == "reset" ? 0U : 1U));
    CHECK(applied(host, kind) == 1);
}

TEST_CASE("faults: a hanging chip acknowledges nothing until it is reset", "[faults]") {
    Host host({.timing = any_timing()});
    fault(host, "hang,before=write");
    for (int i = 0; i < 100; ++i) {
        CHECK(host.try_write(i % 2 == 0 ? data_reg_len : from_hex("880000")) == TransferStatus::address_nak);
        host.clock.advance(milliseconds(100));
    }
    if (GENERATE(0, 1) == 0) {
        host.chip->pulse_reset();
    } else {
        host.chip->power_cycle();
    }
    restart(host);
    CHECK(host.apdu("01000002E0C6") == "000000020615");
}

TEST_CASE("faults: a reset before or during a command leaves it undone, one after it done", "[faults]") {
    Host host({.timing = any_timing()});
    const std::string kind = GENERATE("reset", "power-cut");
    const std::string moment = GENERATE("before", "during", "after");
    fault(host, kind + "," + moment + "=GenKeyPair");
    host.write_frame(Host::frame(1, 0, "00" + generate_e0f3));
    host.clock.advance(milliseconds(200));
    CHECK(host.state() == "08000000");
    restart(host);
    const bool done = moment == "after";
    CHECK(executed(host, "GenKeyPair") == (done ? 1U : 0U));
    CHECK((host.apdu("01010002E0F3") == metadata_of_empty_slot) != done);
    CHECK(host.chip->counters().interrupted_commands == (moment == "during" ? 1U : 0U));
    CHECK(host.apdu(generate_e0f3).substr(0, 8) == "00000047");
}

TEST_CASE("faults: a command that hangs keeps the chip busy until a soft reset", "[faults]") {
    Host host({.timing = any_timing()});
    fault(host, "hang,during=CalcSign");
    host.write_frame(Host::frame(1, 0, "00" + sign_command("E0F0")));
    CHECK(host.read_frame() == Host::control(0x81));
    host.clock.advance(std::chrono::seconds(60));
    CHECK(host.state() == "88000000");
    host.write(from_hex("880000"));
    restart(host);
    CHECK(executed(host, "CalcSign") == 0);
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
}

TEST_CASE("faults: a chip that hangs before or after a command does not acknowledge", "[faults]") {
    Host host({.timing = any_timing()});
    const std::string moment = GENERATE("before", "after");
    fault(host, "hang," + moment + "=31");
    host.write_frame(Host::frame(1, 0, "00" + sign_command("E0F0")));
    for (int i = 0; i < 30; ++i) {
        host.clock.advance(milliseconds(10));
        static_cast<void>(host.try_write(data_reg_len));
    }
    CHECK(host.try_write(data_reg_len) == TransferStatus::address_nak);
    CHECK(executed(host, "CalcSign") == (moment == "after" ? 1U : 0U));
    host.chip->power_cycle();
    restart(host);
}

TEST_CASE("faults: a delayed command takes longer and is answered", "[faults]") {
    Host host({.timing = any_timing()});
    fault(host, "delay=700ms,during=command,nth=2");
    const auto took = [&] {
        const auto begun = host.clock.now();
        CHECK(host.apdu("01000002E0C6") == "000000020615");
        return host.clock.now() - begun;
    };
    CHECK(took() < milliseconds(50));
    CHECK(took() > milliseconds(700));
    CHECK(took() < milliseconds(50));
}

TEST_CASE("faults: power that fails in a write tears a large object", "[faults]") {
    Host host({.timing = any_timing()});
    const std::string ones(400, 'A');
    SECTION("a write overwrites a part") {
        fault(host, "power-cut,during=SetDataObject");
        host.write_frame(Host::frame(1, 0, "00020000CCF1E00000" + ones));
    }
    SECTION("an erasing write leaves a part") {
        fault(host, "power-cut,during=SetDataObject");
        host.write_frame(Host::frame(1, 0, "00024000CCF1E00000" + ones));
    }
    host.clock.advance(milliseconds(200));
    CHECK(host.state() == "08000000");
    CHECK(host.chip->counters().torn_writes == 1);
    restart(host);
    const std::string whole = host.apdu("01000006F1E0000000C8");
    const std::string torn = whole.substr(8, 400);
    CHECK(torn.substr(0, 200) == std::string(200, 'A'));
    CHECK((torn.size() == 200 || torn.substr(200) == std::string(200, '0')));
    CHECK(host.apdu("020000CCF1E00000" + ones) == "00000000");
    CHECK(host.apdu("01000006F1E0000000C8") == "000000C8" + ones);
}

TEST_CASE("faults: power that fails in a write leaves small objects, metadata and keys as they were", "[faults]") {
    Host host({.timing = any_timing()});
    const std::string command = GENERATE("0200000EF1D0000000112233445566778899", "02400006F1D000001111",
                                         "02010009F1E000002003C00107", "38030009010002E0F302000113");
    const auto look = [&] { return host.apdu("01000002F1D0") + host.apdu("01010002F1E0") + host.apdu("01010002E0F3"); };
    const std::string before = look();
    restart(host);
    host.chip->pulse_reset();
    restart(host);
    fault(host, "power-cut,during=command");
    host.write_frame(Host::frame(1, 0, "00" + command));
    host.clock.advance(milliseconds(200));
    static_cast<void>(host.state());
    restart(host);
    CHECK(look() == before);
    CHECK(host.chip->counters().torn_writes == 0);
    CHECK(host.chip->counters().interrupted_commands == 1);
}

TEST_CASE("faults: a write that would have been refused tears nothing", "[faults]") {
    Host host;
    fault(host, "power-cut,during=SetDataObject");
    host.write_frame(Host::frame(1, 0, "0002000008F1E005DA01020304"));
    restart(host);
    CHECK(host.apdu("01000006F1E005DA0002") == "000000020000");
    CHECK(host.chip->counters().torn_writes == 0);
}

TEST_CASE("sim: a reset in the middle of a long write leaves what was written by then", "[nvm]") {
    Host host({.timing = sim::Timing::typical(400)});
    // 200 bytes take 10 ms and 175 us for each byte of InData: 46 ms in all.
    host.write_frame(Host::frame(1, 0, "00020000CCF1E00000" + std::string(400, 'A')));
    host.clock.advance(milliseconds(16));
    host.chip->power_cycle();
    const auto reset_at = host.clock.now();
    host.clock.advance(milliseconds(12));
    CHECK(host.try_write({}) == TransferStatus::address_nak);
    host.clock.advance(milliseconds(2));
    CHECK(host.try_write({}) == TransferStatus::done);
    CHECK(host.clock.now() - reset_at < milliseconds(15));
    host.clock.advance(milliseconds(1));
    restart(host);
    const std::string content = host.apdu("01000006F1E0000000C8").substr(8);
    const auto written = content.find('0') / 2;
    CHECK(written > 60);
    CHECK(written < 100);
}
