// SPDX-License-Identifier: Apache-2.0
// Puts what a source gives into an outbox, a batch at a time, and sends what the outbox has. A disk that is full is
// reported, and waited for: what was read and not accepted yet stays here, and nothing more is read.
#pragma once

#include "connection/events.hpp"
#include "outbox/outbox.hpp"
#include "outbox/source.hpp"
#include "session/application.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace trustx::mqtt {

class Publisher {
 public:
    using TimePoint = Application::TimePoint;

    struct Parts {
        Source source;
        std::unique_ptr<Outbox> outbox;
        // A message is made for each payload and each of these, whose payloads and ids are not looked at.
        std::vector<OutgoingMessage> forms;
        // durable: what was accepted outlives this program, so input is read without a connection, too.
        bool durable = false;
    };

    explicit Publisher(Parts parts) : parts_{std::move(parts)} {}

    // input is what to read from when it is readable; -1: nothing at the moment.
    [[nodiscard]] int input(bool connected) const;
    Result<void> read_input();

    Result<std::optional<OutgoingMessage>> next();
    void ended(std::uint64_t id, const PublishOutcome& outcome);
    // settle makes durable what ended; next() does it, too.
    Result<void> settle();

    // wake is for the first messages of a source that needs no reading, and after a full disk.
    [[nodiscard]] std::optional<TimePoint> wakes_at() const { return wakes_at_; }
    Result<void> wake();

    // stop ends the input; what is in flight may still end.
    void stop();

    // finished: all is delivered and nothing more will come.
    [[nodiscard]] bool finished() const;
    [[nodiscard]] bool in_flight() const { return in_flight_ > 0; }
    // kept: nothing is lost when the program ends. Input that was not read stays with who writes it.
    [[nodiscard]] bool kept() const { return stopped_ ? kept_ : all_accepted(); }
    [[nodiscard]] const Outbox::Counters& counters() const { return parts_.outbox->counters(); }

 private:
    Result<void> fill();
    Result<bool> accept_batch();
    Result<void> unless_full(const Result<void>& done);
    void make_batch();
    Result<void> report_damage();
    [[nodiscard]] bool all_accepted() const { return parts_.durable && batch_.empty() && parts_.source.empty(); }

    Parts parts_;
    std::vector<OutgoingMessage> batch_;  // read, and not accepted yet
    std::optional<TimePoint> wakes_at_ = TimePoint{};
    std::size_t in_flight_ = 0;
    bool full_ = false;
    bool stopped_ = false;
    bool kept_ = false;          // when it was stopped
    std::uint64_t dropped_ = 0;  // these two: that were reported
    std::uint64_t damaged_ = 0;
};

}  // namespace trustx::mqtt
