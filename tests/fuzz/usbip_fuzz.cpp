// SPDX-License-Identifier: Apache-2.0
// USB/IP from a hostile network: the conversation ends or goes on, keeps no more than one message, and the chip sees
// only transfers that a driver may ask for.
#include "fuzz_input.hpp"
#include "usbip/conversation.hpp"
#include "usbip/i2c_tiny_usb.hpp"

using namespace trustx;
using test::expect;

namespace {

class Bus final : public sim::I2cTarget {
 public:
    explicit Bus(std::uint8_t mood) : mood_{mood} {}

    sim::Transfer write(std::uint8_t address, sim::ByteView bytes) override { return outcome(address, bytes.size()); }
    sim::Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) override {
        return outcome(address, bytes.size());
    }
    sim::Duration pulse_reset() override { return sim::Duration::zero(); }
    sim::Duration power_cycle() override { return sim::Duration::zero(); }

 private:
    [[nodiscard]] sim::Transfer outcome(std::uint8_t address, std::size_t size) const {
        expect(address <= 0x7F, "addresses have seven bits");
        expect(size <= sim::usbip::max_transfer, "transfers are no longer than the protocol allows");
        return {static_cast<sim::TransferStatus>(mood_ % 5), sim::Duration::zero()};
    }

    std::uint8_t mood_;
};

// import_request asks for the device 1-1: version 1.1.1, operation 8003, status 0, and the bus id in 32 bytes.
sim::Bytes import_request() {
    sim::Bytes request{0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0, '1', '-', '1'};
    request.resize(40);
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Input input{data, size};
    Bus bus{input.u8()};
    sim::usbip::I2cTinyUsb device{bus};
    sim::usbip::Export exported{device};
    {
        sim::usbip::Conversation conversation{{&exported, 1}};
        if ((input.u8() & 1U) != 0) {
            conversation.feed(import_request());
        }
        bool open = true;
        while (open) {
            std::size_t steps = 0;
            while (const auto step = conversation.step()) {
                expect(!step->reply.empty() || !step->close.empty(), "each message is answered, or was the last");
                expect(step->reply.size() <= sim::usbip::urb_header_size + sim::usbip::max_transfer,
                       "answers have a limit");
                expect(++steps <= size / sim::usbip::operation_header_size + 2, "messages have an end");
                if (!step->close.empty()) {
                    open = false;
                    break;
                }
            }
            if (input.empty()) {
                break;
            }
            conversation.feed(test::exactly(input.bytes(1U + input.u8())));
        }
    }
    expect(exported.take(), "the device is given back at the end");
    return 0;
}
