// SPDX-License-Identifier: Apache-2.0
// A chip that decides by the bytes of a fuzz input what to answer, transfer by transfer. Its frames carry checksums
// that fit where the input wants that, so that it gets beyond the first check of the host.
#pragma once

#include "fuzz_input.hpp"
#include "ifx_i2c/frame.hpp"
#include "support/virtual_clock.hpp"

#include <trustx/i2c_bus.hpp>

#include <deque>

namespace trustx::test {

class FuzzedChip final : public I2cBus {
 public:
    FuzzedChip(Input& input, VirtualClock& clock);

    Result<void> write(ByteView bytes, Deadline deadline) override;
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override;
    const std::string& name() const override { return name_; }

    [[nodiscard]] int transfers() const { return transfers_; }
    // held_up is the time that transfers took beyond what the bus needs: no host can keep its deadline there.
    [[nodiscard]] Duration held_up() const { return held_up_; }

    // offered says whether these bytes can be put together from the payloads of intact packets that were read, in
    // their order: whatever a host takes for an answer must pass this.
    [[nodiscard]] bool offered(ByteView answer) const;

 private:
    // What the chip does once the input is used up.
    enum class Ending : std::uint8_t { idle, silent, busy, busy_then_answer };

    [[nodiscard]] static bool is_question(ByteView written);
    Result<void> begin(std::size_t size);
    void hold_up(Duration duration);
    [[nodiscard]] std::size_t full_payload() const;
    void decide_offer();
    void offer_packet(std::uint8_t fctr, ByteView packet);
    void offer_answer(std::uint8_t chain, std::size_t size);
    Bytes state_register();
    Bytes register_value();

    Input& input_;
    VirtualClock& clock_;
    std::string name_ = "fuzzed chip";
    Ending ending_;
    int transfers_ = 0;
    Duration held_up_{};
    std::uint8_t pointer_ = 0;
    ifx_i2c::FrameNumber host_number_ = ifx_i2c::number_after_sync;
    ifx_i2c::FrameNumber own_number_ = ifx_i2c::number_after_sync;
    std::uint16_t data_reg_len_ = ifx_i2c::max_frame_size;
    bool busy_ = false;
    std::deque<Bytes> offers_;
    std::vector<Bytes> payloads_;
};

}  // namespace trustx::test
