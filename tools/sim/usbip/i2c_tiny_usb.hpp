// SPDX-License-Identifier: Apache-2.0
// A USB device of the kind that Linux' driver i2c-tiny-usb serves: an I2C adapter behind the control endpoint. It turns
// vendor requests into transfers to the chip, and describes itself to the kernel.
#pragma once

#include "model/i2c/i2c_target.hpp"
#include "usbip/usb_device.hpp"

namespace trustx::sim::usbip {

// The kernel's adapter turns a stalled endpoint into EIO for its caller.
class I2cTinyUsb final : public UsbDevice {
 public:
    // target outlives the device and takes the time of the bus itself: what it returns as bus time is not waited for.
    explicit I2cTinyUsb(I2cTarget& target);

    [[nodiscard]] const Device& description() const override;
    void reset() override;

 protected:
    ControlReply special(const Setup& setup, ByteView data) override;

 private:
    // What the driver asks for after each message; the values are those of the adapter's firmware.
    enum class BusStatus : std::uint8_t { idle = 0, address_acknowledged = 1, address_refused = 2 };

    ControlReply message(const Setup& setup, ByteView data);
    ControlReply outcome(TransferStatus status, ControlReply reply);

    I2cTarget& target_;
    BusStatus status_ = BusStatus::idle;
};

}  // namespace trustx::sim::usbip
