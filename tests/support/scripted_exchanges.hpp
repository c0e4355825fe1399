// SPDX-License-Identifier: Apache-2.0
// Whole commands and answers for a ScriptedChip: cut into packets, put into frames with running numbers, acknowledged
// as a chip does. For tests above the protocol, which do not want to encode frames.
#pragma once

#include "ifx_i2c/frame.hpp"
#include "support/scripted_chip.hpp"

namespace trustx::test {

// Acknowledge says how the chip confirms the last packet of a command (chip-i2c.md section 5.4).
enum class Acknowledge { by_answer, separately };

// ScriptedExchanges writes the script of a chip that was just attached.
class ScriptedExchanges {
 public:
    explicit ScriptedExchanges(ScriptedChip& chip) : chip_{chip} {}

    // add continues the script: this command arrives, this answer is given.
    void add(const Bytes& command, const Bytes& answer, Acknowledge acknowledge = Acknowledge::by_answer);

    // resynchronised: the host will have started numbering again.
    void resynchronised() { host_ = chip_number_ = ifx_i2c::number_after_sync; }

 private:
    [[nodiscard]] std::vector<Bytes> packets(const Bytes& apdu) const;

    ScriptedChip& chip_;
    ifx_i2c::FrameNumber host_ = ifx_i2c::number_after_sync;
    ifx_i2c::FrameNumber chip_number_ = ifx_i2c::number_after_sync;
};

// data_frame and control_frame are what either side puts on the bus behind the register.
Bytes data_frame(ifx_i2c::FrameNumber number, ifx_i2c::FrameNumber acknowledged, const Bytes& packet);
Bytes control_frame(ifx_i2c::Sequence sequence, ifx_i2c::FrameNumber number);

}  // namespace trustx::test
