// SPDX-License-Identifier: Apache-2.0
// USB/IP in-process: the protocol, the USB device and its I2C transfers, with a host that is Linux or worse.
#include "model/simulated_chip.hpp"
#include "support/catch.hpp"
#include "usb_host.hpp"
#include "usbip/conversation.hpp"
#include "usbip/cp2112.hpp"
#include "usbip/i2c_tiny_usb.hpp"

#include <memory>
#include <string_view>

using namespace trustx;
using namespace trustx::test;
using sim::Bytes;

namespace {

// Bus is a target that does what a test says and remembers what was asked.
struct Bus final : sim::I2cTarget {
    sim::TransferStatus status = sim::TransferStatus::done;
    std::vector<std::string> seen;

    sim::Transfer write(std::uint8_t address, sim::ByteView data) override {
        seen.push_back(sim::to_hex(Bytes{address}) + " write " + sim::to_hex(data));
        return {status, sim::Duration::zero()};
    }
    sim::Transfer read(std::uint8_t address, std::span<std::uint8_t> data) override {
        seen.push_back(sim::to_hex(Bytes{address}) + " read " + std::to_string(data.size()));
        if (status == sim::TransferStatus::done) {
            std::fill(data.begin(), data.end(), std::uint8_t{0x5A});
        }
        return {status, sim::Duration::zero()};
    }
    sim::Duration pulse_reset() override {
        seen.emplace_back("reset");
        return sim::Duration::zero();
    }
    sim::Duration power_cycle() override {
        seen.emplace_back("power cycle");
        return sim::Duration::zero();
    }
};

// Link connects a host with a conversation, without a socket.
struct Link {
    explicit Link(sim::usbip::Export& device) : Link{std::span{&device, 1}} {}
    explicit Link(std::span<sim::usbip::Export> devices) : conversation{devices} {}

    sim::usbip::Conversation conversation;
    Bytes arrived;  // at the host
    std::string closed;
    std::size_t chunk = 100'000;  // bytes that arrive at once

    UsbHost host{[this](const Bytes& bytes) { deliver(bytes); },
                 [this](std::size_t count) {
                     REQUIRE(arrived.size() >= count);
                     Bytes taken{arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(count)};
                     arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(count));
                     return taken;
                 }};

    void deliver(const Bytes& bytes) {
        for (std::size_t at = 0; at < bytes.size() && closed.empty(); at += chunk) {
            conversation.feed(sim::ByteView{bytes}.subspan(at, std::min(chunk, bytes.size() - at)));
            while (closed.empty()) {
                const auto step = conversation.step();
                if (!step) {
                    break;
                }
                arrived.insert(arrived.end(), step->reply.begin(), step->reply.end());
                closed = step->close;
            }
        }
    }
};

struct Fixture {
    Bus bus;
    sim::usbip::I2cTinyUsb device{bus};
    sim::usbip::Export exported{device};
    Link link{exported};

    Fixture() { REQUIRE(link.host.import_device() == 0); }
};

constexpr int stalled = -32;  // EPIPE

}  // namespace

TEST_CASE("usbip: the device list describes one adapter that Linux has a driver for", "[usbip]") {
    Bus bus;
    sim::usbip::I2cTinyUsb device{bus};
    sim::usbip::Export exported{device};
    Link link{exported};
    link.deliver(*sim::from_hex("0111800500000000"));
    REQUIRE(link.arrived.size() == 12 + 312 + 4);
    const auto hex = sim::to_hex(link.arrived);
    CHECK(hex.substr(0, 24) == "011100050000000000000001");
    // path, bus id 1-1, bus 1, device 2, full speed, 0403:C631
    CHECK(hex.substr(2 * (12 + 256), 8) == "312D3100");
    CHECK(hex.substr(2 * (12 + 256 + 32), 32) == "0000000100000002000000020403C631");
    CHECK_FALSE(link.closed.empty());
}

TEST_CASE("usbip: the device is imported once, and again when it is given back", "[usbip]") {
    Bus bus;
    sim::usbip::I2cTinyUsb device{bus};
    sim::usbip::Export exported{device};
    auto first = std::make_unique<Link>(exported);
    CHECK(first->host.import_device() == 0);
    CHECK(first->conversation.imported());

    Link second{exported};
    CHECK(second.host.import_device() == 2);  // busy
    CHECK_FALSE(second.closed.empty());
    first.reset();
    Link third{exported};
    CHECK(third.host.import_device() == 0);
    Link other{exported};
    CHECK(other.host.import_device("2-7") == 4);  // no such device
}

