// SPDX-License-Identifier: Apache-2.0
// What is to be published and is not delivered yet. Messages keep their order: one that was lost with its connection
// comes before those that were never sent.
#pragma once

#include "connection/error.hpp"
#include "connection/message.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace trustx::mqtt {

class Outbox {
 public:
    // Ending is what became of a message that was sent. `refused`: the broker will not take it at any time; an outbox
    // that outlives the program keeps it for people.
    enum class Ending : std::uint8_t { delivered, not_delivered, refused };

    struct Counters {
        std::uint64_t accepted = 0;   // these five: since the program started
        std::uint64_t delivered = 0;  // the broker acknowledged them
        std::uint64_t refused = 0;
        std::uint64_t dropped = 0;  // to stay within the size
        std::uint64_t damaged = 0;  // the disk has changed them, so they are not sent
        std::uint64_t held = 0;     // in the outbox now, in flight or not
        std::uint64_t kept = 0;     // refused ones of earlier runs that it still has
        std::uint64_t bytes = 0;    // that those take
    };

    Outbox() = default;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    virtual ~Outbox() = default;

    // has_room tells whether accept() may be called. While there is none, what is to be sent stays where it comes from.
    [[nodiscard]] virtual bool has_room() const = 0;

    // accept takes all of the messages, in their order, or none; their ids are not looked at. When it returns without
    // an error they are as safe as this outbox makes them.
    virtual Result<void> accept(const std::vector<OutgoingMessage>& messages) = 0;

    // next is the message to send now, which is in flight then; nothing: there is none.
    virtual Result<std::optional<OutgoingMessage>> next() = 0;

    // ended reports what became of a message in flight; one that was not delivered will be next() again. A message that
    // is not in flight is no error.
    virtual void ended(std::uint64_t id, Ending ending) = 0;

    // flush makes durable what ended() reported, for all messages since the last time at once. Until then a message
    // that was delivered is sent again after a crash.
    virtual Result<void> flush() = 0;

    [[nodiscard]] virtual const Counters& counters() const = 0;
    [[nodiscard]] bool empty() const { return counters().held == 0; }
};

}  // namespace trustx::mqtt
