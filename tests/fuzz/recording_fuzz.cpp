// SPDX-License-Identifier: Apache-2.0
// Recorded sessions: a file is refused, or it is a chip that can be played. libtrustx, which says to that chip what was
// said when it was recorded, then comes to an end of each command in time.
#include "fuzz_input.hpp"
#include "ifx_i2c/link.hpp"
#include "support/recording.hpp"
#include "support/replay_bus.hpp"
#include "support/virtual_clock.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <stdexcept>

using namespace trustx;
using namespace std::chrono_literals;
using test::expect;

namespace {

constexpr std::size_t max_answer = 0x0615;
constexpr std::size_t max_commands = 8;
constexpr Duration patience = 2s;
// What is begun just before a deadline is finished: a transfer of a frame at 100 kHz, and the guard time.
constexpr Duration last_transfer = 100ms;

std::optional<test::Recording> recording_in(std::span<const std::uint8_t> bytes) {
    std::istringstream lines{std::string{test::text_of(bytes)}};
    try {
        return test::Recording::read(lines, "the input");
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

void play(const test::Recording& recording) {
    test::VirtualClock clock;
    test::ReplayBus bus{recording, clock};
    ifx_i2c::Link link{bus, clock};
    static_cast<void>(link.attach(std::nullopt, clock.in(patience)));
    ifx_i2c::Expectation expectation;
    const auto count = std::min(recording.commands.size(), max_commands);
    for (std::size_t i = 0; i < count; ++i) {
        Bytes answer;
        const auto begin = clock.now();
        const auto done = link.exchange(recording.commands[i], answer, max_answer, ifx_i2c::Repeat::never, expectation,
                                        clock.in(patience));
        expect(clock.now() - begin <= patience + last_transfer, "a command ends at its deadline");
        expect(!done || answer.size() <= max_answer, "an answer has its limit");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (const auto recording = recording_in({data, size})) {
        play(*recording);
    }
    return 0;
}
