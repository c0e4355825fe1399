// SPDX-License-Identifier: Apache-2.0
// The chip's application: takes a command APDU, gives the response APDU, and keeps non-volatile memory in step
// (chip-commands.md sections 1 to 3).
#pragma once

#include "model/base/clock.hpp"
#include "model/base/counters.hpp"
#include "model/base/timing.hpp"
#include "model/chip/chip_state.hpp"
#include "model/chip/security_monitor.hpp"
#include "model/chip/session.hpp"
#include "model/crypto/crypto.hpp"
#include "model/nvm/nvm.hpp"

#include <memory>
#include <optional>

namespace spdlog {
class logger;
}

namespace trustx::sim {

class Application {
 public:
    // chip is what nvm holds. All references outlive the application.
    Application(ChipState chip, Nvm& nvm, Crypto& crypto, Counters& counters, spdlog::logger& log,
                dtls::Decisions dtls = {});

    // execute runs one command at a moment and returns the whole response APDU; it never fails.
    [[nodiscard]] Bytes execute(ByteView apdu, Time now);
    // duration is what a command will take, delays of the security monitor included.
    [[nodiscard]] Duration duration(ByteView apdu, const Timing& timing) const;

    // interrupt is a power failure in the middle of a command, with this share of it done. What it has put into a
    // large object by then stays there; everything else is as if the command had not been sent (chip-commands.md
    // section 6.3). True when it was writing to non-volatile memory.
    bool interrupt(ByteView apdu, double share_done);
    // opcode_of is the Cmd of an APDU without bit 7.
    [[nodiscard]] static std::uint8_t opcode_of(ByteView apdu);

    // advance lets the security monitor count down.
    void advance(Time now);
    // reset loses what is volatile (chip-objects.md section 10).
    void reset(Time now);

    // change edits what is kept and stores it; false, with nothing changed, when it cannot be stored.
    template <class Edit>
    bool change(Edit edit) {
        const ChipState before = chip_;
        edit(chip_);
        return store_or_return_to(before);
    }
    // flush stores what was not yet worth storing: the security event counter. False when it cannot be stored.
    bool flush();

    void set_security_event_counter(std::uint8_t value) { chip_.byte(ObjectId::security_event_counter) = value; }

    [[nodiscard]] const ChipState& chip() const { return chip_; }
    [[nodiscard]] int credit() const { return monitor_.credit(); }

 private:
    bool store_or_return_to(const ChipState& before);

    ChipState chip_;
    std::uint8_t stored_counter_;
    ApplicationState volatile_;
    SecurityMonitor monitor_;
    Nvm& nvm_;
    Crypto& crypto_;
    Counters& counters_;
    spdlog::logger& log_;
    dtls::Decisions dtls_;
};

}  // namespace trustx::sim
