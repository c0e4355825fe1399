// SPDX-License-Identifier: Apache-2.0
#include "bus/reset_lines.hpp"

#include "common/try.hpp"

#include <optional>
#include <utility>

namespace trustx {
namespace {

using namespace std::chrono_literals;

// chip-i2c.md section 1: RST is low for 10 us to 2500 us.
constexpr Duration reset_low = 1ms;
// Infineon's host leaves the chip without supply for 2 ms, RST low meanwhile (the same section); a board's capacitors
// need longer to discharge than those of an evaluation kit.
constexpr Duration supply_off = 20ms;

class BusWithResetLines final : public I2cBus {
 public:
    BusWithResetLines(std::unique_ptr<I2cBus> bus, const BusAddress& address, Clock& clock, TakeLine take)
        : bus_{std::move(bus)},
          reset_{address.reset_line},
          supply_{address.supply_line},
          clock_{clock},
          take_{std::move(take)} {}

    Result<void> write(ByteView bytes, Deadline deadline) override { return bus_->write(bytes, deadline); }
    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override { return bus_->read(bytes, deadline); }
    void rest() noexcept override { bus_->rest(); }
    const std::string& name() const override { return bus_->name(); }
    bool resets_hung_chip() const override { return true; }

    Result<void> pulse_reset(Deadline /*deadline*/) override {
        TRY(const auto reset, take(reset_, GpioLine::Level::low, false));
        TRY(const auto supply, take(supply_, GpioLine::Level::high, true));
        TRYV(drive(reset, true));
        TRYV(drive(supply, false));
        clock_.sleep_for(supply ? supply_off : reset_low);
        // The chip is not left without supply because of a failure of the other line.
        auto supplied = drive(supply, true);
        auto released = drive(reset, false);
        return supplied ? released : supplied;
    }

 private:
    using Taken = std::unique_ptr<OutputLine>;

    Result<Taken> take(const std::optional<GpioLine>& line, GpioLine::Level usual, bool active) const {
        return line ? take_(*line, usual, active) : Result<Taken>{nullptr};
    }
    static Result<void> drive(const Taken& line, bool active) { return line ? line->drive(active) : Result<void>{}; }

    std::unique_ptr<I2cBus> bus_;
    std::optional<GpioLine> reset_;
    std::optional<GpioLine> supply_;
    Clock& clock_;
    TakeLine take_;
};

}  // namespace

std::unique_ptr<I2cBus> with_reset_lines(std::unique_ptr<I2cBus> bus, const BusAddress& address, Clock& clock,
                                         TakeLine take) {
    return std::make_unique<BusWithResetLines>(std::move(bus), address, clock, std::move(take));
}

}  // namespace trustx
