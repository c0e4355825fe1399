// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/gpio_line.hpp>

using namespace trustx;
using Level = GpioLine::Level;

TEST_CASE("a GPIO line is named by controller and number, or by its own name", "[gpio_line]") {
    const auto numbered = GpioLine::parse("gpiochip0:17").value();
    CHECK(numbered.controller == "/dev/gpiochip0");
    CHECK(numbered.offset == 17);
    CHECK(numbered.name.empty());
    CHECK_FALSE(numbered.active);
    CHECK(GpioLine::parse("/dev/gpiochip0:17").value() == numbered);
    CHECK(GpioLine::parse("/dev/serial/chip:3:active-high").value().controller == "/dev/serial/chip");

    const auto named = GpioLine::parse("GPIO17").value();
    CHECK(named.name == "GPIO17");
    CHECK(named.controller.empty());
    CHECK(GpioLine::parse("SODIMM 82").value().name == "SODIMM 82");
}

TEST_CASE("a GPIO line says at which level it is active where that is unusual", "[gpio_line]") {
    CHECK(GpioLine::parse("gpiochip0:17:active-low").value().active == Level::low);
    CHECK(GpioLine::parse("GPIO17:active-high").value().active == Level::high);
}

TEST_CASE("the full form of a GPIO line names the same line", "[gpio_line]") {
    for (const char* text : {"/dev/gpiochip0:17", "/dev/gpiochip12:0:active-low", "GPIO17", "GPIO17:active-high"}) {
        CAPTURE(text);
        const auto line = GpioLine::parse(text).value();
        CHECK(line.text() == text);
        CHECK(GpioLine::parse(line.text()).value() == line);
    }
}

TEST_CASE("text that names no GPIO line is refused", "[gpio_line]") {
    for (const std::string& text : std::initializer_list<std::string>{
             "", ":17", "gpiochip0:", "gpiochip0:x", "gpiochip0:-1", "gpiochip0:99999", "chip:17", "/dev/gpiochip0",
             ":active-low", "GPIO17:inverted", "a,b", std::string{"a\0b", 3}}) {
        CAPTURE(text);
        const auto line = GpioLine::parse(text);
        REQUIRE_FALSE(line);
        CHECK(line.error() == Errc::setting_invalid);
    }
}

TEST_CASE("an I2C address may name the lines of the chip", "[gpio_line][bus_address]") {
    const auto address = BusAddress::parse("i2c:/dev/i2c-1@0x31,supply=PWR:active-low,reset=gpiochip0:17").value();
    CHECK(address.path == "/dev/i2c-1");
    CHECK(address.target == 0x31);
    CHECK(address.reset_line == GpioLine::parse("gpiochip0:17").value());
    CHECK(address.supply_line == GpioLine::parse("PWR:active-low").value());
    CHECK(address.text() == "i2c:/dev/i2c-1@0x31,reset=/dev/gpiochip0:17,supply=PWR:active-low");
    CHECK(BusAddress::parse(address.text()).value() == address);
    CHECK(address.chip() == BusAddress::parse("i2c:/dev/i2c-1@0x31").value());
    CHECK(BusAddress::parse("/dev/i2c-1,reset=GPIO17").value().reset_line->name == "GPIO17");
    // A socket carries its lines itself; its path may hold anything.
    CHECK(BusAddress::parse("unix:/tmp/a,reset=b").value().path == "/tmp/a,reset=b");
}

TEST_CASE("a malformed line makes an address malformed", "[gpio_line][bus_address]") {
    for (const char* text : {"/dev/i2c-1,reset=", "/dev/i2c-1,reset=gpiochip0:x", "/dev/i2c-1,reset=A,reset=B",
                             "/dev/i2c-1,reset=A,rest=B", "/dev/i2c-1,supply=A,", ",reset=A"}) {
        CAPTURE(text);
        const auto address = BusAddress::parse(text);
        REQUIRE_FALSE(address);
        CHECK(address.error() == Errc::address_invalid);
    }
}
