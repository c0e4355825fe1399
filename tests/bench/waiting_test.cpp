// SPDX-License-Identifier: Apache-2.0
// How close libtrustx comes to what chip and bus cannot do without, on virtual time: the same on every machine. The
// simulated chip has typical times and a bus of 400 kHz.
#include "../faults/chip_bus.hpp"
#include "model/simulated_chip.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "trace_costs.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>

#include <filesystem>
#include <functional>
#include <memory>

using namespace trustx;
using test::ChipBus;
using test::VirtualTime;

namespace {

constexpr unsigned bus_khz = 400;

// Fixture is a device on a chip, and both have the same virtual clock.
struct Fixture {
    VirtualTime time;
    std::unique_ptr<sim::SimulatedChip> chip;
    test::TempDir directory;
    std::filesystem::path trace = directory / "trace";
    std::unique_ptr<Device> device;

    Fixture() {
        sim::ChipOptions options;
        options.seed = 7;
        options.timing = sim::Timing::typical(bus_khz);
        chip =
            sim::SimulatedChip::create(std::move(options), std::make_unique<sim::MemoryNvm>(), time.for_chip()).value();
        DeviceOptions device_options;
        device_options.trace.file = trace;
        device = Device::with_bus(std::make_unique<ChipBus>(*chip, time), time, device_options);
    }

    // overhead is the time of one run, divided by what chip and bus need for it, after some runs to learn from.
    double overhead(const std::function<void()>& operation) {
        constexpr int runs_to_learn = 3;
        for (int i = 0; i < runs_to_learn; ++i) {
            operation();
        }
        const auto traced = std::filesystem::file_size(trace);
        chip->reset_counters();
        const auto start = time.now();
        operation();
        const auto took = time.now() - start;
        const auto costs = test::costs_since(trace, traced, bus_khz);
        const auto needed = chip->counters().chip_time + costs.least_bus;
        UNSCOPED_INFO("took " << took.count() / 1000 << " us, chip " << chip->counters().chip_time.count() / 1000
                              << " us, bus " << costs.least_bus.count() / 1000 << " us, " << costs.transfers
                              << " transfers, " << costs.polls << " polls");
        return static_cast<double>(took.count()) / static_cast<double>(needed.count());
    }
};

}  // namespace

TEST_CASE("a signature takes at most 3 % more than chip and bus need", "[waiting]") {
    Fixture f;
    REQUIRE(f.device->run(GenKeyPair{.key = ObjectId{0xE0F1}}));
    const Bytes digest(32, 0x5A);
    CHECK(f.overhead([&] { REQUIRE(f.device->run(CalcSign{.key = ObjectId{0xE0F1}, .digest = digest})); }) <= 1.03);
}

TEST_CASE("reading 1.5 kB takes at most 5 % more than chip and bus need", "[waiting]") {
    Fixture f;
    const Bytes content(1500, 0x5A);
    {
        auto locked = f.device->lock();
        REQUIRE(locked);
        REQUIRE(write_object(*locked, ObjectId{0xF1E0}, content));
    }
    CHECK(f.overhead([&] {
        auto locked = f.device->lock();
        REQUIRE(locked);
        REQUIRE(read_object(*locked, ObjectId{0xF1E0}) == content);
    }) <= 1.05);
}

TEST_CASE("other commands take little more than chip and bus need", "[waiting]") {
    Fixture f;
    CHECK(f.overhead([&] { REQUIRE(f.device->run(GetRandom{.length = 32})); }) <= 1.15);
    CHECK(f.overhead([&] { REQUIRE(f.device->run(GetDataObject{.object = object::coprocessor_uid})); }) <= 1.15);
}
