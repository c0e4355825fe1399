// SPDX-License-Identifier: Apache-2.0
// Handshake messages from fragments that come in any order, twice, or overlapping. Nothing of it is authenticated, so
// memory is bounded whatever comes: a few messages at a time, none longer than the chip takes. What was kept first has
// no better claim to be genuine than what contradicts it later, and a server repeats what is: the later one stays.
#pragma once

#include "dtls/message.hpp"

#include <trustx/bytes.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace trustx::dtls {

class Reassembly {
 public:
    // A flight of the server's has five messages.
    static constexpr std::uint16_t max_messages = 8;
    static constexpr std::size_t max_body = 1536;

    enum class Outcome : std::uint8_t {
        taken,     // bytes that were missing
        repeated,  // nothing that was missing, or of a message that is behind us
        ahead,     // of a message too far ahead to be kept
        contrary,  // contradicts type, length or bytes of earlier fragments, which are forgotten; taken itself
        too_long,  // of a message longer than the chip takes
    };
    Outcome add(const Fragment& fragment);

    // start_at forgets all messages, and those below the sequence number for good.
    void start_at(std::uint16_t sequence);
    [[nodiscard]] std::uint16_t start() const noexcept { return start_; }

    // complete is the whole message of this number, where all of it is there.
    [[nodiscard]] std::optional<ByteView> complete(std::uint16_t sequence) const;

 private:
    struct Message {
        Bytes bytes;  // header and body
        std::vector<bool> present;
        std::size_t missing;
    };

    static Message fresh(const Fragment& fragment);
    // agrees: of the same message, as far as it is there.
    static bool agrees(const Message& message, const Fragment& fragment);
    static bool fill(Message& message, const Fragment& fragment);

    std::uint16_t start_ = 0;
    std::array<std::optional<Message>, max_messages> messages_;
};

}  // namespace trustx::dtls
