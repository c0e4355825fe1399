// SPDX-License-Identifier: Apache-2.0
#include "session/culprit.hpp"

#include <algorithm>

namespace trustx::mqtt {

void Culprit::refused(const Ids& on_their_way) {
    if (on_their_way.size() == 1) {
        charges_[*on_their_way.begin()].by_the_broker = true;
    }
    suspects_ = on_their_way;
}

// A connection that was good for long is usually closed for other reasons: to send one message at a time would only be
// slow.
void Culprit::closed(const Ids& on_their_way, bool young) {
    if (on_their_way.size() == 1) {
        ++charges_[*on_their_way.begin()].connections;
    } else if (young) {
        suspects_ = on_their_way;
    }
}

void Culprit::interrupted() {
    std::erase_if(charges_, [](const auto& one) { return !one.second.holds(); });
}

// Those that were on their way are sent first, in their order: if another one is delivered, they have ended.
void Culprit::delivered(Id id) {
    charges_.erase(id);
    if (suspects_.erase(id) == 0) {
        suspects_.clear();
    }
}

bool Culprit::accuses(Id id) const {
    const auto charge = charges_.find(id);
    return charge != charges_.end() && charge->second.holds();
}

std::size_t Culprit::accused() const {
    return static_cast<std::size_t>(
        std::count_if(charges_.begin(), charges_.end(), [](const auto& one) { return one.second.holds(); }));
}

bool Culprit::by_the_broker(Id id) const {
    const auto charge = charges_.find(id);
    return charge != charges_.end() && charge->second.by_the_broker;
}

void Culprit::forget(Id id) {
    charges_.erase(id);
    suspects_.erase(id);
}

void Culprit::acquit() {
    charges_.clear();
    suspects_.clear();
}

}  // namespace trustx::mqtt
