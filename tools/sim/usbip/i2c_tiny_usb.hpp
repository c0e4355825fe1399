// SPDX-License-Identifier: Apache-2.0
// A USB device of the kind that Linux' driver i2c-tiny-usb serves: an I2C adapter behind the control endpoint. It turns
// vendor requests into transfers to the chip, and describes itself to the kernel.
#pragma once

#include "model/i2c/i2c_target.hpp"
#include "usbip/messages.hpp"

namespace trustx::sim::usbip {

// ControlReply is what became of a control transfer: 0, or -EPIPE for a stalled endpoint, which the kernel's adapter
// turns into EIO for its caller.
struct ControlReply {
    std::int32_t status = 0;
    std::size_t taken = 0;  // bytes that came from the host
    Bytes data{};           // for the host; never longer than the setup's length
};

// I2cTinyUsb holds what such a device keeps between requests. Not for use by several threads at once.
class I2cTinyUsb {
 public:
    // target outlives the device and takes the time of the bus itself: what it returns as bus time is not waited for.
    explicit I2cTinyUsb(I2cTarget& target) : target_{target} {}

    static const Device& description();

    // control carries out one control transfer. data is what came from the host; where its length is not the setup's,
    // nothing happens.
    [[nodiscard]] ControlReply control(const Setup& setup, ByteView data);

    // reset drops what the former host left behind.
    void reset();

 private:
    // What the driver asks for after each message; the values are those of the adapter's firmware.
    enum class BusStatus : std::uint8_t { idle = 0, address_acknowledged = 1, address_refused = 2 };

    ControlReply standard(const Setup& setup);
    ControlReply vendor(const Setup& setup, ByteView data);
    ControlReply message(const Setup& setup, ByteView data);
    ControlReply outcome(TransferStatus status, ControlReply reply);

    I2cTarget& target_;
    BusStatus status_ = BusStatus::idle;
    std::uint8_t configuration_ = 0;
};

}  // namespace trustx::sim::usbip
