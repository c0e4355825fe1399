// SPDX-License-Identifier: Apache-2.0
// OPTIGA Trust X as a value: give it I2C transfers and a clock. No sockets, no threads, no waiting in here; a test can
// link it, the program trustx-sim puts a socket in front of it.
#pragma once

#include "model/base/counters.hpp"
#include "model/base/result.hpp"
#include "model/base/timing.hpp"
#include "model/dtls/decisions.hpp"
#include "model/faults/faults.hpp"
#include "model/i2c/i2c_target.hpp"
#include "model/nvm/nvm.hpp"

#include <memory>
#include <optional>
#include <string>

namespace spdlog {
class logger;
}

namespace trustx::sim {

struct ChipOptions {
    std::string profile{};  // A, B or C for a new chip; when empty C, or whatever the NVM holds
    Bytes uid{};            // of a new chip, 27 bytes; empty: the profile's, or whatever the NVM holds
    std::optional<std::uint64_t> seed{};
    Timing timing = Timing::none();
    AcknowledgeStyle acknowledge = AcknowledgeStyle::automatic;
    dtls::Decisions dtls{};                 // of the DTLS client
    std::shared_ptr<spdlog::logger> log{};  // nothing is logged when absent
};

// SimulatedChip is a powered chip. Not for use by several threads at once.
class SimulatedChip final : public I2cTarget {
 public:
    // create reads the NVM or makes a new chip and stores it. The clock outlives the chip. An error is a sentence.
    [[nodiscard]] static Result<std::unique_ptr<SimulatedChip>> create(ChipOptions options, std::unique_ptr<Nvm> nvm,
                                                                       const Clock& clock);
    ~SimulatedChip() override;
    SimulatedChip(const SimulatedChip&) = delete;
    SimulatedChip& operator=(const SimulatedChip&) = delete;

    Transfer write(std::uint8_t address, ByteView bytes) override;
    Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) override;
    Duration pulse_reset() override;
    Duration power_cycle() override;

    // flush stores the security event counter, which is otherwise only stored along with other changes. False when
    // that failed; the log has the reason.
    bool flush();

    [[nodiscard]] const Counters& counters() const;
    void reset_counters();
    // faults are the rules by which things go wrong on the bus and in the chip; none at first.
    [[nodiscard]] Faults& faults();

    // set_scl changes the frequency of the bus; false, and nothing, for a chip whose transfers take no time.
    bool set_scl(std::uint32_t khz);
    [[nodiscard]] std::uint32_t scl_khz() const;
    // max_scl_khz is the frequency up to which the chip can follow the bus, as register MAX_SCL_FREQU has it.
    [[nodiscard]] std::uint32_t max_scl_khz() const;

    // set_security_event_counter throttles the chip as if it had been used much; it is not stored at once.
    void set_security_event_counter(std::uint8_t value);
    [[nodiscard]] std::uint8_t security_event_counter();
    [[nodiscard]] int credit();
    [[nodiscard]] std::uint8_t address() const;
    [[nodiscard]] std::string profile() const;
    // ca_certificate is the DER certificate of the throw-away CA that signed E0E0.
    [[nodiscard]] Bytes ca_certificate() const;

 private:
    class Parts;
    explicit SimulatedChip(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace trustx::sim
