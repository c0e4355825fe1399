// SPDX-License-Identifier: Apache-2.0
// A USB device as its host sees it: what it says of itself, its control endpoint, and the requests that every device
// knows.
#pragma once

#include "usbip/messages.hpp"

#include <array>
#include <string_view>

namespace trustx::sim::usbip {

// ControlReply is what became of a control transfer: 0, or -EPIPE for a stalled endpoint.
struct ControlReply {
    std::int32_t status = 0;
    std::size_t taken = 0;  // bytes that came from the host
    Bytes data{};           // for the host; never longer than the setup's length
};

// stall refuses a request, accepted takes one that brought so many bytes, answer gives what the host asked for: it may
// ask for less than there is, as it does to learn a descriptor's size.
ControlReply stall();
ControlReply accepted(std::size_t bytes = 0);
ControlReply answer(const Setup& setup, ByteView data);

// Not for use by several threads at once.
class UsbDevice {
 public:
    // Descriptors are the bytes that describe the device to the kernel (USB 2.0 section 9.6). They outlive it. Texts
    // are ASCII, in the order of their numbers in the descriptors, from 1 on.
    struct Descriptors {
        ByteView device;
        ByteView configuration;
        std::array<std::string_view, 3> texts;
    };

    virtual ~UsbDevice() = default;
    UsbDevice(const UsbDevice&) = delete;
    UsbDevice& operator=(const UsbDevice&) = delete;

    [[nodiscard]] virtual const Device& description() const = 0;

    // control carries out one control transfer. data is what came from the host; where its length is not the setup's,
    // nothing happens.
    [[nodiscard]] ControlReply control(const Setup& setup, ByteView data);

    // listens_on: the host may ask for data from this interrupt endpoint, of which there never is any.
    [[nodiscard]] virtual bool listens_on(std::uint32_t /*endpoint*/) const { return false; }

    // reset forgets what the former host left behind.
    virtual void reset() { configuration_ = 0; }

 protected:
    explicit UsbDevice(const Descriptors& descriptors) : descriptors_{descriptors} {}

    // special serves what is not a standard request to the device.
    virtual ControlReply special(const Setup& setup, ByteView data) = 0;

 private:
    ControlReply standard(const Setup& setup);
    [[nodiscard]] ControlReply descriptor(const Setup& setup) const;

    Descriptors descriptors_;
    std::uint8_t configuration_ = 0;
};

// The only configuration that the devices here have.
constexpr std::uint8_t configuration_value = 1;

constexpr std::uint8_t low(unsigned value) {
    return static_cast<std::uint8_t>(value & 0xFFU);
}
constexpr std::uint8_t high(unsigned value) {
    return low(value >> 8);
}

}  // namespace trustx::sim::usbip
