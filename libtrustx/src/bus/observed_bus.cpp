// SPDX-License-Identifier: Apache-2.0
#include "bus/observed_bus.hpp"

#include <utility>

namespace trustx {
namespace {

class ObservedBus final : public I2cBus {
 public:
    ObservedBus(std::unique_ptr<I2cBus> bus, BusObserver& observer, const Clock& clock)
        : bus_{std::move(bus)}, observer_{observer}, clock_{clock} {}

    Result<void> write(ByteView bytes, Deadline deadline) override {
        return watched(BusTransfer::Kind::write, bytes, [&] { return bus_->write(bytes, deadline); });
    }

    Result<void> read(std::span<std::uint8_t> bytes, Deadline deadline) override {
        return watched(BusTransfer::Kind::read, bytes, [&] { return bus_->read(bytes, deadline); });
    }

    Result<void> pulse_reset(Deadline deadline) override {
        return watched(BusTransfer::Kind::reset, {}, [&] { return bus_->pulse_reset(deadline); });
    }

    bool resets_hung_chip() const override { return bus_->resets_hung_chip(); }

    void rest() noexcept override { bus_->rest(); }

    const std::string& name() const override { return bus_->name(); }

 private:
    template <class Transfer>
    Result<void> watched(BusTransfer::Kind kind, ByteView bytes, Transfer transfer) {
        const auto start = clock_.now();
        auto done = transfer();
        const bool unread = kind == BusTransfer::Kind::read && !done;
        observer_.saw({.kind = kind,
                       .size = bytes.size(),
                       .bytes = unread ? ByteView{} : bytes,
                       .failure = done ? nullptr : &done.error(),
                       .start = start,
                       .end = clock_.now()});
        return done;
    }

    std::unique_ptr<I2cBus> bus_;
    BusObserver& observer_;
    const Clock& clock_;
};

}  // namespace

std::unique_ptr<I2cBus> observe_bus(std::unique_ptr<I2cBus> bus, BusObserver& observer, const Clock& clock) {
    return std::make_unique<ObservedBus>(std::move(bus), observer, clock);
}

}  // namespace trustx
