// SPDX-License-Identifier: Apache-2.0
// The messages to be published: one text repeated, or the lines of a file descriptor. A message stays here until the
// broker has it, so that what was lost with a connection is sent again.
#pragma once

#include "connection/error.hpp"
#include "connection/message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace trustx::mqtt {

class Outbox {
 public:
    // At most so many messages are in flight at a time; AWS IoT allows 100 (aws-iot.md section 2).
    static constexpr std::size_t max_in_flight = 20;
    // A line that is longer cannot be a message: AWS IoT's limit is 128 KiB, other brokers' rarely higher.
    static constexpr std::size_t max_line = std::size_t{1024} * 1024;

    // nothing is an outbox that is finished from the start.
    static Outbox nothing();
    static Outbox repeated(std::string payload, unsigned times);
    // lines reads from fd, which the caller keeps open; a line's end is not part of the message.
    static Outbox lines(int fd);

    // wants_input tells that read_input() should be called as soon as fd() is readable.
    [[nodiscard]] bool wants_input() const;
    [[nodiscard]] int fd() const { return fd_; }
    // read_input reads once. After an error (Cause::input) the input is at its end.
    Result<void> read_input();

    // next is the message to send now, which is then in flight; nothing if there is none, or enough are in flight.
    std::optional<OutgoingMessage> next();
    // ended reports what became of a message in flight; one that was not delivered will be next() again.
    void ended(std::uint64_t id, bool delivered);

    // finished: all is delivered and nothing more will come.
    [[nodiscard]] bool finished() const;
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

 private:
    Outbox(std::string payload, unsigned times, int fd);
    void split_lines();
    void add(std::string payload);

    std::string repeated_;
    unsigned repeats_left_;
    int fd_;  // -1: no input, or its end was reached
    std::string partial_;
    std::deque<OutgoingMessage> waiting_;
    std::map<std::uint64_t, OutgoingMessage> in_flight_;
    std::uint64_t next_id_ = 1;
    std::uint64_t delivered_ = 0;
};

}  // namespace trustx::mqtt
