// SPDX-License-Identifier: Apache-2.0
// APDUs as chains of packets. Source: chip-i2c.md section 6.
#pragma once

#include "ifx_i2c/data_link.hpp"

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/result.hpp>

namespace trustx::ifx_i2c {

class TransportLayer {
 public:
    explicit TransportLayer(DataLink& data_link) : data_link_{data_link} {}

    // send delivers an APDU. Errors: Errc::sync_lost when the chip did not take it, Errc::chaining_failed when it
    // reports a chaining error; those of the data link.
    [[nodiscard]] Result<void> send(ByteView apdu, Repeat repeat, Deadline deadline);

    // receive collects the answer, of at most max_size bytes; expectation is of its first packet. Errors:
    // Errc::chaining_failed when the chip reports that the command arrived broken (it was not executed),
    // Errc::outcome_unknown when the answer arrives broken. Packets smaller than negotiated are taken: another host
    // has changed the chip's DATA_REG_LEN.
    [[nodiscard]] Result<void> receive(Bytes& apdu, std::size_t max_size, Expectation& expectation, Deadline deadline);

    // packets_as_negotiated: the last answer came in packets of the size that the data link assumes.
    [[nodiscard]] bool packets_as_negotiated() const noexcept { return packets_as_negotiated_; }

    // forget_secrets wipes the buffer that packets passed through.
    void forget_secrets();

 private:
    enum class Chain : std::uint8_t { whole = 0, first = 1, intermediate = 2, last = 4, error = 7 };

    Result<void> check_no_answer_yet(Deadline deadline);

    DataLink& data_link_;
    Bytes packet_;
    bool packets_as_negotiated_ = true;
    // How long the chip takes, whatever the command: to take a packet, and to have the next one ready.
    Expectation part_taken_;
    Expectation command_taken_;
    Expectation next_part_;
};

}  // namespace trustx::ifx_i2c