TEST_CASE("usbip: the kernel finds device and configuration", "[usbip]") {
    Fixture f;
    const auto device = f.link.host.in(0x80, 6, 0x0100, 0, 64);
    CHECK(device.data == "12011001FF000040030431C6050201020301");
    CHECK(f.link.host.in(0x80, 6, 0x0100, 0, 8).data == device.data.substr(0, 16));
    const auto configuration = f.link.host.in(0x80, 6, 0x0200, 0, 9);
    REQUIRE(configuration.data.size() == 18);
    CHECK(configuration.data.substr(4, 4) == "1200");  // total length, so that the kernel asks for all
    CHECK(f.link.host.in(0x80, 6, 0x0200, 0, 18).data.substr(18) == "0904000000FF000000");
    CHECK(f.link.host.in(0x80, 6, 0x0300, 0, 255).data == "04030904");
    CHECK(f.link.host.in(0x80, 6, 0x0301, 0x0409, 255).data == "0E03740072007500730074007800");
    CHECK(f.link.host.in(0x80, 6, 0x0309, 0x0409, 255).status == stalled);
    CHECK(f.link.host.in(0x80, 6, 0x0600, 0, 10).status == stalled);  // no device qualifier at full speed

    CHECK(f.link.host.in(0x80, 8, 0, 0, 1).data == "00");
    CHECK(f.link.host.out(0x00, 9, 1, 0).status == 0);
    CHECK(f.link.host.in(0x80, 8, 0, 0, 1).data == "01");
    CHECK(f.link.host.out(0x00, 9, 2, 0).status == stalled);
    CHECK(f.link.host.in(0x80, 0, 0, 0, 2).data == "0000");
}

TEST_CASE("usbip: the driver learns that plain I2C and emulated SMBus are there", "[usbip]") {
    Fixture f;
    CHECK(f.link.host.out(0x41, 2, 10, 0).status == 0);
    CHECK(f.link.host.in(0xC1, 1, 0, 0, 4).data == "0900FF0E");
    CHECK(f.link.host.in(0xC1, 0, 0x1234, 0, 2).data == "3412");
}

TEST_CASE("usbip: messages become transfers, whole and in order", "[usbip]") {
    Fixture f;
    CHECK(f.link.host.i2c_write(0x30, "82").empty());
    CHECK(f.link.host.i2c_read(0x30, 4) == "5A5A5A5A");
    CHECK(f.link.host.i2c_write(0x30, "").empty());
    const std::string frame(2 * 278, 'A');
    CHECK(f.link.host.i2c_write(0x30, frame).empty());
    CHECK(f.link.host.i2c_read(0x30, 277).size() == 2 * 277);
    CHECK(f.bus.seen ==
          std::vector<std::string>{"30 write 82", "30 read 4", "30 write ", "30 write " + frame, "30 read 277"});
}

TEST_CASE("usbip: what goes wrong on the bus is told as the kernel expects it", "[usbip]") {
    Fixture f;
    f.bus.status = sim::TransferStatus::address_nak;
    CHECK(f.link.host.i2c_write(0x31, "82") == "ENXIO");
    CHECK(f.link.host.i2c_read(0x31, 4) == "ENXIO");
    f.bus.status =
        GENERATE(sim::TransferStatus::data_nak, sim::TransferStatus::bus_error, sim::TransferStatus::timed_out);
    CHECK(f.link.host.i2c_write(0x30, "82") == "EIO");
    CHECK(f.link.host.i2c_read(0x30, 4) == "EIO");
    f.bus.status = sim::TransferStatus::done;
    CHECK(f.link.host.i2c_read(0x30, 1) == "5A");
}

TEST_CASE("usbip: requests that make no sense stall and touch no chip", "[usbip]") {
    Fixture f;
    CHECK(f.link.host.in(0xC1, 7, 0, 0x30, 4).status == stalled);         // reads, but its flags say write
    CHECK(f.link.host.out(0x41, 7, 1, 0x30, "82").status == stalled);     // the other way round
    CHECK(f.link.host.out(0x41, 7, 0x10, 0x30, "82").status == stalled);  // ten-bit address
    CHECK(f.link.host.out(0x41, 7, 0, 0x130, "82").status == stalled);
    CHECK(f.link.host.in(0xC1, 99, 0, 0, 4).status == stalled);
    CHECK(f.link.host.in(0xA1, 1, 0, 0, 4).status == stalled);  // class request
    CHECK(f.bus.seen.empty());
}

