// SPDX-License-Identifier: Apache-2.0
// Requests and responses of bus-socket.md as bytes.
#pragma once

#include "model/base/bytes.hpp"
#include "model/i2c/i2c_target.hpp"

#include <variant>

namespace trustx::sim {

enum class BusOperation : std::uint8_t { write = 0x01, read = 0x02, reset = 0x03, power_cycle = 0x04 };

struct BusRequest {
    BusOperation operation;
    std::uint8_t address;
    Bytes data;              // write
    std::size_t length = 0;  // read
};

struct NeedsMore {};
struct UnknownRequest {};
using ParsedRequest = std::variant<NeedsMore, UnknownRequest, BusRequest>;

// take_request removes one whole request from the front of what has arrived.
ParsedRequest take_request(Bytes& arrived);

Bytes encode_response(TransferStatus status, ByteView data);
Bytes encode_unknown_request();

}  // namespace trustx::sim
