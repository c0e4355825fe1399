// SPDX-License-Identifier: Apache-2.0
// Commands through Device: what the device adds to the link, on a chip that follows a script.
#include "ifx_i2c/frame.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/scripted_chip.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>

using namespace trustx;
using test::from_hex;
using test::ScriptedChip;
using test::VirtualClock;

namespace {

Bytes data_frame(ifx_i2c::FrameNumber number, ifx_i2c::FrameNumber acknowledged, const Bytes& apdu) {
    Bytes packet{0x00};
    packet.insert(packet.end(), apdu.begin(), apdu.end());
    Bytes bytes;
    ifx_i2c::build_frame({.number = number, .acknowledged = acknowledged, .packet = packet}, bytes);
    return bytes;
}

Bytes ack(ifx_i2c::FrameNumber number) {
    Bytes bytes;
    ifx_i2c::build_frame(
        {.control = true, .sequence = ifx_i2c::Sequence::ack, .number = 0, .acknowledged = number, .packet = {}},
        bytes);
    return bytes;
}

struct Fixture {
    VirtualClock clock;
    ScriptedChip* chip = nullptr;
    std::unique_ptr<Device> device;

    Fixture() {
        auto bus = std::make_unique<ScriptedChip>(clock);
        chip = bus.get();
        device = Device::with_bus(std::move(bus), clock, {});
    }
    // expect adds one exchange in step with a freshly attached chip: the number counts from 0.
    void expect(ifx_i2c::FrameNumber number, const std::string& command, const std::string& answer) {
        const auto before = static_cast<ifx_i2c::FrameNumber>((number + 3) & 3);
        chip->expect(data_frame(number, before, from_hex(command)), {data_frame(number, number, from_hex(answer))});
        chip->expect(ack(number));
    }
};

}  // namespace

TEST_CASE("a UID of the wrong size is reported with its object", "[device]") {
    Fixture f;
    f.expect(0, "01 00 00 06 E0 C2 00 00 00 1B", "00 00 00 02 CD 16");
    auto locked = f.device->lock();
    REQUIRE(locked);
    const auto uid = read_uid(*locked);
    REQUIRE_FALSE(uid);
    CHECK(uid.error() == Errc::response_malformed);
    CHECK(uid.error().message().find("E0C2") != std::string::npos);
    CHECK(f.chip->surprises.empty());
}
