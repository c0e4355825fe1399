// SPDX-License-Identifier: Apache-2.0
// What can go wrong with one transfer, and the bus on which it does.
#pragma once

#include "foreign_host.hpp"
#include "model/simulated_chip.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace trustx::test {

// AppliesTo is the direction of the transfers that a fault can be applied to.
enum class AppliesTo { writes, reads, all };

// Recovery is what libtrustx owes its caller after a fault.
enum class Recovery {
    always,      // the operation succeeds as if nothing had been
    repeatable,  // succeeds, unless it must not be repeated: then it may say that the outcome is unknown
    error,       // may fail, with a clear error
    // Two hosts at the same time defeat every protocol: an answer may even be another host's. Nothing is expected
    // of the result; still nothing may hang, and the next operation must work.
    anything,
};

class FaultyBus;

// FaultKind describes one fault. Most are rules of the simulator, in which PLACE stands for a byte. The others are
// functions that play the transfer's part themselves.
struct FaultKind {
    std::string_view name;
    AppliesTo applies_to;
    // What is owed when the fault comes in front of the first transfer of an operation, and when in the middle.
    Recovery at_first;
    Recovery later;
    bool has_place;  // there is one for the first, the middle and the last byte
    bool lasts;      // for all further transfers, until it is lifted
    Result<void> (*on_write)(FaultyBus& bus, ByteView bytes, std::size_t place);
    Result<void> (*on_read)(FaultyBus& bus, std::span<std::uint8_t> bytes, std::size_t place);
    std::string_view rule = {};
};

std::span<const FaultKind> fault_kinds();

// Fault is one of them at one transfer, counted from the moment it is armed.
struct Fault {
    const FaultKind* kind = nullptr;
    std::size_t transfer = 0;
    int place = 0;  // 0, 1, 2: first, middle, last byte
};

// Seen is one transfer of a run without fault.
struct Seen {
    bool write;
    Bytes bytes;
    friend bool operator==(const Seen&, const Seen&) = default;
};

// StepLimit is thrown out of a host that goes on transferring without end.
struct StepLimit {};

class FaultyBus final : public I2cBus {
 public:
    FaultyBus(sim::SimulatedChip& target, VirtualTime& clock)
        : chip{target, clock}, foreign{chip, clock}, time{clock}, rules{target.faults()} {}

    void arm(const Fault& fault);
    // lift ends the fault; the transfers of what follows are undisturbed.
    void lift() { fault_ = {}; }
    [[nodiscard]] std::size_t transfers() const { return count_; }
    // happened tells whether the fault was applied to a transfer.
    [[nodiscard]] bool happened() const { return happened_; }
    void record(std::vector<Seen>* seen) { seen_ = seen; }

    Result<void> write(ByteView bytes, Deadline deadline) override;
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override;
    Result<void> pulse_reset(Deadline deadline) override { return chip.pulse_reset(deadline); }
    const std::string& name() const override { return chip.name(); }

    // What faults are made of.
    ChipBus chip;
    ForeignHost foreign;
    VirtualTime& time;
    sim::Faults& rules;
    Bytes last_read;
    // put_rule_in_force applies the fault to the next transfer.
    void put_rule_in_force(std::size_t place);

 private:
    void count_transfer();
    [[nodiscard]] bool applies_to(bool write, std::size_t number) const;

    Fault fault_;
    // No operation of the script takes a tenth of this.
    static constexpr std::size_t step_limit = 50'000;

    std::size_t count_ = 0;
    bool happened_ = false;
    std::vector<Seen>* seen_ = nullptr;
};

}  // namespace trustx::test
