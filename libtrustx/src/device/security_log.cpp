// SPDX-License-Identifier: Apache-2.0
#include "device/security_log.hpp"

#include <algorithm>
#include <limits>

namespace trustx {
namespace {

// In a session object a private key may be used as often as one likes. Where a command does not say which key it uses,
// it is a stored one.
bool uses_stored_key(const EncodedCommand& command) noexcept {
    const auto& key = command.facts.object;
    switch (command.info.uses_private_key) {
        case UsesPrivateKey::no:
            return false;
        case UsesPrivateKey::stored:
            return true;
        case UsesPrivateKey::yes:
            break;
    }
    return !key || (*key >= object::device_key_1 && *key <= object::device_key_4);
}

}  // namespace

bool decrypts(const EncodedCommand& command) noexcept {
    return command.info.opcode == DecryptRecord::info.opcode && command.facts.param == DecryptRecord::decrypt_param;
}

// What the counter loses in the pause between two uses; the credit that a chip may have had makes it less still.
std::uint32_t SecurityLog::uses_left(TimePoint now) const noexcept {
    const auto gone = std::max<std::int64_t>((now - state_.last_use) / SecurityEvents::tmax, 0);
    return gone >= state_.uses ? 0 : state_.uses - static_cast<std::uint32_t>(gone);
}

void SecurityLog::sent(const EncodedCommand& command, TimePoint now) noexcept {
    if (uses_stored_key(command)) {
        count(now);
    }
}

void SecurityLog::refused(const EncodedCommand& command, TimePoint now) noexcept {
    if (decrypts(command)) {
        count(now);
    }
}

void SecurityLog::count(TimePoint now) noexcept {
    state_.uses = std::min(uses_left(now), std::numeric_limits<std::uint32_t>::max() - 1) + 1;
    state_.last_use = now;
}

void SecurityLog::answered(const EncodedCommand& command, TimePoint now) noexcept {
    constexpr std::uint8_t content = 0x00;  // Param 01 is about the metadata
    if (command.facts.object == object::security_event_counter && command.info.opcode == GetDataObject::info.opcode &&
        command.facts.param == content) {
        state_.uses = 0;
        state_.read_at = now;
    }
}

SecurityEvents SecurityLog::events(TimePoint now) const noexcept {
    SecurityEvents events{.uses = uses_left(now)};
    if (state_.read_at) {
        events.read_ago = now - *state_.read_at;
    }
    return events;
}

void SecurityLog::go_on_with(const State& state, TimePoint now) noexcept {
    state_ = state.last_use > now || state.read_at > now ? State{} : state;
}

}  // namespace trustx
