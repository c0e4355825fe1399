// SPDX-License-Identifier: Apache-2.0
// The protocol stack against a chip that answers anything: it must end within its deadline, and what it takes for an
// answer must have arrived in intact frames.
#include "fuzz_input.hpp"
#include "fuzzed_chip.hpp"
#include "ifx_i2c/link.hpp"

#include <array>

using namespace trustx;
using namespace std::chrono_literals;
using test::expect;

namespace {

constexpr Duration limit = 2s;
// One pause and one transfer may begin just before the deadline.
constexpr Duration grace = 20ms;
// Polls come every 5 ms in the long run; this is far more than any way through the stack takes.
constexpr int most_transfers = 5000;

// A packet, a few packets, the longest command; filled so that a part in the wrong place is seen.
constexpr std::array<std::size_t, 4> command_sizes{6, 25, 300, 1557};

class Watch {
 public:
    Watch(const test::FuzzedChip& chip, const test::VirtualClock& clock)
        : chip_{chip}, clock_{clock}, begun_{clock.now()}, held_up_{chip.held_up()}, transfers_{chip.transfers()} {}

    void check(const Result<void>& done) const {
        expect(clock_.now() - begun_ <= limit + grace + (chip_.held_up() - held_up_), "the deadline is kept");
        expect(chip_.transfers() - transfers_ < most_transfers, "a bounded number of transfers");
        expect(done || !done.error().message().empty(), "an error has words");
    }

 private:
    const test::FuzzedChip& chip_;
    const test::VirtualClock& clock_;
    TimePoint begun_;
    Duration held_up_;
    int transfers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Input input{data, size};
    test::VirtualClock clock;
    test::FuzzedChip chip{input, clock};
    ifx_i2c::Link link{chip, clock};
    const auto shape = input.u8();
    const Watch attaching{chip, clock};
    const auto attached = link.attach(std::nullopt, clock.in(limit));
    attaching.check(attached);
    Bytes answer;
    ifx_i2c::Expectation expectation;
    for (int exchange = 0; attached && exchange < 3; ++exchange) {
        const Bytes command(command_sizes[shape >> 2 * exchange & 3], static_cast<std::uint8_t>(exchange));
        const auto repeat = (shape & 0x40) != 0 ? ifx_i2c::Repeat::allowed : ifx_i2c::Repeat::never;
        const Watch watch{chip, clock};
        const auto done = link.exchange(command, answer, 0x0615, repeat, expectation, clock.in(limit));
        watch.check(done);
        expect(!done || (answer.size() <= 0x0615 && chip.offered(answer)), "an answer is what the chip sent");
    }
    return 0;
}
