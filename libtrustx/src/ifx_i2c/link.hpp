// SPDX-License-Identifier: Apache-2.0
// The protocol stack over one bus: attach to a chip in whatever state it is, exchange APDUs, recover.
#pragma once

#include "ifx_i2c/data_link.hpp"
#include "ifx_i2c/physical_layer.hpp"
#include "ifx_i2c/transport_layer.hpp"

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/i2c_bus.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>

namespace trustx::ifx_i2c {

class Link {
 public:
    Link(I2cBus& bus, Clock& clock)
        : physical_{bus, clock}, data_link_{physical_, clock}, transport_{data_link_}, clock_{clock}, bus_{bus} {}
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // attach brings both sides into a known state without resetting the chip or closing its application: waits for
    // a command that a former user left running, discards what it left unread, and re-synchronises. With the frame
    // size that the former user negotiated this takes three transfers.
    [[nodiscard]] Result<void> attach(std::optional<std::uint16_t> frame_size, Deadline deadline);

    // exchange sends a command and collects its answer, of at most max_size bytes. A command that certainly was not
    // executed is sent once more; one that may have been only with Repeat::allowed. expectation is of the time that the
    // chip takes for this kind of command, and learns from it.
    // Errors: Errc::outcome_unknown, Errc::sync_lost, Errc::chaining_failed and those of the physical layer.
    [[nodiscard]] Result<void> exchange(ByteView command, Bytes& answer, std::size_t max_size, Repeat repeat,
                                        Expectation& expectation, Deadline deadline);

    // reset restarts the chip, by its reset line where the bus has one, else by register SOFT_RESET. Sessions and
    // the open application are lost.
    [[nodiscard]] Result<void> reset(Deadline deadline);

    // forget_secrets wipes the buffers of all layers.
    void forget_secrets() {
        data_link_.forget_secrets();
        transport_.forget_secrets();
    }

    // in_sync: the next exchange needs no attach, provided that no other host uses the chip in between.
    [[nodiscard]] bool in_sync() const noexcept { return in_sync_; }
    void doubt() noexcept { in_sync_ = false; }

    // suspect_others makes the next exchange check first whether the chip works or offers something, which in step with
    // us it never does between two exchanges: then a program without our lock has used it, and what it left could be
    // mistaken for the answer. That takes two transfers.
    void suspect_others() noexcept { others_possible_ = true; }
    [[nodiscard]] std::uint16_t frame_size() const noexcept { return data_link_.frame_size(); }

 private:
    Result<void> exchange_once(ByteView command, Bytes& answer, std::size_t max_size, Repeat repeat,
                               Expectation& expectation, Deadline deadline);
    Result<void> check_for_others(Deadline deadline);
    Result<bool> discard_leftover(Deadline deadline);

    PhysicalLayer physical_;
    DataLink data_link_;
    TransportLayer transport_;
    Clock& clock_;
    I2cBus& bus_;
    bool in_sync_ = false;
    bool others_possible_ = false;
};

}  // namespace trustx::ifx_i2c
