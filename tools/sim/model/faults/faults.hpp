// SPDX-License-Identifier: Apache-2.0
// The fault rules in force: which of them applies to the next transfer or command, and how often each was applied.
#pragma once

#include "model/base/counters.hpp"
#include "model/faults/fault_rule.hpp"

#include <random>
#include <span>
#include <vector>

namespace trustx::sim {

class Faults {
 public:
    // seed makes rules with a percentage act alike in every run. The counters outlive this.
    Faults(std::uint64_t seed, Counters& counters) : chance_{seed}, counters_{counters} {}

    struct Entry {
        std::uint64_t number;  // by which it is removed
        FaultRule rule;
        std::uint64_t matches = 0;  // transfers or commands that it was about
        std::uint64_t applied = 0;
    };

    // add puts a rule in force and returns its number. Of several rules that are due at once the oldest applies.
    std::uint64_t add(FaultRule rule);
    // remove is false when there is no such rule.
    bool remove(std::uint64_t number);
    void clear() { entries_.clear(); }
    [[nodiscard]] std::span<const Entry> entries() const { return entries_; }

    // Access is a transfer that is about to begin. register_ is the one that the host means.
    struct Access {
        bool is_write;
        std::uint8_t register_;
        std::size_t size;
    };
    // next_for counts a transfer or a command, and gives the fault that is applied to it.
    [[nodiscard]] std::optional<FaultRule> next_for(const Access& access);
    [[nodiscard]] std::optional<FaultRule> next_for(std::uint8_t opcode);

 private:
    template <class Matches>
    std::optional<FaultRule> next(Matches matches);
    bool is_due(Entry& entry);

    std::vector<Entry> entries_;
    std::uint64_t last_number_ = 0;
    std::mt19937_64 chance_;
    Counters& counters_;
};

}  // namespace trustx::sim