TEST_CASE("usbip: a transfer that contradicts its setup, or another endpoint's or device's, stalls", "[usbip]") {
    Fixture f;
    UsbHost::Submit submit{.length = 1, .setup = "4107000030000100", .data = "82"};
    SECTION("other length") {
        submit.setup = "4107000030000200";
    }
    SECTION("other direction") {
        submit.setup = "C107010030000100";
    }
    SECTION("other endpoint") {
        submit.endpoint = 1;
    }
    SECTION("other device") {
        submit.device = 0x10003;
    }
    f.link.host.send(f.link.host.submit(submit));
    CHECK(f.link.host.reply().status == stalled);
    CHECK(f.bus.seen.empty());
    CHECK(f.link.host.i2c_write(0x30, "82").empty());
}

TEST_CASE("usbip: messages may arrive in pieces or together", "[usbip]") {
    Fixture f;
    f.link.chunk = GENERATE(1U, 7U, 47U, 48U, 49U);
    CHECK(f.link.host.i2c_write(0x30, "8100").empty());
    CHECK(f.link.host.i2c_read(0x30, 2) == "5A5A");

    auto two = f.link.host.submit({.length = 1, .setup = "4107000030000100", .data = "82"});
    const auto second = f.link.host.submit({.direction = 1, .length = 4, .setup = "C107010030000400"});
    two.insert(two.end(), second.begin(), second.end());
    f.link.host.send(two);
    CHECK(f.link.arrived.size() == 48 + 48 + 4);
    CHECK(f.link.conversation.between_messages());
}

TEST_CASE("usbip: cancelling a transfer finds it done already", "[usbip]") {
    Fixture f;
    f.link.host.send(f.link.host.unlink(1));
    CHECK(sim::to_hex(sim::ByteView{f.link.arrived}.first(4)) == "00000004");
    CHECK(f.link.host.reply().status == 0);
}

TEST_CASE("usbip: what is not USB/IP ends the conversation", "[usbip]") {
    Bus bus;
    sim::usbip::I2cTinyUsb device{bus};
    sim::usbip::Export exported{device};
    const std::string nonsense = GENERATE("0106800500000000", "0111800700000000", "474554202F20485454502F312E310D0A");
    Link link{exported};
    link.deliver(*sim::from_hex(nonsense));
    CHECK_FALSE(link.closed.empty());
    CHECK(link.arrived.empty());
}

TEST_CASE("usbip: what no host sends to a control endpoint ends the conversation", "[usbip]") {
    Fixture f;
    UsbHost::Submit submit;
    SECTION("a transfer that is too long") {
        submit.length = 0x10000;
    }
    SECTION("a transfer that would fill the memory") {
        submit.length = 0xFFFFFFFF;
    }
    SECTION("an isochronous transfer") {
        submit.packets = 8;
    }
    SECTION("a third direction") {
        submit.direction = 2;
    }
    f.link.host.send(f.link.host.submit(submit));
    CHECK_FALSE(f.link.closed.empty());
    CHECK(f.link.arrived.empty());
}

TEST_CASE("usbip: a host reaches the chip through the USB device", "[usbip]") {
    sim::VirtualClock clock;
    auto chip = sim::SimulatedChip::create({}, std::make_unique<sim::MemoryNvm>(), clock);
    REQUIRE(chip);
    sim::usbip::I2cTinyUsb device{**chip};
    sim::usbip::Export exported{device};
    Link link{exported};
    REQUIRE(link.host.import_device() == 0);
    CHECK(link.host.i2c_write(0x30, "82").empty());
    CHECK(link.host.i2c_read(0x30, 4) == "08000000");
    CHECK(link.host.i2c_write(0x58, "82") == "ENXIO");
}

namespace {

// Lines is a host that has imported the bridge with the GPIO lines, as the driver hid-cp2112 does.
struct Lines {
    Bus bus;
    sim::usbip::I2cTinyUsb adapter{bus};
    sim::usbip::Cp2112 bridge{bus};
    std::array<sim::usbip::Export, 2> exports{sim::usbip::Export{adapter}, sim::usbip::Export{bridge}};
    Link link{exports};

