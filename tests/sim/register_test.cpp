// SPDX-License-Identifier: Apache-2.0
// The register map (chip-i2c.md section 3).
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

std::string value(Host& host, std::uint8_t number, std::size_t size) {
    return to_hex(host.read_register(number, size));
}

}  // namespace

TEST_CASE("sim: registers read as on a chip after reset", "[register]") {
    Host host({.open = false});
    CHECK(value(host, 0x81, 2) == "0115");
    CHECK(value(host, 0x82, 4) == "08000000");
    CHECK(value(host, 0x84, 4) == "00000190");
    CHECK(value(host, 0x85, 4) == "00000032");
    CHECK(value(host, 0x86, 4) == "0000000A");
    CHECK(value(host, 0x87, 4) == "FFFFFFFF");
    CHECK(value(host, 0x89, 2) == "0003");
    CHECK(value(host, 0x90, 4) == "00000000");
    CHECK(value(host, 0x42, 3) == "FFFFFF");
}

TEST_CASE("sim: reading beyond the end of a register gives FF", "[register]") {
    Host host({.open = false});
    CHECK(value(host, 0x81, 4) == "0115FFFF");
    CHECK(value(host, 0x80, 3) == "FFFFFF");
}

TEST_CASE("sim: the register pointer stays for further reads", "[register]") {
    Host host({.open = false});
    host.write({0x81});
    CHECK(to_hex(host.read(2)) == "0115");
    CHECK(to_hex(host.read(2)) == "0115");
}

TEST_CASE("sim: DATA_REG_LEN takes smaller values, clamps larger ones and ignores those below 0010", "[register]") {
    Host host({.open = false});
    host.write(from_hex("810019"));
    CHECK(value(host, 0x81, 2) == "0019");
    host.write(from_hex("81000F"));
    CHECK(value(host, 0x81, 2) == "0019");
    host.write(from_hex("810400"));
    CHECK(value(host, 0x81, 2) == "0115");
    host.write(from_hex("810010"));
    CHECK(value(host, 0x81, 2) == "0010");
    host.chip->pulse_reset();
    CHECK(value(host, 0x81, 2) == "0115");
}

TEST_CASE("sim: only its own address is acknowledged", "[register]") {
    Host host({.open = false});
    CHECK(host.try_write({}) == sim::TransferStatus::done);
    host.address = 0x31;
    CHECK(host.try_write({}) == sim::TransferStatus::address_nak);
    CHECK(host.try_read(1) == sim::TransferStatus::address_nak);
    CHECK(host.chip->counters().address_naks == 2);
}

TEST_CASE("sim: BASE_ADDR moves the chip until the next reset, or for good", "[register]") {
    Host host({.open = false});
    host.write(from_hex("830042"));
    host.address = 0x42;
    CHECK(host.try_write({}) == sim::TransferStatus::done);
    host.chip->power_cycle();
    CHECK(host.try_write({}) == sim::TransferStatus::address_nak);
    host.address = 0x30;
    host.write(from_hex("838058"));
    host.address = 0x58;
    CHECK(host.try_write({}) == sim::TransferStatus::done);
    host.chip->power_cycle();
    CHECK(host.try_write({}) == sim::TransferStatus::done);
    CHECK(host.chip->counters().nvm_writes == 1);
}

TEST_CASE("sim: I2C_MODE decides on the highest frequency and ignores what it does not know", "[register]") {
    Host host({.open = false});
    host.write(from_hex("898004"));
    CHECK(value(host, 0x89, 2) == "0004");
    CHECK(value(host, 0x84, 4) == "000003E8");
    host.write(from_hex("890007"));
    CHECK(value(host, 0x89, 2) == "0004");
    host.chip->pulse_reset();
    CHECK(value(host, 0x84, 4) == "000003E8");  // was stored
    host.write(from_hex("890003"));
    CHECK(value(host, 0x84, 4) == "00000190");
    host.chip->pulse_reset();
    CHECK(value(host, 0x84, 4) == "000003E8");  // was not
}

TEST_CASE("sim: a soft reset closes the application and starts the frame counters again", "[register]") {
    Host host;
    CHECK(host.apdu("01000002E0C6") == "000000020615");
    host.write(from_hex("880000"));
    host.reset_counters();
    CHECK(host.error("01000002E0C6") == "0C");
    host.open_application();
    CHECK(host.chip->counters().soft_resets == 1);
}

TEST_CASE("sim: a bus faster than the chip's mode allows is not acknowledged", "[register]") {
    Host host({.timing = sim::Timing::typical(100), .open = false});
    host.write(from_hex("898001"));
    CHECK(host.chip->max_scl_khz() == 100);
    CHECK(host.chip->set_scl(400));
    CHECK(host.try_write({}) == sim::TransferStatus::address_nak);
    CHECK(host.chip->counters().scl_violations == 1);
    CHECK(host.chip->set_scl(100));
    host.write(from_hex("898004"));
    CHECK(host.chip->set_scl(1000));
    CHECK(to_hex(host.read_register(0x84, 4)) == "000003E8");
    // The mode was stored: it is the same after a reset.
    host.chip->pulse_reset();
    CHECK(to_hex(host.read_register(0x84, 4)) == "000003E8");
}

TEST_CASE("sim: the bring-up of Infineon's host library ends at 1 MHz", "[register]") {
    Host host({.timing = sim::Timing::typical(100), .open = false});
    CHECK(to_hex(host.read_register(0x84, 4)) == "00000190");
    host.write(from_hex("898004"));
    CHECK(to_hex(host.read_register(0x84, 4)) == "000003E8");
    CHECK(host.chip->set_scl(1000));
    host.write(from_hex("810115"));
    CHECK(to_hex(host.read_register(0x81, 2)) == "0115");
    host.open_application();
    CHECK(host.apdu("01000002E0C6") == "000000020615");
}
