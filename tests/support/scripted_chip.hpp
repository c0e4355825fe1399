// SPDX-License-Identifier: Apache-2.0
// A chip that follows a script: it expects certain frames from the host and offers prepared ones in return, register
// by register as a host sees it. It knows nothing of the protocol, so it can play a recording as well as a fault.
#pragma once

#include "support/virtual_clock.hpp"

#include <trustx/i2c_bus.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace trustx::test {

class ScriptedChip final : public I2cBus {
 public:
    explicit ScriptedChip(VirtualClock& clock) : clock_{clock} {}

    // expect adds a step: when the host has written exactly this frame, the chip offers these frames one by one.
    void expect(Bytes host_frame, std::vector<Bytes> offers = {}) {
        steps_.push_back({std::move(host_frame), std::move(offers)});
    }

    // What the chip does besides; tests set it before or between steps.
    std::uint16_t data_reg_len = 0x0115;
    bool busy = false;                   // shown in I2C_STATE
    int naks = 0;                        // that many transfers find the address unacknowledged
    int read_as_ones = 0;                // that many reads give FF for every byte
    std::deque<std::error_code> errors;  // returned by the next transfers, one each
    std::function<void()> before_state;  // called before each read of I2C_STATE

    // What was seen.
    std::vector<Bytes> frames;  // frames written, re-synchronisations included
    std::vector<TimePoint> starts;
    std::vector<std::uint8_t> pointers;  // register of each write
    int transfers = 0;
    int resyncs = 0;
    int rests = 0;
    std::vector<std::string> surprises;  // frames that were not what the script expects

    void offer(Bytes frame) { offers_.push_back(std::move(frame)); }
    [[nodiscard]] bool finished() const { return steps_.empty() && offers_.empty(); }

    Result<void> write(ByteView bytes, Deadline deadline) override;
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override;
    void rest() noexcept override { ++rests; }
    const std::string& name() const override { return name_; }

 private:
    struct Step {
        Bytes host_frame;
        std::vector<Bytes> offers;
    };
    Result<void> begin();
    void take_frame(Bytes frame);
    [[nodiscard]] Bytes register_value();

    VirtualClock& clock_;
    std::string name_ = "scripted chip";
    std::deque<Step> steps_;
    std::deque<Bytes> offers_;
    std::uint8_t pointer_ = 0;
};

}  // namespace trustx::test
