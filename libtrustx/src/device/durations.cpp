// SPDX-License-Identifier: Apache-2.0
#include "device/durations.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace trustx {
namespace {

using namespace std::chrono_literals;

// More kinds than a program is likely to use; the oldest is forgotten for a new one.
constexpr std::size_t most_kinds = 64;

// Without a hint, polling costs some 20 transfers, and up to 5 ms at the end. That is nothing to a quicker command.
constexpr Duration worth_a_hint = 20ms;

// No chip is slower than that. A hint that is wrong, whoever wrote it, costs no more; what the command then takes is
// learned, as it always is.
Duration longest_hint(Duration typical) noexcept {
    return 4 * typical + 100ms;
}

// std::bit_width returns an int from C++23 on.
std::uint8_t binary_digits(std::size_t value) noexcept {
    return static_cast<std::uint8_t>(std::bit_width(value));
}

}  // namespace

ifx_i2c::Expectation Durations::first_of(const Kind& kind, const EncodedCommand& command) const {
    const auto size = static_cast<std::int64_t>(command.apdu.size());
    const Duration typical = command.info.typical + command.info.typical_per_byte * size;
    const auto hint = std::ranges::find(hints_, kind, &Hint::kind);
    if (hint == hints_.end()) {
        return ifx_i2c::Expectation{typical};
    }
    auto experience = hint->experience;
    experience.first_poll = std::min(experience.first_poll, longest_hint(typical));
    return ifx_i2c::Expectation{experience};
}

ifx_i2c::Expectation& Durations::of(const EncodedCommand& command) {
    const Kind kind{.opcode = command.info.opcode,
                    .param = command.facts.param,
                    .sent = binary_digits(command.apdu.size()),
                    .wanted = binary_digits(command.facts.wanted),
                    .object = command.facts.object};
    const auto found = std::ranges::find(entries_, kind, &Entry::kind);
    if (found != entries_.end()) {
        found->asked_for = true;
        return found->expectation;
    }
    const Entry fresh{kind, first_of(kind, command), true};
    if (entries_.size() < most_kinds) {
        return entries_.emplace_back(fresh).expectation;
    }
    Entry& replaced = entries_[oldest_++ % most_kinds];
    replaced = fresh;
    return replaced.expectation;
}

const Durations::Hints& Durations::hints() noexcept {
    for (auto& entry : entries_) {
        const auto experience = entry.expectation.experience();
        if (std::exchange(entry.asked_for, false) && experience && experience->first_poll >= worth_a_hint) {
            add_hint({entry.kind, *experience});
        }
    }
    return hints_;
}

void Durations::add_hint(const Hint& hint) noexcept {
    const auto known = std::ranges::find(hints_, hint.kind, &Hint::kind);
    if (known != hints_.end()) {
        *known = hint;
        return;
    }
    std::shift_left(hints_.begin(), hints_.end(), 1);
    hints_.back() = hint;
}

}  // namespace trustx
