// SPDX-License-Identifier: Apache-2.0
#include "bench_meter.hpp"

#include "common/try.hpp"
#include "trace/percentile.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace trustx::cli {
namespace {

constexpr int warm_up_runs = 2;

Nanoseconds processor_time() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + Nanoseconds{now.tv_nsec};
}

}  // namespace

void BenchSink::take(const Activity& activity) noexcept {
    counts_.transfers += activity.bus.transfers;
    counts_.polls += activity.bus.polls;
    counts_.naks += activity.bus.naks;
    if (activity.kind != Activity::Kind::apdu) {
        counts_.attaches += activity.kind == Activity::Kind::attach ? 1 : 0;
        return;
    }
    ++counts_.exchanges;
    counts_.least_bus += least_bus_time(activity.sent, activity.received, bus_khz_);
    const auto documented = documented_chip_time(activity);
    counts_.documented_chip =
        documented && counts_.documented_chip ? std::optional{*counts_.documented_chip + *documented} : std::nullopt;
}

std::optional<double> Figures::ratio(Nanoseconds time) const {
    if (!chip || *chip + least_bus == Nanoseconds::zero()) {
        return std::nullopt;
    }
    return static_cast<double>(time.count()) / static_cast<double>((*chip + least_bus).count());
}

BenchMeter::BenchMeter(const BusAddress& address, BenchSink& sink, int runs)
    : address_{address}, sink_{sink}, runs_{runs}, counted_{counted_chip_time(address).has_value()} {}

Outcome<Figures> BenchMeter::measure_between(std::string name, const Operation& operation,
                                             const Operation& before) const {
    std::vector<Nanoseconds> walls;
    Nanoseconds cpu{0};
    Nanoseconds chip{0};
    for (int run = -warm_up_runs; run < runs_; ++run) {
        TRYV(before());
        if (run == 0) {
            sink_.clear();
        }
        const auto chip_before = counted_ ? counted_chip_time(address_) : std::nullopt;
        const auto cpu_before = processor_time();
        const auto start = std::chrono::steady_clock::now();
        TRYV(operation());
        const auto wall = std::chrono::steady_clock::now() - start;
        const auto worked = processor_time() - cpu_before;
        const auto chip_after = counted_ ? counted_chip_time(address_) : std::nullopt;
        if (counted_ && !(chip_before && chip_after)) {
            return give_up(ExitCode::unreachable, "the simulator does not tell its counters any more; does it run?");
        }
        if (run >= 0) {
            walls.push_back(wall);
            cpu += worked;
            chip += counted_ ? *chip_after - *chip_before : Nanoseconds{0};
        }
    }
    std::ranges::sort(walls);
    const auto& counts = sink_.counts();
    const auto each = [this](std::uint64_t sum) { return static_cast<double>(sum) / runs_; };
    Figures figures{.name = std::move(name),
                    .runs = runs_,
                    .wall = percentile(walls, 50),
                    .best = walls.front(),
                    .cpu = cpu / runs_,
                    .chip = counted_ ? chip : counts.documented_chip,
                    .least_bus = counts.least_bus / runs_,
                    .exchanges = each(counts.exchanges),
                    .transfers = each(counts.transfers),
                    .polls = each(counts.polls),
                    .naks = each(counts.naks)};
    if (figures.chip) {
        *figures.chip /= runs_;
    }
    return figures;
}

}  // namespace trustx::cli
