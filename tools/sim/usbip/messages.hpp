// SPDX-License-Identifier: Apache-2.0
// The messages of USB/IP 1.1.1 as values, and their bytes on the wire (Documentation/usb/usbip_protocol.rst of the
// Linux kernel). Only what devices with control and interrupt endpoints need. No sockets in here.
#pragma once

#include "model/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace trustx::sim::usbip {

constexpr std::uint16_t protocol_version = 0x0111;

// Before a device is imported: requests of 8 bytes, one of them followed by a bus id.
enum class Operation : std::uint16_t {
    request_device_list = 0x8005,
    request_import = 0x8003,
    reply_device_list = 0x0005,
    reply_import = 0x0003,
};

// Status is that of a reply (ST_* in tools/usb/usbip/libsrc/usbip_common.h).
enum class Status : std::uint32_t { ok = 0, not_available = 1, device_busy = 2, device_error = 3, no_device = 4 };

enum class Speed : std::uint32_t { low = 1, full = 2, high = 3 };

constexpr std::size_t operation_header_size = 8;
constexpr std::size_t bus_id_size = 32;
constexpr std::size_t path_size = 256;
constexpr std::size_t device_size = path_size + bus_id_size + 24;
constexpr std::size_t import_request_size = operation_header_size + bus_id_size;
constexpr std::size_t urb_header_size = 48;
// The largest wLength of a control transfer. Nothing longer is read from the network.
constexpr std::size_t max_transfer = 0xFFFF;

// Device is the description of a device in a list or an import. Texts longer than their fields are cut.
struct Device {
    std::string_view path;
    std::string_view bus_id;
    std::uint32_t bus_number = 0;
    std::uint32_t device_number = 0;
    Speed speed = Speed::full;
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;
    std::uint16_t release = 0;
    std::uint8_t device_class = 0;
    std::uint8_t configuration = 0;
    std::uint8_t configurations = 1;
    std::uint8_t interface_class = 0;

    // id names the device in the messages that follow an import.
    [[nodiscard]] std::uint32_t id() const { return bus_number << 16 | device_number; }
};

// Setup is the first stage of a control transfer (USB 2.0 section 9.3). Little-endian on the wire, unlike all else.
struct Setup {
    std::uint8_t request_type = 0;
    std::uint8_t request = 0;
    std::uint16_t value = 0;
    std::uint16_t index = 0;
    std::uint16_t length = 0;

    [[nodiscard]] bool to_host() const { return (request_type & 0x80U) != 0; }
};

// Submit is one transfer; data is what an OUT transfer carries and points into what was decoded.
struct Submit {
    std::uint32_t sequence = 0;
    std::uint32_t device = 0;
    bool to_host = false;
    std::uint32_t endpoint = 0;
    std::uint32_t length = 0;
    Setup setup;
    ByteView data;
};

struct Unlink {
    std::uint32_t sequence = 0;
    std::uint32_t unlinked = 0;
};

struct Malformed {
    std::string_view reason;
};

// Decoded is one message taken from the front of some bytes.
template <class... Messages>
struct Decoded {
    std::variant<Messages..., Malformed> message;
    std::size_t size;  // bytes used up; 0 for Malformed, after which nothing can be parsed any more
};

struct DeviceListRequest {};
struct ImportRequest {
    std::string_view bus_id;
};

// decode_operation reads a request of the first phase, decode_urb one of the second. Empty while the message is not
// complete. Nothing else is trusted: versions, commands and lengths are checked.
std::optional<Decoded<DeviceListRequest, ImportRequest>> decode_operation(ByteView bytes);
std::optional<Decoded<Submit, Unlink>> decode_urb(ByteView bytes);

Bytes encode_device_list(std::span<const Device* const> devices);
Bytes encode_import_reply(Status status, const Device& device);

// encode_submit_reply answers a Submit: status is 0 or a negative errno; taken counts the bytes that came from the
// host, data are those that go to it.
Bytes encode_submit_reply(std::uint32_t sequence, std::int32_t status, std::size_t taken, ByteView data);
Bytes encode_unlink_reply(std::uint32_t sequence, std::int32_t status);

}  // namespace trustx::sim::usbip
