// SPDX-License-Identifier: Apache-2.0
#include "model/faults/faults.hpp"

#include <algorithm>
#include <utility>

namespace trustx::sim {

std::uint64_t Faults::add(FaultRule rule) {
    entries_.push_back({.number = ++last_number_, .rule = std::move(rule)});
    return last_number_;
}

bool Faults::remove(std::uint64_t number) {
    return std::erase_if(entries_, [&](const Entry& entry) { return entry.number == number; }) > 0;
}

std::optional<FaultRule> Faults::next_for(const Access& access) {
    return next([&](const FaultRule& rule) {
        const bool direction = rule.subject == FaultSubject::transfer ||
                               rule.subject == (access.is_write ? FaultSubject::write : FaultSubject::read);
        const bool about_bytes = rule.kind == FaultKind::data_nak || rule.kind == FaultKind::bit_flip;
        return direction && (!rule.register_ || *rule.register_ == access.register_) &&
               (!about_bytes || access.size > rule.byte.value_or(0));
    });
}

std::optional<FaultRule> Faults::next_for(std::uint8_t opcode) {
    return next([&](const FaultRule& rule) { return rule.on_command() && (!rule.opcode || *rule.opcode == opcode); });
}

template <class Matches>
std::optional<FaultRule> Faults::next(Matches matches) {
    Entry* due = nullptr;
    for (auto& entry : entries_) {
        if (!matches(entry.rule)) {
            continue;
        }
        ++entry.matches;
        if (due == nullptr && is_due(entry)) {
            due = &entry;
        }
    }
    if (due == nullptr) {
        return std::nullopt;
    }
    ++due->applied;
    ++counters_.faults[name_of(due->rule.kind)];
    return due->rule;
}

bool Faults::is_due(Entry& entry) {
    const FaultRule& rule = entry.rule;
    if (rule.times && entry.applied >= *rule.times) {
        return false;
    }
    const bool turn = rule.every ? entry.matches % *rule.every == 0 : entry.matches >= rule.nth;
    return turn && (!rule.percent || chance_() % 100 < *rule.percent);
}

}  // namespace trustx::sim
