// SPDX-License-Identifier: Apache-2.0
#include "device/durations.hpp"

#include "command/apdu.hpp"
#include "command/apdu_facts.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace trustx {
namespace {

using namespace std::chrono_literals;

// More kinds than a program is likely to use; the oldest is forgotten for a new one.
constexpr std::size_t most_kinds = 64;

// A fixed part, and one for each byte sent or asked for. The lower figures of chip-commands.md section 7, those of the
// faster successor: a first look that comes too early costs a transfer, one that comes too late costs time.
struct Typical {
    std::uint8_t command;
    Duration fixed;
    Duration per_byte;
};
constexpr std::array typical_durations{
    Typical{0x02, 10ms, 175us},  // SetDataObject, 55 ms for 256 bytes
    Typical{0x30, 10ms, 65us},   // CalcHash, 15 KB/s
    Typical{0x31, 65ms, 0us},    // CalcSign
    Typical{0x18, 65ms, 0us},    // GetAuthMsg signs
    Typical{0x32, 85ms, 0us},    // VerifySign
    Typical{0x33, 60ms, 0us},    // CalcSSec
    Typical{0x34, 50ms, 0us},    // DeriveKey
    Typical{0x38, 55ms, 0us},    // GenKeyPair
};

constexpr std::uint8_t get_data_object = 0x01;

// std::bit_width returns an int from C++23 on.
int binary_digits(std::size_t value) noexcept {
    return static_cast<int>(std::bit_width(value));
}

// wanted_size is the length that a GetDataObject asks for, which its answer may fall short of.
std::size_t wanted_size(const ApduFacts& facts, ByteView command) noexcept {
    constexpr std::size_t length_at = apdu_header_size + 4;
    if (facts.command != get_data_object || command.size() != length_at + 2) {
        return 0;
    }
    return static_cast<std::size_t>(command[length_at] << 8 | command[length_at + 1]);
}

}  // namespace

Duration typical_duration(ByteView command) noexcept {
    const std::uint8_t cmd = examine_apdu(command).command;
    const auto* known = std::ranges::find(typical_durations, cmd, &Typical::command);
    if (known == typical_durations.end()) {
        return Duration::zero();
    }
    return known->fixed + known->per_byte * static_cast<std::int64_t>(command.size());
}

ifx_i2c::Expectation& Durations::of(ByteView command) {
    const ApduFacts facts = examine_apdu(command);
    const Kind kind{.command = facts.command,
                    .param = facts.param,
                    .sent = binary_digits(facts.size),
                    .wanted = binary_digits(wanted_size(facts, command)),
                    .object = facts.object};
    const auto found = std::ranges::find(entries_, kind, &Entry::kind);
    if (found != entries_.end()) {
        return found->expectation;
    }
    const Entry fresh{kind, ifx_i2c::Expectation{typical_duration(command)}};
    if (entries_.size() < most_kinds) {
        return entries_.emplace_back(fresh).expectation;
    }
    Entry& replaced = entries_[oldest_++ % most_kinds];
    replaced = fresh;
    return replaced.expectation;
}

}  // namespace trustx
