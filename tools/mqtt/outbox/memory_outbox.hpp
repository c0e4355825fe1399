// SPDX-License-Identifier: Apache-2.0
// An outbox that ends with the program.
#pragma once

#include "outbox/outbox.hpp"

#include <deque>
#include <map>

namespace trustx::mqtt {

class MemoryOutbox final : public Outbox {
 public:
    // There is room while nothing waits: what can wait elsewhere takes no memory here.
    [[nodiscard]] bool has_room() const override { return waiting_.empty(); }
    Result<void> accept(const std::vector<OutgoingMessage>& messages) override;
    Result<std::optional<OutgoingMessage>> next() override;
    void ended(std::uint64_t id, Ending ending) override;
    Result<void> flush() override { return {}; }
    [[nodiscard]] const Counters& counters() const override { return counters_; }

 private:
    void put_back(OutgoingMessage message);

    std::deque<OutgoingMessage> waiting_;  // by their ids
    std::map<std::uint64_t, OutgoingMessage> in_flight_;
    std::uint64_t next_id_ = 1;
    Counters counters_;
};

}  // namespace trustx::mqtt
