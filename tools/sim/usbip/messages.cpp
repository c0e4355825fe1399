// SPDX-License-Identifier: Apache-2.0
#include "usbip/messages.hpp"

#include <algorithm>
#include <array>

namespace trustx::sim::usbip {

namespace {

constexpr std::uint32_t command_submit = 1;
constexpr std::uint32_t command_unlink = 2;
constexpr std::uint32_t reply_submit = 3;
constexpr std::uint32_t reply_unlink = 4;
constexpr std::uint32_t direction_in = 1;
// "Shall be set to 0xffffffff if not ISO transfer"; older kernels send 0.
constexpr std::uint32_t no_packets = 0xFFFFFFFF;

std::uint32_t u32(ByteReader& reader) {
    const std::uint32_t high = reader.u16();
    return high << 16 | reader.u16();
}

std::uint16_t u16_little_endian(ByteReader& reader) {
    const unsigned low = reader.u8();
    return static_cast<std::uint16_t>(static_cast<unsigned>(reader.u8()) << 8U | low);
}

void append_u32(Bytes& bytes, std::uint32_t value) {
    append_u16(bytes, value >> 16);
    append_u16(bytes, value & 0xFFFF);
}

// The field always ends with a zero byte and is filled up with zeros.
void append_text(Bytes& bytes, std::string_view text, std::size_t field) {
    const auto kept = text.substr(0, field - 1);
    bytes.insert(bytes.end(), kept.begin(), kept.end());
    bytes.resize(bytes.size() + field - kept.size());
}

std::string_view text_up_to_zero(ByteView field) {
    const auto end = std::find(field.begin(), field.end(), std::uint8_t{0});
    return {reinterpret_cast<const char*>(field.data()), static_cast<std::size_t>(end - field.begin())};
}

void append_header(Bytes& bytes, Operation operation, Status status) {
    append_u16(bytes, protocol_version);
    append_u16(bytes, static_cast<std::size_t>(operation));
    append_u32(bytes, static_cast<std::uint32_t>(status));
}

void append_device(Bytes& bytes, const Device& device) {
    append_text(bytes, device.path, path_size);
    append_text(bytes, device.bus_id, bus_id_size);
    append_u32(bytes, device.bus_number);
    append_u32(bytes, device.device_number);
    append_u32(bytes, static_cast<std::uint32_t>(device.speed));
    append_u16(bytes, device.vendor);
    append_u16(bytes, device.product);
    append_u16(bytes, device.release);
    const std::array<std::uint8_t, 6> rest{device.device_class,   0, 0, device.configuration,
                                           device.configurations, 1 /* interfaces */};
    append(bytes, rest);
}

// The header that all replies of the second phase share; device, direction and endpoint are 0 in them.
void append_urb_header(Bytes& bytes, std::uint32_t command, std::uint32_t sequence, std::int32_t status) {
    append_u32(bytes, command);
    append_u32(bytes, sequence);
    bytes.resize(bytes.size() + 12);
    append_u32(bytes, static_cast<std::uint32_t>(status));
}

Setup read_setup(ByteReader& reader) {
    Setup setup;
    setup.request_type = reader.u8();
    setup.request = reader.u8();
    setup.value = u16_little_endian(reader);
    setup.index = u16_little_endian(reader);
    setup.length = u16_little_endian(reader);
    return setup;
}

}  // namespace

std::optional<Decoded<DeviceListRequest, ImportRequest>> decode_operation(ByteView bytes) {
    using Result = Decoded<DeviceListRequest, ImportRequest>;
    if (bytes.size() < operation_header_size) {
        return std::nullopt;
    }
    ByteReader reader{bytes};
    const auto version = reader.u16();
    const auto operation = static_cast<Operation>(reader.u16());
    static_cast<void>(u32(reader));  // a status, of no use in a request
    if (version != protocol_version) {
        return Result{Malformed{"not USB/IP version 1.1.1"}, 0};
    }
    if (operation == Operation::request_device_list) {
        return Result{DeviceListRequest{}, operation_header_size};
    }
    if (operation != Operation::request_import) {
        return Result{Malformed{"neither a request for the device list nor for an import"}, 0};
    }
    if (bytes.size() < import_request_size) {
        return std::nullopt;
    }
    return Result{ImportRequest{text_up_to_zero(reader.take(bus_id_size))}, import_request_size};
}

std::optional<Decoded<Submit, Unlink>> decode_urb(ByteView bytes) {
    using Result = Decoded<Submit, Unlink>;
    if (bytes.size() < urb_header_size) {
        return std::nullopt;
    }
    ByteReader reader{bytes};
    const auto command = u32(reader);
    const auto sequence = u32(reader);
    const auto device = u32(reader);
    const auto direction = u32(reader);
    const auto endpoint = u32(reader);
    if (command == command_unlink) {
        return Result{Unlink{sequence, u32(reader)}, urb_header_size};
    }
    if (command != command_submit) {
        return Result{Malformed{"neither a transfer nor its cancellation"}, 0};
    }
    static_cast<void>(u32(reader));  // flags for the exporting host controller, which is not one here
    const auto length = u32(reader);
    static_cast<void>(u32(reader));  // start frame, isochronous only
    const auto packets = u32(reader);
    static_cast<void>(u32(reader));  // interval
    if (direction > direction_in) {
        return Result{Malformed{"a direction that does not exist"}, 0};
    }
    if (packets != no_packets && packets != 0) {
        return Result{Malformed{"an isochronous transfer, for which there is no endpoint"}, 0};
    }
    if (length > max_transfer) {
        return Result{Malformed{"a transfer longer than a control transfer can be"}, 0};
    }
    Submit submit;
    submit.sequence = sequence;
    submit.device = device;
    submit.to_host = direction == direction_in;
    submit.endpoint = endpoint;
    submit.length = length;
    submit.setup = read_setup(reader);
    const std::size_t payload = submit.to_host ? 0 : length;
    if (reader.left() < payload) {
        return std::nullopt;
    }
    submit.data = reader.take(payload);
    return Result{submit, urb_header_size + payload};
}

Bytes encode_device_list(std::span<const Device* const> devices) {
    Bytes bytes;
    append_header(bytes, Operation::reply_device_list, Status::ok);
    append_u32(bytes, static_cast<std::uint32_t>(devices.size()));
    for (const Device* device : devices) {
        append_device(bytes, *device);
        append(bytes, std::array<std::uint8_t, 4>{device->interface_class, 0, 0, 0});
    }
    return bytes;
}

Bytes encode_import_reply(Status status, const Device& device) {
    Bytes bytes;
    append_header(bytes, Operation::reply_import, status);
    if (status == Status::ok) {
        append_device(bytes, device);
    }
    return bytes;
}

Bytes encode_submit_reply(std::uint32_t sequence, std::int32_t status, std::size_t taken, ByteView data) {
    Bytes bytes;
    bytes.reserve(urb_header_size + data.size());
    append_urb_header(bytes, reply_submit, sequence, status);
    append_u32(bytes, static_cast<std::uint32_t>(taken + data.size()));  // one of them is 0
    append_u32(bytes, 0);                                                // start frame
    append_u32(bytes, no_packets);
    append_u32(bytes, 0);  // errors
    bytes.resize(urb_header_size);
    append(bytes, data);
    return bytes;
}

Bytes encode_unlink_reply(std::uint32_t sequence, std::int32_t status) {
    Bytes bytes;
    append_urb_header(bytes, reply_unlink, sequence, status);
    bytes.resize(urb_header_size);
    return bytes;
}

}  // namespace trustx::sim::usbip
