// SPDX-License-Identifier: Apache-2.0
#include "usbip/i2c_tiny_usb.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <linux/i2c.h>
#include <linux/usb/ch9.h>

namespace trustx::sim::usbip {

namespace {

// The identity that FTDI donated to the adapter, and the commands of its firmware, both as in the kernel's
// drivers/i2c/busses/i2c-tiny-usb.c.
constexpr std::uint16_t vendor_id = 0x0403;
constexpr std::uint16_t product_id = 0xC631;
constexpr std::uint16_t device_release = 0x0205;

enum class Command : std::uint8_t { echo = 0, functions = 1, set_delay = 2, status = 3, message = 4 };
// Two flags share the number of Command::message: first and last message of a transfer.
constexpr std::uint8_t message_flags = 0x03;

// SMBus transfers are made of plain ones by the kernel.
constexpr std::uint32_t functions = I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;

constexpr std::uint8_t full_speed_packet = 64;
constexpr std::uint8_t milliamperes_100 = 50;
constexpr std::uint8_t bus_powered = USB_CONFIG_ATT_ONE;

enum TextNumber : std::uint8_t { manufacturer = 1, product = 2, serial_number = 3 };
constexpr std::array<std::string_view, 3> texts{"trustx", "OPTIGA Trust X (simulated)", "trustx-sim"};

// clang-format off: one line per field or pair of fields, as in USB 2.0 tables 9-8, 9-10 and 9-12
constexpr std::array<std::uint8_t, USB_DT_DEVICE_SIZE> device_descriptor{
    USB_DT_DEVICE_SIZE,
    USB_DT_DEVICE,
    0x10,
    0x01,  // USB 1.1, which knows no device qualifier
    USB_CLASS_VENDOR_SPEC,
    0,
    0,
    full_speed_packet,
    low(vendor_id),
    high(vendor_id),
    low(product_id),
    high(product_id),
    low(device_release),
    high(device_release),
    manufacturer,
    product,
    serial_number,
    1,  // configurations
};

constexpr std::uint8_t configuration_size = USB_DT_CONFIG_SIZE + USB_DT_INTERFACE_SIZE;
constexpr std::array<std::uint8_t, configuration_size> configuration_descriptor{
    USB_DT_CONFIG_SIZE,
    USB_DT_CONFIG,
    configuration_size,
    0,
    1,  // interfaces
    configuration_value,
    0,  // no text
    bus_powered,
    milliamperes_100,

    USB_DT_INTERFACE_SIZE,
    USB_DT_INTERFACE,
    0,
    0,  // number and alternate setting
    0,  // endpoints but the control endpoint
    USB_CLASS_VENDOR_SPEC,
    0,
    0,
    0,  // no text
};
// clang-format on

}  // namespace

I2cTinyUsb::I2cTinyUsb(I2cTarget& target)
    : UsbDevice{{.device = device_descriptor, .configuration = configuration_descriptor, .texts = texts}},
      target_{target} {}

const Device& I2cTinyUsb::description() const {
    static constexpr Device device{.path = "/sys/devices/trustx-sim/usb1/1-1",
                                   .bus_id = "1-1",
                                   .bus_number = 1,
                                   .device_number = 2,
                                   .speed = Speed::full,
                                   .vendor = vendor_id,
                                   .product = product_id,
                                   .release = device_release,
                                   .device_class = USB_CLASS_VENDOR_SPEC,
                                   .configuration = 0,
                                   .configurations = 1,
                                   .interface_class = USB_CLASS_VENDOR_SPEC};
    return device;
}

void I2cTinyUsb::reset() {
    UsbDevice::reset();
    status_ = BusStatus::idle;
}

ControlReply I2cTinyUsb::special(const Setup& setup, ByteView data) {
    if ((setup.request_type & USB_TYPE_MASK) != USB_TYPE_VENDOR) {
        return stall();
    }
    if ((setup.request & ~message_flags) == static_cast<int>(Command::message)) {
        return message(setup, data);
    }
    switch (static_cast<Command>(setup.request)) {
        case Command::echo:
            return setup.to_host() ? answer(setup, std::array{low(setup.value), high(setup.value)}) : stall();
        case Command::functions:
            return setup.to_host() ? answer(setup, std::array{low(functions), low(functions >> 8), low(functions >> 16),
                                                              low(functions >> 24)})
                                   : stall();
        case Command::set_delay:
            // The simulator sets the speed of the bus.
            return setup.to_host() ? stall() : accepted(data.size());
        case Command::status:
            return setup.to_host() ? answer(setup, std::array{static_cast<std::uint8_t>(status_)}) : stall();
        default:
            return stall();
    }
}

// One message of an I2C transfer. Where a transfer has several, a repeated start separates them, which the chip does
// not support (chip-i2c.md section 1): it sees one transfer after the other.
ControlReply I2cTinyUsb::message(const Setup& setup, ByteView data) {
    constexpr std::uint16_t highest_address = 0x7F;
    const bool reading = (setup.value & I2C_M_RD) != 0;
    if (reading != setup.to_host() || (setup.value & I2C_M_TEN) != 0 || setup.index > highest_address) {
        return stall();
    }
    const auto address = low(setup.index);
    if (!reading) {
        const auto written = target_.write(address, data);
        return outcome(written.status, accepted(data.size()));
    }
    // The lines stay high when no device answers.
    Bytes received(setup.length, 0xFF);
    const auto read = target_.read(address, received);
    return outcome(read.status, {.data = std::move(received)});
}

ControlReply I2cTinyUsb::outcome(TransferStatus status, ControlReply reply) {
    switch (status) {
        case TransferStatus::done:
            status_ = BusStatus::address_acknowledged;
            return reply;
        case TransferStatus::address_nak:
            // The driver wants all bytes accounted for before it asks for the status and learns the outcome.
            status_ = BusStatus::address_refused;
            return reply;
        default:
            status_ = BusStatus::idle;
            return stall();
    }
}

}  // namespace trustx::sim::usbip
