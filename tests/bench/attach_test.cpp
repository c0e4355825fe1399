// SPDX-License-Identifier: Apache-2.0
// What it costs to use a chip in turn with another program.
#include "support/catch.hpp"
#include "support/simulator.hpp"
#include "trace_costs.hpp"

#include <trustx/device.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>

using namespace trustx;

namespace {

constexpr int uses = 5;
const GetDataObject look{.object = object::security_event_counter, .offset = 0, .length = 1};

// Each Device has its own lock, connection and frame numbers, as in a separate process.
struct Neighbours {
    test::Simulator simulator;
    std::filesystem::path trace = simulator.directory() / "trace";
    std::unique_ptr<Device> measured = open(trace);
    std::unique_ptr<Device> other = open({});

    [[nodiscard]] std::unique_ptr<Device> open(const std::filesystem::path& trace_file) const {
        DeviceOptions options;
        options.lock_directory = simulator.directory().path();
        options.trace.file = trace_file;
        return Device::open(BusAddress::parse(simulator.address()).value(), options);
    }

    [[nodiscard]] std::int64_t transfers(bool in_turn) const {
        REQUIRE(measured->run(look));
        const auto traced = std::filesystem::file_size(trace);
        for (int i = 0; i < uses; ++i) {
            REQUIRE((!in_turn || other->run(look)));
            REQUIRE(measured->run(look));
        }
        return test::costs_since(trace, traced, 400).transfers;
    }
};

}  // namespace

TEST_CASE("a second process costs the first at most three transfers each time", "[attach]") {
    const Neighbours neighbours;
    const auto alone = neighbours.transfers(false);
    const auto in_turn = neighbours.transfers(true);
    CHECK(in_turn > alone);
    CHECK(in_turn <= alone + 3 * uses);
}
