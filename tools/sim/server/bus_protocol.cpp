// SPDX-License-Identifier: Apache-2.0
#include "server/bus_protocol.hpp"

namespace trustx::sim {

namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t max_length = 4096;

Bytes encode(std::uint8_t status, ByteView data) {
    Bytes bytes{status};
    append_u16(bytes, data.size());
    append(bytes, data);
    return bytes;
}

}  // namespace

ParsedRequest take_request(Bytes& arrived) {
    if (arrived.size() < header_size) {
        return NeedsMore{};
    }
    ByteReader reader{arrived};
    const std::uint8_t op = reader.u8();
    BusRequest request{};
    request.address = reader.u8();
    request.length = reader.u16();
    const bool known = op >= static_cast<std::uint8_t>(BusOperation::write) &&
                       op <= static_cast<std::uint8_t>(BusOperation::power_cycle);
    if (!known || request.length > max_length) {
        return UnknownRequest{};
    }
    request.operation = static_cast<BusOperation>(op);
    const std::size_t following = request.operation == BusOperation::write ? request.length : 0;
    if (reader.left() < following) {
        return NeedsMore{};
    }
    request.data = to_bytes(reader.take(following));
    arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(header_size + following));
    return request;
}

Bytes encode_response(TransferStatus status, ByteView data) {
    return encode(static_cast<std::uint8_t>(status), status == TransferStatus::done ? data : ByteView{});
}

Bytes encode_unknown_request() {
    return encode(0xFF, {});
}

}  // namespace trustx::sim
