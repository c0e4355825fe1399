// SPDX-License-Identifier: Apache-2.0
#include "outbox/memory_outbox.hpp"

#include <algorithm>
#include <utility>

namespace trustx::mqtt {
namespace {

std::uint64_t size_in_memory(const OutgoingMessage& message) {
    return message.topic.size() + message.payload.size();
}

}  // namespace

Result<void> MemoryOutbox::accept(const std::vector<OutgoingMessage>& messages) {
    for (const auto& message : messages) {
        waiting_.push_back(message);
        waiting_.back().id = next_id_++;
        counters_.bytes += size_in_memory(message);
    }
    counters_.accepted += messages.size();
    counters_.held += messages.size();
    return {};
}

Result<std::optional<OutgoingMessage>> MemoryOutbox::next() {
    if (waiting_.empty()) {
        return std::nullopt;
    }
    std::optional message{std::move(waiting_.front())};
    waiting_.pop_front();
    in_flight_.emplace(message->id, *message);
    return message;
}

void MemoryOutbox::ended(std::uint64_t id, Ending ending) {
    auto node = in_flight_.extract(id);
    if (node.empty()) {
        return;
    }
    if (ending == Ending::not_delivered) {
        put_back(std::move(node.mapped()));
        return;
    }
    ++(ending == Ending::delivered ? counters_.delivered : counters_.refused);
    --counters_.held;
    counters_.bytes -= size_in_memory(node.mapped());
}

void MemoryOutbox::put_back(OutgoingMessage message) {
    const auto place = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const OutgoingMessage& other) { return other.id > message.id; });
    waiting_.insert(place, std::move(message));
}

}  // namespace trustx::mqtt
