// SPDX-License-Identifier: Apache-2.0
// A USB device of the kind that Linux' driver hid-cp2112 serves: a bridge with eight GPIO lines. Line 0 is joined to
// the chip's reset pin and line 1 to the switch of its supply. Nothing is connected to the bridge's own I2C pins.
#pragma once

#include "model/i2c/i2c_target.hpp"
#include "usbip/usb_device.hpp"

namespace trustx::sim::usbip {

class Cp2112 final : public UsbDevice {
 public:
    // target outlives the device.
    explicit Cp2112(I2cTarget& target);

    [[nodiscard]] const Device& description() const override;
    [[nodiscard]] bool listens_on(std::uint32_t endpoint) const override;
    // The lines keep their levels: a host that goes away does not pull the chip's reset.

 protected:
    ControlReply special(const Setup& setup, ByteView data) override;

 private:
    ControlReply get_report(const Setup& setup) const;
    ControlReply set_report(const Setup& setup, ByteView report);
    void drive(std::uint8_t outputs, std::uint8_t latch);
    [[nodiscard]] std::uint8_t levels() const;

    I2cTarget& target_;
    std::uint8_t outputs_ = 0;   // a bit for each line
    std::uint8_t latch_ = 0xFF;  // what an output drives; all else is pulled up
};

}  // namespace trustx::sim::usbip
