// SPDX-License-Identifier: Apache-2.0
// Attaching to a chip that others have used, and re-synchronisation.
#include "link_fixture.hpp"

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace trustx::test::link;
using namespace std::chrono_literals;
using test::data_frame;

TEST_CASE("attaching resynchronises and neither resets nor reopens anything", "[link]") {
    Fixture f;
    CHECK(f.chip.resyncs == 1);
    CHECK(f.chip.frames.size() == 1);
    for (const auto pointer : f.chip.pointers) {
        CHECK(pointer != 0x88);  // SOFT_RESET
    }
}

TEST_CASE("attaching with a known frame size takes three transfers", "[link]") {
    Fixture f;
    f.chip.transfers = 0;
    REQUIRE(f.link.attach(max_frame_size, f.clock.in(1s)));
    CHECK(f.chip.transfers == 3);
}

TEST_CASE("attaching waits for a running command and discards the answer nobody read", "[link]") {
    Fixture f;
    f.chip.busy = true;
    int polls = 0;
    f.chip.before_state = [&] {
        if (++polls == 5) {
            f.chip.busy = false;
            f.chip.offer(first_answer);
        }
    };
    REQUIRE(f.link.attach(max_frame_size, f.clock.in(1s)));
    CHECK(polls == 6);
    f.chip.before_state = nullptr;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("an unread answer that the chip offers again and again ends with a re-synchronisation", "[link]") {
    Fixture f;
    f.chip.resyncs = 0;
    f.chip.offer(first_answer);
    // Reading alone does not help: until it hears of a re-synchronisation the chip offers the frame again.
    f.chip.before_state = [&] {
        if (f.chip.resyncs == 0 && f.chip.finished()) {
            f.chip.offer(first_answer);
        }
    };
    REQUIRE(f.link.attach(max_frame_size, f.clock.in(1s)));
    f.chip.before_state = nullptr;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("a chip that offers frames without end is refused", "[link]") {
    Fixture f;
    f.chip.before_state = [&] {
        if (f.chip.finished()) {
            f.chip.offer(first_answer);
        }
    };
    const auto attached = f.link.attach(max_frame_size, f.clock.in(1h));
    REQUIRE_FALSE(attached);
    CHECK(attached.error().code() == Errc::sync_lost);
}

TEST_CASE("attaching gives up at the deadline while the chip stays busy", "[link]") {
    Fixture f;
    f.chip.busy = true;
    const auto attached = f.link.attach(max_frame_size, f.clock.in(500ms));
    REQUIRE_FALSE(attached);
    CHECK(attached.error().code() == Errc::chip_busy);
}

TEST_CASE("a chip that missed the re-synchronisation gets it again at once", "[link]") {
    // It acknowledges another number than that of the first frame.
    const auto last = static_cast<FrameNumber>(GENERATE(1, 2));
    Fixture f;
    f.chip.resyncs = 0;
    f.chip.expect(first_frame, {ack(last)});
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    const auto start = f.clock.now();
    f.check_answered();
    CHECK(f.chip.resyncs == 1);
    CHECK(f.clock.now() - start < 5ms);
}

TEST_CASE("looking for others takes two transfers", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.chip.transfers = 0;
    REQUIRE(f.exchange());
    const int without = f.chip.transfers;
    f.chip.expect(data_frame(1, 0, command_packet), {data_frame(1, 1, answer_packet)});
    f.chip.expect(ack(1));
    f.chip.transfers = 0;
    f.link.suspect_others();
    REQUIRE(f.exchange());
    CHECK(f.chip.transfers == without + 2);
    CHECK(f.chip.resyncs == 1);
}

TEST_CASE("the re-synchronisation of a chip is followed", "[link]") {
    Fixture f;
    f.chip.resyncs = 0;
    f.chip.expect(first_frame, {test::control_frame(Sequence::resync, 0)});
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}
