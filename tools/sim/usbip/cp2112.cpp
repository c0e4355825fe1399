// SPDX-License-Identifier: Apache-2.0
#include "usbip/cp2112.hpp"

#include <array>

#include <linux/hid.h>
#include <linux/usb/ch9.h>

namespace trustx::sim::usbip {

namespace {

// Identity and reports as in Silicon Labs' AN495, "CP2112 Interface Specification", of which the kernel's
// drivers/hid/hid-cp2112.c uses these for its GPIO chip. All of them are feature reports, which go through the control
// endpoint.
constexpr std::uint16_t vendor_id = 0x10C4;
constexpr std::uint16_t product_id = 0xEA90;
constexpr std::uint16_t device_release = 0x0100;

enum class Report : std::uint8_t {
    gpio_configuration = 0x02,  // directions, push-pull, special functions, clock divider
    gpio_levels = 0x03,
    gpio_latch = 0x04,  // values and mask
    version = 0x05,     // part number, version
    smbus_configuration = 0x06,
    lock = 0x20,
};
constexpr std::uint8_t feature = 3;  // HID specification 1.11 section 7.2.1
constexpr std::uint8_t part_number = 0x0C;
constexpr std::uint8_t part_version = 0x02;
constexpr std::size_t smbus_configuration_size = 14;

constexpr std::uint8_t reset_line = 0x01;
constexpr std::uint8_t supply_line = 0x02;

constexpr std::uint8_t full_speed_packet = 64;
constexpr std::uint8_t milliamperes_100 = 50;
constexpr std::uint8_t interrupt_endpoint = 1;
constexpr std::uint8_t poll_interval_ms = 100;

enum TextNumber : std::uint8_t { manufacturer = 1, product = 2, serial_number = 3 };
constexpr std::array<std::string_view, 3> texts{"trustx", "reset and supply of the simulated chip", "trustx-sim"};

// clang-format off: one line per field or pair of fields
// One input report of vendor-defined bytes: a HID device without any is refused.
constexpr std::array<std::uint8_t, 22> report_descriptor{
    0x06, 0x00, 0xFF,                                // usage page: vendor defined
    0x09, 0x01,                                      // usage
    0xA1, 0x01,                                      // collection: application
    0x85, 0x13,                                      // report id
    0x15, 0x00, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x3F,  // 63 bytes
    0x09, 0x01, 0x81, 0x02,                          // input
    0xC0,                                            // end of the collection
};
constexpr std::uint8_t report_descriptor_size = report_descriptor.size();

constexpr std::array<std::uint8_t, USB_DT_DEVICE_SIZE> device_descriptor{
    USB_DT_DEVICE_SIZE,
    USB_DT_DEVICE,
    0x10,
    0x01,  // USB 1.1, which knows no device qualifier
    0,
    0,
    0,  // the class is the interface's
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

constexpr std::uint8_t hid_descriptor_size = 9;
constexpr std::uint8_t configuration_size =
    USB_DT_CONFIG_SIZE + USB_DT_INTERFACE_SIZE + hid_descriptor_size + USB_DT_ENDPOINT_SIZE;
constexpr std::array<std::uint8_t, configuration_size> configuration_descriptor{
    USB_DT_CONFIG_SIZE,
    USB_DT_CONFIG,
    configuration_size,
    0,
    1,  // interfaces
    configuration_value,
    0,  // no text
    USB_CONFIG_ATT_ONE,
    milliamperes_100,

    USB_DT_INTERFACE_SIZE,
    USB_DT_INTERFACE,
    0,
    0,  // number and alternate setting
    1,  // endpoints but the control endpoint
    USB_CLASS_HID,
    0,
    0,
    0,  // no text

    hid_descriptor_size,
    HID_DT_HID,
    0x11,
    0x01,  // HID 1.11
    0,     // no country
    1,
    HID_DT_REPORT,
    report_descriptor_size,
    0,

    USB_DT_ENDPOINT_SIZE,
    USB_DT_ENDPOINT,
    USB_DIR_IN | interrupt_endpoint,
    USB_ENDPOINT_XFER_INT,
    full_speed_packet,
    0,
    poll_interval_ms,
};
// clang-format on

}  // namespace

Cp2112::Cp2112(I2cTarget& target)
    : UsbDevice{{.device = device_descriptor, .configuration = configuration_descriptor, .texts = texts}},
      target_{target} {}

const Device& Cp2112::description() const {
    static constexpr Device device{.path = "/sys/devices/trustx-sim/usb1/1-2",
                                   .bus_id = "1-2",
                                   .bus_number = 1,
                                   .device_number = 3,
                                   .speed = Speed::full,
                                   .vendor = vendor_id,
                                   .product = product_id,
                                   .release = device_release,
                                   .device_class = 0,
                                   .configuration = 0,
                                   .configurations = 1,
                                   .interface_class = USB_CLASS_HID};
    return device;
}

bool Cp2112::listens_on(std::uint32_t endpoint) const {
    return endpoint == interrupt_endpoint;
}

ControlReply Cp2112::special(const Setup& setup, ByteView data) {
    const bool of_class = (setup.request_type & USB_TYPE_MASK) == USB_TYPE_CLASS;
    if (!of_class && setup.to_host() && high(setup.value) == HID_DT_REPORT) {
        return answer(setup, report_descriptor);
    }
    if (!of_class || high(setup.value) != feature) {
        return stall();
    }
    if (setup.request == HID_REQ_GET_REPORT && setup.to_host()) {
        return get_report(setup);
    }
    return setup.request == HID_REQ_SET_REPORT && !setup.to_host() ? set_report(setup, data) : stall();
}

// Each report begins with its number.
ControlReply Cp2112::get_report(const Setup& setup) const {
    const std::uint8_t number = low(setup.value);
    switch (static_cast<Report>(number)) {
        case Report::gpio_configuration:
            return answer(setup, std::array<std::uint8_t, 5>{number, outputs_, 0xFF, 0, 0});
        case Report::gpio_levels:
            return answer(setup, std::array{number, levels()});
        case Report::version:
            return answer(setup, std::array{number, part_number, part_version});
        case Report::smbus_configuration: {
            Bytes settings(smbus_configuration_size);
            settings.front() = number;
            return answer(setup, settings);
        }
        case Report::lock:
            return answer(setup, std::array<std::uint8_t, 2>{number, 0});  // all of its memory is written already
        case Report::gpio_latch:
            break;
    }
    return stall();
}

ControlReply Cp2112::set_report(const Setup& setup, ByteView report) {
    ByteReader reader{report};
    const auto number = reader.u8();
    const auto first = reader.u8();
    const auto second = reader.u8();
    if (number != low(setup.value) || reader.failed()) {
        return stall();
    }
    switch (static_cast<Report>(number)) {
        case Report::gpio_configuration:
            drive(first, latch_);
            break;
        case Report::gpio_latch:
            drive(outputs_, static_cast<std::uint8_t>((latch_ & ~second) | (first & second)));
            break;
        case Report::smbus_configuration:
            break;  // for pins that lead nowhere
        default:
            return stall();
    }
    return accepted(report.size());
}

std::uint8_t Cp2112::levels() const {
    return static_cast<std::uint8_t>(latch_ | ~outputs_);
}

// drive lets the chip see what became of its lines. The simulator knows pulses, no levels: what a line does to the chip
// it does when it falls.
void Cp2112::drive(std::uint8_t outputs, std::uint8_t latch) {
    const std::uint8_t before = levels();
    outputs_ = outputs;
    latch_ = latch;
    const auto fallen = before & ~levels();
    if ((fallen & supply_line) != 0) {
        static_cast<void>(target_.power_cycle());
    }
    if ((fallen & reset_line) != 0) {
        static_cast<void>(target_.pulse_reset());
    }
}

}  // namespace trustx::sim::usbip
