// SPDX-License-Identifier: Apache-2.0
// A bus that the program implements: here one that counts the transfers and bytes of another bus. In the same manner a
// program reaches a chip behind a microcontroller, a USB bridge or a network.
//
// usage: custom_bus ADDRESS        for example: custom_bus /dev/i2c-1
#include <trustx/bus_address.hpp>
#include <trustx/device.hpp>
#include <trustx/i2c_bus.hpp>
#include <trustx/objects.hpp>

#include <cstdio>
#include <memory>
#include <utility>

namespace {

struct Traffic {
    unsigned writes = 0;
    unsigned reads = 0;
    std::size_t bytes = 0;
};

class CountingBus final : public trustx::I2cBus {
 public:
    CountingBus(std::unique_ptr<trustx::I2cBus> next, Traffic& traffic) : next_{std::move(next)}, traffic_{traffic} {}

    trustx::Result<void> write(trustx::ByteView bytes, trustx::Deadline deadline) override {
        auto done = next_->write(bytes, deadline);
        if (done) {
            ++traffic_.writes;
            traffic_.bytes += bytes.size();
        }
        return done;
    }

    trustx::Result<void> read(std::span<std::uint8_t> bytes, trustx::Deadline deadline) override {
        auto done = next_->read(bytes, deadline);
        if (done) {
            ++traffic_.reads;
            traffic_.bytes += bytes.size();
        }
        return done;
    }

    trustx::Result<void> pulse_reset(trustx::Deadline deadline) override { return next_->pulse_reset(deadline); }
    void rest() noexcept override { next_->rest(); }
    const std::string& name() const override { return next_->name(); }

 private:
    std::unique_ptr<trustx::I2cBus> next_;
    Traffic& traffic_;
};

int fail(const trustx::Error& error) {
    std::fprintf(stderr, "custom_bus: %s\n", error.message().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto address = trustx::BusAddress::parse(argc == 2 ? argv[1] : "");
    if (!address) {
        std::fputs("usage: custom_bus ADDRESS\n", stderr);
        return 2;
    }
    trustx::SystemClock clock;
    auto bus = trustx::open_bus(*address, clock);
    if (!bus) {
        return fail(bus.error());
    }
    Traffic traffic;
    // A device on a given bus takes no lock between processes: the program must do that.
    const auto device = trustx::Device::with_bus(std::make_unique<CountingBus>(std::move(*bus), traffic), clock, {});
    auto chip = device->lock();
    if (!chip) {
        return fail(chip.error());
    }
    const auto uid = trustx::read_uid(*chip);
    if (!uid) {
        return fail(uid.error());
    }
    std::printf("UID %s: %u write transfers, %u read transfers, %zu bytes\n", uid->hex().c_str(), traffic.writes,
                traffic.reads, traffic.bytes);
    return 0;
}
