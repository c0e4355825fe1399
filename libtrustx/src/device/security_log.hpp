// SPDX-License-Identifier: Apache-2.0
// Counts what raises the chip's security event counter, so that nobody has to ask the chip where it can hardly have
// grown. Source: chip-objects.md section 9.
#pragma once

#include "command/encoded_command.hpp"

#include <trustx/clock.hpp>
#include <trustx/device.hpp>

#include <cstdint>
#include <optional>

namespace trustx {

// decrypts: where the chip refuses it, that counts as much as a use of a key.
[[nodiscard]] bool decrypts(const EncodedCommand& command) noexcept;

class SecurityLog {
 public:
    // State is what another process can go on with.
    struct State {
        std::uint32_t uses = 0;
        TimePoint last_use{};
        std::optional<TimePoint> read_at = {};
        friend bool operator==(const State&, const State&) = default;
    };

    // sent is told of each command before it goes to the chip, answered of each that the chip carried out, refused of
    // each that it did not.
    void sent(const EncodedCommand& command, TimePoint now) noexcept;
    void refused(const EncodedCommand& command, TimePoint now) noexcept;
    void answered(const EncodedCommand& command, TimePoint now) noexcept;

    [[nodiscard]] SecurityEvents events(TimePoint now) const noexcept;

    [[nodiscard]] const State& state() const noexcept { return state_; }
    // go_on_with takes over what another process left. Moments that have not come yet are those of a former boot: then
    // nothing is known.
    void go_on_with(const State& state, TimePoint now) noexcept;

 private:
    void count(TimePoint now) noexcept;
    [[nodiscard]] std::uint32_t uses_left(TimePoint now) const noexcept;

    State state_;
};

}  // namespace trustx