    Lines() { REQUIRE(link.host.import_device("1-2") == 0); }

    // HID specification 1.11 section 7.2: feature reports; the host names device 1-2 in them.
    UsbHost::Reply get_report(std::uint8_t number, std::uint16_t length) {
        return link.host.in(0xA1, 0x01, static_cast<std::uint16_t>(0x0300 | number), 0, length);
    }
    UsbHost::Reply set_report(const std::string& report) {
        const auto number = static_cast<std::uint16_t>(std::stoi(report.substr(0, 2), nullptr, 16));
        return link.host.out(0x21, 0x09, static_cast<std::uint16_t>(0x0300 | number), 0, report);
    }
};

}  // namespace

TEST_CASE("usbip: the device list has the adapter and the bridge with the lines", "[usbip]") {
    Lines f;
    Link asking{f.exports};
    asking.deliver(sim::from_hex("0111800500000000").value());
    const std::string list = sim::to_hex(asking.arrived);
    CHECK(list.substr(0, 24) == "011100050000000000000002");
    CHECK(asking.arrived.size() == 12 + 2 * (312 + 4));
    CHECK(list.find("0403C631") != std::string::npos);
    CHECK(list.find("10C4EA90") != std::string::npos);
}

TEST_CASE("usbip: the kernel's driver finds a CP2112", "[usbip][lines]") {
    Lines f;
    f.link.host.device = 0x10003;
    CHECK(f.link.host.in(0x80, 6, 0x0100, 0, 64).data ==
          "12011001000000"
          "40C41090EA000101020301");
    const auto configuration = f.link.host.in(0x80, 6, 0x0200, 0, 255).data;
    CHECK(configuration.substr(0, 8) == "09022200");
    CHECK(configuration.find("0921110100012216"
                             "00") != std::string::npos);
    CHECK(f.link.host.in(0x81, 6, 0x2200, 0, 255).length == 22);
    CHECK(f.get_report(0x05, 3).data == "050C02");
    CHECK(f.get_report(0x06, 14).length == 14);
    CHECK(f.get_report(0x20, 2).length == 2);
    CHECK(f.get_report(0x13, 2).status == stalled);
}

TEST_CASE("usbip: line 0 is the chip's reset and line 1 its supply", "[usbip][lines]") {
    Lines f;
    f.link.host.device = 0x10003;
    CHECK(f.get_report(0x03, 2).data == "03FF");  // pulled up
    CHECK(f.set_report("0201FF0000").status == 0);
    CHECK(f.bus.seen.empty());  // an output that stays high
    CHECK(f.set_report("040001").status == 0);
    CHECK(f.bus.seen == std::vector<std::string>{"reset"});
    CHECK(f.get_report(0x03, 2).data == "03FE");
    CHECK(f.set_report("04FF01").status == 0);
    CHECK(f.bus.seen.size() == 1);
    CHECK(f.set_report("040002").status == 0);
    CHECK(f.bus.seen.size() == 1);  // an input still
    CHECK(f.set_report("0203FF0000").status == 0);
    CHECK(f.bus.seen.back() == "power cycle");
    CHECK(f.set_report("0403").status == stalled);
}

TEST_CASE("usbip: a transfer that waits for an interrupt ends when it is cancelled", "[usbip][lines]") {
    Lines f;
    f.link.host.device = 0x10003;
    f.link.deliver(f.link.host.submit({.device = 0x10003, .direction = 1, .endpoint = 1, .length = 64}));
    CHECK(f.link.arrived.empty());
    f.link.deliver(f.link.host.unlink(1));
    CHECK(f.link.host.reply().status == -104);  // ECONNRESET
    f.link.deliver(f.link.host.unlink(1));
    CHECK(f.link.host.reply().status == 0);
    // Their number has a limit.
    for (int i = 0; i < 16; ++i) {
        f.link.deliver(f.link.host.submit({.device = 0x10003, .direction = 1, .endpoint = 1, .length = 64}));
    }
    CHECK(f.link.arrived.empty());
    f.link.deliver(f.link.host.submit({.device = 0x10003, .direction = 1, .endpoint = 1, .length = 64}));
    CHECK(f.link.host.reply().status == stalled);
}
