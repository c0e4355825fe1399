// SPDX-License-Identifier: Apache-2.0
#include "device/durations.hpp"

#include <algorithm>
#include <bit>

namespace trustx {
namespace {

// More kinds than a program is likely to use; the oldest is forgotten for a new one.
constexpr std::size_t most_kinds = 64;

// std::bit_width returns an int from C++23 on.
int binary_digits(std::size_t value) noexcept {
    return static_cast<int>(std::bit_width(value));
}

}  // namespace

ifx_i2c::Expectation& Durations::of(const EncodedCommand& command) {
    const Kind kind{.opcode = command.info.opcode,
                    .param = command.facts.param,
                    .sent = binary_digits(command.apdu.size()),
                    .wanted = binary_digits(command.facts.wanted),
                    .object = command.facts.object};
    const auto found = std::ranges::find(entries_, kind, &Entry::kind);
    if (found != entries_.end()) {
        return found->expectation;
    }
    const auto size = static_cast<std::int64_t>(command.apdu.size());
    const Entry fresh{kind, ifx_i2c::Expectation{command.info.typical + command.info.typical_per_byte * size}};
    if (entries_.size() < most_kinds) {
        return entries_.emplace_back(fresh).expectation;
    }
    Entry& replaced = entries_[oldest_++ % most_kinds];
    replaced = fresh;
    return replaced.expectation;
}

}  // namespace trustx
