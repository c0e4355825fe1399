// SPDX-License-Identifier: Apache-2.0
// Counts what crosses the bus, and knows which register a transfer is about: a read does not name one, it continues
// at the register that the last write named (chip-i2c.md section 2).
#pragma once

#include "bus/observed_bus.hpp"
#include "ifx_i2c/frame.hpp"
#include "ifx_i2c/physical_layer.hpp"
#include "trace/activity.hpp"

#include <optional>

namespace trustx {

class BusMeter {
 public:
    void count(const BusTransfer& transfer);

    [[nodiscard]] const BusCounts& counts() const noexcept { return counts_; }
    // target is the register of the last transfer counted; nothing while it is not known.
    [[nodiscard]] std::optional<ifx_i2c::Register> target() const noexcept { return target_; }
    // carried is the frame of the last transfer counted, if it was one: whole, not checked.
    [[nodiscard]] ByteView carried() const noexcept { return carried_; }

    // resent: the frame carried went to the chip before.
    [[nodiscard]] bool resent() const noexcept { return resent_; }

    void reset() { counts_ = {}; }

 private:
    void count_frame(ByteView frame, bool from_host);

    BusCounts counts_;
    std::optional<ifx_i2c::Register> target_;
    ByteView carried_;
    bool resent_ = false;
    std::optional<ifx_i2c::FrameNumber> last_sent_;  // of the last data frame to the chip
};

}  // namespace trustx
