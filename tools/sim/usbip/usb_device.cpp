// SPDX-License-Identifier: Apache-2.0
#include "usbip/usb_device.hpp"

#include <algorithm>
#include <cerrno>

#include <linux/usb/ch9.h>

namespace trustx::sim::usbip {

namespace {

// A string descriptor holds UTF-16. Number 0 lists the languages.
Bytes text_descriptor(std::span<const std::string_view> texts, std::size_t number) {
    Bytes bytes{0, USB_DT_STRING};
    if (number == 0) {
        append(bytes, std::array<std::uint8_t, 2>{0x09, 0x04});  // English (United States)
    } else {
        for (const char letter : texts[number - 1]) {
            bytes.push_back(static_cast<std::uint8_t>(letter));
            bytes.push_back(0);
        }
    }
    bytes.front() = static_cast<std::uint8_t>(bytes.size());
    return bytes;
}

}  // namespace

ControlReply stall() {
    return {.status = -EPIPE};
}

ControlReply accepted(std::size_t bytes) {
    return {.taken = bytes};
}

ControlReply answer(const Setup& setup, ByteView data) {
    const auto sent = data.first(std::min<std::size_t>(data.size(), setup.length));
    return {.data = to_bytes(sent)};
}

ControlReply UsbDevice::control(const Setup& setup, ByteView data) {
    if (data.size() != (setup.to_host() ? 0U : setup.length)) {
        return stall();
    }
    const bool to_interface = (setup.request_type & USB_RECIP_MASK) == USB_RECIP_INTERFACE;
    const bool is_standard = (setup.request_type & USB_TYPE_MASK) == USB_TYPE_STANDARD;
    // The descriptors of an interface are those of its class.
    const bool of_class = to_interface && setup.request == USB_REQ_GET_DESCRIPTOR;
    return is_standard && !of_class ? standard(setup) : special(setup, data);
}

// USB 2.0 section 9.4, as far as a device without features has a part in it.
ControlReply UsbDevice::standard(const Setup& setup) {
    const bool to_host = setup.to_host();
    switch (setup.request) {
        case USB_REQ_GET_DESCRIPTOR:
            return to_host ? descriptor(setup) : stall();
        case USB_REQ_GET_STATUS:
            return to_host ? answer(setup, std::array<std::uint8_t, 2>{}) : stall();
        case USB_REQ_GET_CONFIGURATION:
            return to_host ? answer(setup, std::array<std::uint8_t, 1>{configuration_}) : stall();
        case USB_REQ_GET_INTERFACE:
            return to_host && setup.index == 0 ? answer(setup, std::array<std::uint8_t, 1>{}) : stall();
        case USB_REQ_SET_CONFIGURATION:
            if (to_host || setup.value > configuration_value) {
                return stall();
            }
            configuration_ = low(setup.value);
            return accepted();
        case USB_REQ_SET_INTERFACE:
            return !to_host && setup.value == 0 && setup.index == 0 ? accepted() : stall();
        case USB_REQ_SET_ADDRESS:
            return to_host ? stall() : accepted();  // the virtual host controller keeps the address
        default:
            return stall();
    }
}

ControlReply UsbDevice::descriptor(const Setup& setup) const {
    const std::size_t number = low(setup.value);
    switch (high(setup.value)) {
        case USB_DT_DEVICE:
            return answer(setup, descriptors_.device);
        case USB_DT_CONFIG:
            return number == 0 ? answer(setup, descriptors_.configuration) : stall();
        case USB_DT_STRING:
            return number <= descriptors_.texts.size() ? answer(setup, text_descriptor(descriptors_.texts, number))
                                                       : stall();
        default:
            return stall();
    }
}

}  // namespace trustx::sim::usbip
