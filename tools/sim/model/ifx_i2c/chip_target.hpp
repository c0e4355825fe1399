// SPDX-License-Identifier: Apache-2.0
// The chip on a bus: its address, when it acknowledges, its registers and its resets (chip-i2c.md sections 1 to 3).
#pragma once

#include "model/command/application.hpp"
#include "model/faults/faulty_bus.hpp"
#include "model/i2c/registers.hpp"
#include "model/ifx_i2c/command_channel.hpp"

namespace trustx::sim {

class ChipTarget final : public FaultyChip {
 public:
    // All references outlive the chip.
    ChipTarget(Application& application, Timing& timing, AcknowledgeStyle acknowledge, Faults& faults,
               const Clock& clock, Counters& counters);

    Transfer write(std::uint8_t address, ByteView bytes) override;
    Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) override;
    Duration pulse_reset() override;
    Duration power_cycle() override;
    void hang() override;

    // advance does what is due by now.
    void advance() { advance_to(clock_.now()); }
    [[nodiscard]] std::uint8_t address() const { return address_; }
    [[nodiscard]] std::uint32_t max_scl_khz() const;

 private:
    void start(Time at, Duration low);
    Duration reset_by(FaultKind cause);
    void reset_at(FaultKind cause, Time at);
    void apply(const CommandFault& fault);
    void advance_to(Time now);
    bool listens(std::uint8_t address, Time start);
    [[nodiscard]] bool falls_asleep(Time start) const;
    Transfer not_acknowledged();

    [[nodiscard]] std::size_t max_packet() const { return data_reg_len_ - frame_overhead; }
    [[nodiscard]] Bytes read_register() const;
    [[nodiscard]] std::uint32_t state() const;
    void write_register(ByteView value);
    void write_data_reg_len(std::uint16_t wanted);
    void write_base_address(std::uint16_t value);
    void write_mode(std::uint16_t value);

    Timing& timing_;
    const Clock& clock_;
    Counters& counters_;
    Application& application_;
    CommandChannel channel_;

    std::uint8_t address_ = 0;
    std::uint8_t mode_ = 0;
    std::uint16_t data_reg_len_ = max_data_reg_len;
    std::uint8_t pointer_ = static_cast<std::uint8_t>(Register::data);
    Time stop_{0};         // of the last transfer that was acknowledged
    Time nak_until_{0};    // starting, waking up or at work: the address is not acknowledged
    bool started_ = true;  // no transfer since the start: no guard time to keep
};

}  // namespace trustx::sim
