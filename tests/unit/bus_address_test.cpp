// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <trustx/bus_address.hpp>

using namespace trustx;

namespace {

const BusAddress bus_1{BusAddress::Kind::linux_i2c, "/dev/i2c-1", 0x30};

}  // namespace

TEST_CASE("an I2C bus is named with or without scheme and target", "[bus_address]") {
    CHECK(BusAddress::parse("i2c:/dev/i2c-1@0x30").value() == bus_1);
    CHECK(BusAddress::parse("i2c:/dev/i2c-1").value() == bus_1);
    CHECK(BusAddress::parse("/dev/i2c-1").value() == bus_1);
    CHECK(BusAddress::parse("/dev/i2c-1@0x31").value().target == 0x31);
    CHECK(BusAddress::parse("/dev/i2c-1@0x8").value().target == 0x08);
}

TEST_CASE("a socket is named by its path", "[bus_address]") {
    const BusAddress address = BusAddress::parse("unix:/run/trustx/chip.sock").value();
    CHECK(address.kind == BusAddress::Kind::unix_socket);
    CHECK(address.path == "/run/trustx/chip.sock");
    CHECK(address.target == 0x30);
    CHECK(BusAddress::parse("unix:chip.sock@0x2F").value().target == 0x2F);
}

TEST_CASE("an at sign in front of a slash belongs to the path", "[bus_address]") {
    CHECK(BusAddress::parse("unix:/home/a@b/sock").value().path == "/home/a@b/sock");
    CHECK(BusAddress::parse("unix:/home/a@b/sock@0x31").value().target == 0x31);
}

TEST_CASE("the full form of an address names the same address", "[bus_address]") {
    for (const char* text : {"i2c:/dev/i2c-1@0x30", "unix:/a@b/c@0x77", "i2c:/dev/i2c@bus/1@0x08", "unix:x@0x30"}) {
        CAPTURE(text);
        const BusAddress address = BusAddress::parse(text).value();
        CHECK(address.text() == text);
        CHECK(BusAddress::parse(address.text()).value() == address);
    }
    CHECK(bus_1.text() == "i2c:/dev/i2c-1@0x30");
}

TEST_CASE("text that is no address is refused and the forms are named", "[bus_address]") {
    const std::string long_path(108, 'a');
    for (const std::string& text : std::initializer_list<std::string>{
             "", "i2c-1", "i2c:", "i2c:dev/i2c-1", "unix:", "unix:@0x30", "usb:/dev/x", "/dev/i2c-1@", "/dev/i2c-1@30",
             "/dev/i2c-1@0x", "/dev/i2c-1@0x07", "/dev/i2c-1@0x78", "/dev/i2c-1@0x130", "/dev/i2c-1@0x030",
             "/dev/i2c-1@-0x30", "/dev/i2c-1@0x30 ", "unix:/" + long_path, std::string{"unix:/a\0b", 9}}) {
        CAPTURE(text);
        const auto address = BusAddress::parse(text);
        REQUIRE_FALSE(address);
        CHECK(address.error() == Errc::address_invalid);
        CHECK_THAT(address.error().message(), ContainsSubstring("i2c:/dev/i2c-1@0x30"));
    }
    CHECK(BusAddress::parse("unix:/" + std::string(106, 'a')));
}
