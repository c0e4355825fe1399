// SPDX-License-Identifier: Apache-2.0
#include "bus_cost.hpp"

#include <algorithm>

namespace trustx::test {
namespace {

// chip-i2c.md sections 3, 5.1 and 6.
constexpr std::size_t largest_payload = 271;  // of a packet, without PCTR
constexpr std::size_t frame_overhead = 6;     // FCTR, LEN, PCTR, FCS
constexpr std::size_t control_frame = 5;
constexpr std::size_t register_address = 1;
constexpr std::size_t state_size = 4;

class Bus {
 public:
    explicit Bus(unsigned khz) : khz_{khz} {}
    void write(std::size_t frame) { time_ += transfer_time(register_address + frame, khz_); }
    void read(std::size_t size) { time_ += transfer_time(register_address, khz_) + transfer_time(size, khz_); }
    void fetch(std::size_t frame) {
        read(state_size);
        read(frame);
    }
    [[nodiscard]] Nanoseconds time() const { return time_; }

 private:
    unsigned khz_;
    Nanoseconds time_{0};
};

}  // namespace

Nanoseconds transfer_time(std::size_t bytes, unsigned bus_khz) {
    constexpr std::int64_t start_and_stop = 2;
    const auto clocks = static_cast<std::int64_t>((1 + bytes) * 9) + start_and_stop;
    return Nanoseconds{clocks * 1'000'000 / std::max(bus_khz, 1U)};
}

Nanoseconds least_bus_time(std::size_t sent, std::size_t received, unsigned bus_khz) {
    Bus bus{bus_khz};
    for (; sent > largest_payload; sent -= largest_payload) {
        bus.write(largest_payload + frame_overhead);
        bus.fetch(control_frame);
    }
    bus.write(sent + frame_overhead);
    while (received > 0) {
        const auto part = std::min(received, largest_payload);
        bus.fetch(part + frame_overhead);
        bus.write(control_frame);
        received -= part;
    }
    return bus.time();
}

}  // namespace trustx::test
