// SPDX-License-Identifier: Apache-2.0
// The transport layer: APDUs in packets with a chaining byte (chip-i2c.md section 6).
#pragma once

#include "model/base/bytes.hpp"

#include <optional>

namespace trustx::sim {

enum class TransportEvent {
    incomplete,      // more packets of this APDU will come
    apdu,            // a whole APDU is in apdu()
    chaining_error,  // answer with chaining_error_packet
    repeat,          // the host saw a chaining error of ours: the response is to be sent again
};

class Transport {
 public:
    // receive takes one packet; max_packet is DATA_REG_LEN - 5, which first and intermediate packets fill exactly.
    TransportEvent receive(ByteView packet, std::size_t max_packet);
    [[nodiscard]] const Bytes& apdu() const { return incoming_; }

    // respond starts to send a response APDU; repeat starts it again. next_packet is empty when all was sent.
    void respond(Bytes apdu);
    void repeat() { sent_ = 0; }
    [[nodiscard]] std::optional<Bytes> next_packet(std::size_t max_packet);

    void reset();

    static Bytes chaining_error_packet() { return {0x07}; }

 private:
    TransportEvent broken_chain();
    void collect(ByteView payload);

    Bytes incoming_;
    bool chain_is_open_ = false;
    Bytes outgoing_;
    std::size_t sent_ = 0;
};

}  // namespace trustx::sim
