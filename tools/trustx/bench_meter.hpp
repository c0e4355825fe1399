// SPDX-License-Identifier: Apache-2.0
// What operations cost: wall time, time of the chip, least time on the bus, transfers, and time of the processor.
#pragma once

#include "chip_time.hpp"
#include "cli/context.hpp"

#include <trustx/trace.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

// BenchCounts sums up what a device told while it was watched.
struct BenchCounts {
    std::uint64_t exchanges = 0;  // commands sent to the chip
    std::uint64_t attaches = 0;
    std::uint64_t transfers = 0;
    std::uint64_t polls = 0;
    std::uint64_t naks = 0;
    Nanoseconds least_bus{0};
    std::optional<Nanoseconds> documented_chip{Nanoseconds{0}};  // nothing as soon as one command is not documented
};

// BenchSink is the sink of the measured device.
class BenchSink final : public TraceSink {
 public:
    explicit BenchSink(unsigned bus_khz) : bus_khz_{bus_khz} {}
    void take(const Activity& activity) noexcept override;

    [[nodiscard]] const BenchCounts& counts() const { return counts_; }
    void clear() { counts_ = {}; }

 private:
    unsigned bus_khz_;
    BenchCounts counts_;
};

// Figures of one operation; times and counts are those of one run.
struct Figures {
    std::string name;
    int runs = 0;
    Nanoseconds wall{0};  // median
    Nanoseconds best{0};
    Nanoseconds cpu{0};
    std::optional<Nanoseconds> chip;
    Nanoseconds least_bus{0};
    double exchanges = 0;
    double transfers = 0;
    double polls = 0;
    double naks = 0;

    // ratio compares a wall time with what is unavoidable.
    [[nodiscard]] std::optional<double> ratio(Nanoseconds time) const;
};

// BenchMeter measures operations with one chip. Its references must outlive it.
class BenchMeter {
 public:
    using Operation = std::function<Outcome<void>()>;

    BenchMeter(const BusAddress& address, BenchSink& sink, int runs);

    // measure runs an operation some times unmeasured, so that the host has learned what to expect, then `runs` times.
    [[nodiscard]] Outcome<Figures> measure(std::string name, const Operation& operation) const {
        return measure_between(std::move(name), operation, [] { return Outcome<void>{}; });
    }
    // measure_between lets something else happen before each run, which is not measured.
    [[nodiscard]] Outcome<Figures> measure_between(std::string name, const Operation& operation,
                                                   const Operation& before) const;

    // counts_chip_time: chip times are counted by a simulator, not taken from the documents.
    [[nodiscard]] bool counts_chip_time() const { return counted_; }

 private:
    const BusAddress& address_;
    BenchSink& sink_;
    int runs_;
    bool counted_;
};

}  // namespace trustx::cli
