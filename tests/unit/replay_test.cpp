// SPDX-License-Identifier: Apache-2.0
// Sessions that were recorded with chips, played again: the same frames, the same answers, at the chip's own pace.
#include "ifx_i2c/link.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/replay_bus.hpp"
#include "support/scripted_exchanges.hpp"
#include "support/temp_dir.hpp"

#include <trustx/device.hpp>

#include <algorithm>
#include <sstream>

using namespace trustx;
using namespace std::chrono_literals;
using ifx_i2c::Link;
using test::from_hex;
using test::Recording;
using test::ReplayBus;
using test::VirtualClock;

namespace {

// play runs the commands of a recording through a link.
void play(const Recording& recording, ReplayBus& bus, VirtualClock& clock) {
    REQUIRE(recording.commands.size() == recording.answers.size());
    REQUIRE(recording.commands.size() >= 6);
    Link link{bus, clock};
    REQUIRE(link.attach(std::nullopt, clock.in(1s)));
    Bytes received;
    ifx_i2c::Expectation expectation;
    for (std::size_t i = 0; i < recording.commands.size(); ++i) {
        const auto done =
            link.exchange(recording.commands[i], received, 0x0615, ifx_i2c::Repeat::never, expectation, clock.in(6s));
        INFO((done ? std::string{} : done.error().message()));
        REQUIRE(done);
        CHECK(to_hex(received) == to_hex(recording.answers[i]));
    }
    CHECK(bus.surprises == std::vector<std::string>{});
    CHECK(bus.finished());
}

}  // namespace

TEST_CASE("the link talks to recorded chips byte for byte as they were talked to", "[replay]") {
    const auto* name = GENERATE("bus_trace_uid_chipA", "bus_trace_uid_chipB");
    const auto recording = Recording::of(test::golden(name));
    VirtualClock clock;
    const auto begin = clock.now();
    ReplayBus bus{recording, clock};
    play(recording, bus, clock);
    // Infineon's library, which was recorded, looked less often when something could be there.
    CHECK(clock.now() - begin < recording.transfers.back().start - recording.transfers.front().start);
}

TEST_CASE("a recording holds what happened on the bus, and can be played", "[replay]") {
    const test::TempDir directory;
    const auto file = directory / "recording";
    Bytes buffer_size;
    int transfers = 0;
    {
        VirtualClock clock;
        auto chip = std::make_unique<test::ScriptedChip>(clock);
        auto& scripted = *chip;
        test::ScriptedExchanges script{scripted};
        script.add(from_hex("01 00 00 06 E0 C6 00 00 06 11"), from_hex("00 00 00 02 06 15"),
                   test::Acknowledge::separately);
        script.add(from_hex("0C 00 00 02 00 08"), from_hex("00 00 00 08 01 02 03 04 05 06 07 08"));
        DeviceOptions options;
        options.trace.recording = file.string();
        const auto device = Device::with_bus(std::move(chip), clock, options);
        scripted.naks = 2;
        buffer_size = device->run(GetDataObject{.object = object::max_com_buffer_size}).value();
        REQUIRE(device->run(GetRandom{.length = 8}));
        transfers = scripted.transfers;
        CHECK_FALSE(device->trace_trouble());
        CHECK_THROWS_WITH(Recording::load(file), ContainsSubstring("not a complete recording"));
    }
    const auto recording = Recording::load(file);
    CHECK(recording.transfers.size() == static_cast<std::size_t>(transfers));
    CHECK(std::ranges::count(recording.transfers, test::RecordedTransfer::Outcome::nak,
                             &test::RecordedTransfer::outcome) == 2);
    REQUIRE(recording.commands.size() == 2);
    CHECK(recording.answers[1] == from_hex("00 00 00 08 01 02 03 04 05 06 07 08"));

    VirtualClock clock;
    auto bus = std::make_unique<ReplayBus>(recording, clock);
    const auto& replay = *bus;
    const auto device = Device::with_bus(std::move(bus), clock, {});
    CHECK(device->run(GetDataObject{.object = object::max_com_buffer_size}).value() == buffer_size);
    CHECK(device->run(GetRandom{.length = 8}).value() == Bytes{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(replay.surprises == std::vector<std::string>{});
    CHECK(replay.finished());
}

TEST_CASE("a recording is complete when it was finished, and a line that was lost is known from then on", "[replay]") {
    const test::TempDir directory;
    const auto file = directory / "recording";
    VirtualClock clock;
    auto chip = std::make_unique<test::ScriptedChip>(clock);
    DeviceOptions options;
    options.trace.recording = file.string();
    SECTION("complete") {
        const auto device = Device::with_bus(std::move(chip), clock, options);
        REQUIRE(device->lock());
        CHECK(device->finish_recording());
        CHECK(device->finish_recording());  // once is enough
        CHECK(Recording::load(file).transfers.size() > 0);
    }
    SECTION("not complete, although its last line is there") {
        std::filesystem::create_directory(file);
        const auto device = Device::with_bus(std::move(chip), clock, options);
        REQUIRE(device->lock());
        std::filesystem::remove(file);
        const auto finished = device->finish_recording();
        REQUIRE_FALSE(finished);
        CHECK(finished.error().code() == std::errc::is_a_directory);
        CHECK(device->trace_trouble());
    }
}

TEST_CASE("a recording that cannot be played is refused with its name and what is wrong", "[replay]") {
    const auto read = [](const std::string& lines) {
        std::istringstream stream{lines};
        return Recording::read(stream, "session");
    };
    const std::string begin = R"({"recording":"unix:/chip"})"
                              "\n";
    CHECK(read(begin + R"({"t_us":1,"dir":"reset","ack":true})"
                       "\n"
                       R"({"end":1})")
              .transfers.empty());
    const std::string late = R"({"t_us":1e300,"dir":"W","ack":true,"data":"82"})";
    const std::string middle = R"({"t_us":1,"dir":"W","ack":true,"data":"80030002025A661B"})";
    for (const auto& [lines, reason] : {std::pair{begin, "without its beginning or its end"},
                                        {begin + late + "\n{\"end\":1}", "no recording lasts until"},
                                        {begin + middle + "\n{\"end\":1}", "in the middle of an APDU"},
                                        {begin + "{\"t_us\"", "parse error"}}) {
        INFO(lines);
        CHECK_THROWS_WITH(read(lines),
                          ContainsSubstring("session is not a complete recording") && ContainsSubstring(reason));
    }
}

TEST_CASE("a replayed chip notices a host that says something else", "[replay]") {
    const auto recording = Recording::of(test::golden("bus_trace_uid_chipA"));
    VirtualClock clock;
    ReplayBus bus{recording, clock};
    Link link{bus, clock};
    REQUIRE(link.attach(std::nullopt, clock.in(1s)));
    Bytes received;
    ifx_i2c::Expectation expectation;
    CHECK_FALSE(link.exchange(from_hex("01 00 00 02 E0 C2"), received, 0x0615, ifx_i2c::Repeat::never, expectation,
                              clock.in(1s)));
    CHECK_FALSE(bus.surprises.empty());
}
