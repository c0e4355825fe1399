// SPDX-License-Identifier: Apache-2.0
// Commands: when one is sent again, and how long one is waited for.
#include "link_fixture.hpp"

#include <algorithm>
#include <limits>

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace trustx::test::link;
using namespace std::chrono_literals;
using test::data_frame;

namespace {

// answer_after lets the chip work for some time on the command it was just given; it shows that it is busy meanwhile.
void answer_after(Fixture& f, Duration duration, FrameNumber number) {
    f.chip.expect(data_frame(number, (number + 3U) & 3U, command_packet), {ack(number)});
    f.chip.before_state = [&f, number, duration, asked = std::size_t{f.chip.frames.size()},
                           due = TimePoint::max()]() mutable {
        if (due == TimePoint::max() && f.chip.frames.size() > asked) {
            due = f.chip.starts.back() + duration;
            f.chip.busy = true;
        }
        if (f.clock.now() >= due) {
            due = TimePoint::max();
            asked = std::numeric_limits<std::size_t>::max();
            f.chip.busy = false;
            f.chip.offer(data_frame(number, number, answer_packet));
            f.chip.expect(ack(number));
        }
    };
}

}  // namespace

TEST_CASE("a command that a chip dropped after a reset is sent once more", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    REQUIRE(f.exchange());
    f.chip.resyncs = 0;
    f.chip.expect(data_frame(1, 0, command_packet), {ack(3)});  // as after a reset: it expects frame 0
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
    CHECK(f.chip.resyncs == 1);
}

TEST_CASE("an acknowledgement that another host earned proves nothing about our command", "[link]") {
    // It re-synchronised and sent its frame 0 while the chip executed our frame 1.
    Fixture f;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    REQUIRE(f.exchange());
    f.chip.expect(data_frame(1, 0, command_packet), {ack(0)});
    const auto done = f.exchange(Repeat::never);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(f.chip.surprises.empty());
}

TEST_CASE("a command that a chip took for a repetition after a reset is sent once more", "[link]") {
    // Such a chip counts as if frame 3 had been the last: it acknowledges frame 3 and does nothing.
    Fixture f;
    for (FrameNumber number = 0; number < 3; ++number) {
        f.chip.expect(data_frame(number, (number + 3U) & 3U, command_packet),
                      {data_frame(number, number, answer_packet)});
        f.chip.expect(ack(number));
        REQUIRE(f.exchange());
    }
    f.chip.resyncs = 0;
    f.chip.expect(data_frame(3, 2, command_packet), {ack(3)});
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
    CHECK(f.chip.resyncs == 1);
}

TEST_CASE("a command that was acknowledged and then forgotten is not repeated unless that is allowed", "[link]") {
    // Another host re-synchronised while the chip executed it; the acknowledgement may even be that host's.
    const auto repeat = GENERATE(Repeat::never, Repeat::allowed);
    Fixture f;
    f.chip.expect(first_frame, {ack(0)});
    if (repeat == Repeat::allowed) {
        f.chip.expect(first_frame, {first_answer});
        f.chip.expect(ack(0));
        CHECK(f.exchange(repeat));
    } else {
        const auto done = f.exchange(repeat);
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == Errc::outcome_unknown);
    }
    CHECK(f.chip.finished());
}

TEST_CASE("a command that may have been executed is not repeated unless that is allowed", "[link]") {
    const auto repeat = GENERATE(Repeat::never, Repeat::allowed);
    Fixture f;
    f.chip.expect(first_frame, {ack(0)});
    f.chip.busy = true;
    f.chip.before_state = [&, polls = 0]() mutable { f.chip.busy = ++polls < 5; };  // busy, then silent: it was reset
    if (repeat == Repeat::allowed) {
        f.chip.expect(first_frame, {first_answer});
        f.chip.expect(ack(0));
    }
    const auto done = f.exchange(repeat);
    if (repeat == Repeat::allowed) {
        CHECK(done);
        CHECK(f.received == answer);
    } else {
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == Errc::outcome_unknown);
        CHECK(std::count(f.chip.frames.begin(), f.chip.frames.end(), first_frame) == 1);
        CHECK_FALSE(f.link.in_sync());
    }
    CHECK(f.chip.finished());
}

TEST_CASE("a chip at work for longer than any command takes hangs, whoever sent the command", "[link][waiting]") {
    const bool ours = GENERATE(true, false);
    Fixture f;
    if (ours) {
        f.chip.expect(first_frame, {ack(0)});
    }
    f.chip.busy = true;
    const auto done = ours ? f.link.exchange(command, f.received, 0x0615, Repeat::never, f.expectation, f.clock.in(12s))
                           : f.link.attach(max_frame_size, f.clock.in(12s));
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::chip_hangs);
    CHECK_THAT(done.error().message(), ContainsSubstring("reset it"));
}

TEST_CASE("once its duration is known a command takes one look more than the least possible", "[link][waiting]") {
    Fixture f;
    f.expectation = Expectation{65ms};
    constexpr auto duration = 145ms;
    int transfers = 0;
    Duration took{};
    for (FrameNumber i = 0; i < 8; ++i) {
        answer_after(f, duration, i & 3U);
        transfers = f.chip.transfers;
        const auto start = f.clock.now();
        REQUIRE(f.exchange());
        took = f.clock.now() - start;
        CHECK(took >= duration);
        CHECK(took < duration + 6ms);  // the first time too
    }
    // The command; state and acknowledgement, state and answer with the register pointer each; our acknowledgement.
    constexpr int least = 1 + 4 + 4 + 1;
    CHECK(f.chip.transfers - transfers <= least + 1);
    CHECK(took < duration + 1500us);
    CHECK(f.chip.surprises.empty());
}

TEST_CASE("a chip is left alone only when it was seen at work", "[link][waiting]") {
    // It acknowledges, appears idle, and only then begins; a reset after that must not appear as one before.
    Fixture f;
    f.expectation = Expectation{200ms};
    f.chip.expect(first_frame, {ack(0)});
    f.chip.before_state = [&, polls = 0]() mutable { f.chip.busy = ++polls == 3; };
    const auto done = f.exchange();
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(std::count(f.chip.frames.begin(), f.chip.frames.end(), first_frame) == 1);
}

TEST_CASE("a throttled chip is distinguished from one that does not answer", "[link][waiting]") {
    const bool throttled = GENERATE(true, false);
    Fixture f;
    f.chip.expect(first_frame, {ack(0)});
    f.chip.busy = true;
    if (!throttled) {
        f.chip.before_state = [&, polls = 0]() mutable { f.chip.naks = ++polls > 3 ? 100'000 : 0; };
    }
    const auto done = f.exchange();
    REQUIRE_FALSE(done);
    if (throttled) {
        CHECK(done.error().code() == Errc::chip_busy);
        CHECK_THAT(done.error().message(), ContainsSubstring("E0C5"));
    } else {
        CHECK(done.error().code() == Errc::no_chip);
    }
}
