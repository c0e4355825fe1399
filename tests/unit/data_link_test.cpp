// SPDX-License-Identifier: Apache-2.0
// Frames: numbers, acknowledgements, losses and damage.
#include "link_fixture.hpp"

#include <algorithm>

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace trustx::test::link;
using namespace std::chrono_literals;
using test::data_frame;

TEST_CASE("an answer acknowledges the command by itself", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("an acknowledgement may come first and the answer later", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {ack(0), first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("the data link resends a frame after a NAK", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {nak(0)});
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("the data link resends a frame without response, where that is allowed", "[link]") {
    Fixture f;
    f.chip.expect(first_frame);
    f.chip.expect(first_frame);
    f.chip.expect(first_frame, {ack(0), first_answer});
    f.chip.expect(ack(0));
    REQUIRE(f.exchange(Repeat::allowed));
    CHECK(f.received == answer);
    CHECK(f.chip.surprises.empty());
    CHECK(f.chip.finished());
}

TEST_CASE("a command that must not be repeated is sent once when nothing comes back", "[link]") {
    // The chip may have executed it and been reset or re-synchronised before it could tell: then it would take the
    // same frame for a new one.
    Fixture f;
    f.chip.expect(first_frame);
    const auto done = f.exchange(Repeat::never);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(std::count(f.chip.frames.begin(), f.chip.frames.end(), first_frame) == 1);
    CHECK_FALSE(f.link.in_sync());
}

TEST_CASE("a chip that acknowledges or answers late is waited for", "[link]") {
    // Nothing in I2C_STATE shows that the command arrived; Infineon's host would have sent it four times meanwhile.
    const auto late = GENERATE(12ms, 60ms);
    const bool acknowledges = GENERATE(true, false);
    Fixture f;
    f.chip.expect(first_frame);
    f.chip.expect(ack(0));
    f.answer_late(late, acknowledges ? std::vector<Bytes>{ack(0), first_answer} : std::vector<Bytes>{first_answer});
    f.check_answered();
    CHECK(f.times_sent(first_frame) == 1);
}

TEST_CASE("one look at a chip is not taken for patience", "[link]") {
    // The look began before the chip could answer, and ended long after.
    Fixture f;
    f.chip.expect(first_frame);
    f.chip.expect(ack(0));
    f.chip.before_state = [&, polls = 0]() mutable {
        f.clock.advance(++polls == 1 ? 300ms : 0ms);
        if (polls == 4) {
            f.chip.offer(first_answer);
        }
    };
    f.check_answered();
}

namespace {

// What the host asks where it must not send a command twice: a repetition with a wrong checksum.
const Bytes question = [] {
    Bytes frame = data_frame(0, 0, {0x07});
    std::for_each(frame.end() - 2, frame.end(), [](auto& byte) { byte ^= 0xFFU; });
    return frame;
}();
const Bytes second_frame = data_frame(1, 0, command_packet);
const Bytes second_answer = data_frame(1, 1, answer_packet);

}  // namespace

TEST_CASE("a command that certainly was lost is sent again, whatever it does", "[link]") {
    Fixture f;
    f.after_exchanges(1);
    f.chip.expect(second_frame);
    f.chip.expect(question, {nak(1)});  // frame 1 is what the chip expects
    f.chip.expect(second_frame, {second_answer});
    f.chip.expect(ack(1));
    f.check_answered();
    CHECK(f.chip.resyncs == 1);
}

TEST_CASE("a command that arrived is waited for, not sent again", "[link]") {
    const bool answered = GENERATE(true, false);
    Fixture f;
    f.after_exchanges(1);
    f.chip.expect(second_frame);
    f.chip.expect(question, {nak(2)});
    if (answered) {
        f.answer_late(150ms, {second_answer});
        f.chip.expect(ack(1));
        f.check_answered();
    } else {
        const auto done = f.exchange(Repeat::never);
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == Errc::outcome_unknown);
    }
    CHECK(f.times_sent(second_frame) == 1);
    CHECK(f.chip.surprises.empty());
}

TEST_CASE("a question that is lost is asked again", "[link]") {
    Fixture f;
    f.after_exchanges(1);
    f.chip.expect(second_frame);
    f.chip.expect(question);
    f.chip.expect(question, {damaged(nak(1))});
    f.chip.expect(question, {nak(1)});
    f.chip.expect(second_frame, {second_answer});
    f.chip.expect(ack(1));
    f.check_answered();
}

TEST_CASE("a chip that was reset does not prove that a command was lost", "[link]") {
    // It expects frame 0, whether or not it carried the command out before.
    const auto number = static_cast<FrameNumber>(GENERATE(1, 3));
    Fixture f;
    f.after_exchanges(number);
    const FrameNumber before = (number + 3U) & 3U;
    const Bytes frame = data_frame(number, before, command_packet);
    Bytes asked = data_frame(before, before, {0x07});
    std::for_each(asked.end() - 2, asked.end(), [](auto& byte) { byte ^= 0xFFU; });
    f.chip.expect(frame);
    f.chip.expect(asked, {nak(0)});
    const auto done = f.exchange(Repeat::never);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(f.times_sent(frame) == 1);
    CHECK(f.chip.surprises.empty());
}

TEST_CASE("nothing is concluded from frame numbers once another host has used the chip", "[link]") {
    // It has moved the register pointer.
    Fixture f;
    f.after_exchanges(1);
    f.chip.expect(second_frame);
    f.chip.before_state = [&, polls = 0]() mutable { f.chip.read_as_ones = ++polls == 3 ? 1 : 0; };
    const auto done = f.exchange(Repeat::never);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(f.chip.surprises.empty());
}

TEST_CASE("acknowledgements that keep arriving damaged leave the outcome unknown", "[link]") {
    Fixture f;
    for (int i = 0; i < 4; ++i) {
        f.chip.expect(first_frame, {damaged(ack(0))});
    }
    const auto done = f.exchange(Repeat::never);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(f.chip.surprises.empty());
}

TEST_CASE("a busy chip is given time to acknowledge", "[link]") {
    Fixture f;
    f.chip.expect(first_frame);
    f.chip.expect(ack(0));
    f.chip.busy = true;
    f.chip.before_state = [&, polls = 0]() mutable {
        if (++polls == 40) {
            f.chip.busy = false;
            f.chip.offer(ack(0));
            f.chip.offer(first_answer);
        }
    };
    f.check_answered();
    CHECK(std::count(f.chip.frames.begin(), f.chip.frames.end(), first_frame) == 1);
}

TEST_CASE("an acknowledgement of another frame is ignored", "[link]") {
    Fixture f;
    f.after_exchanges(1);
    f.chip.expect(data_frame(1, 0, command_packet), {ack(2), data_frame(1, 1, answer_packet)});
    f.chip.expect(ack(1));
    f.check_answered();
}

TEST_CASE("a damaged acknowledgement makes the data link resend", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {damaged(ack(0))});
    f.chip.expect(first_frame, {ack(0), first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("a damaged answer is asked for again", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {ack(0), damaged(first_answer)});
    f.chip.expect(nak(0), {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
}

TEST_CASE("a repeated answer is acknowledged again and not taken twice", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0), {first_answer});  // the chip missed the acknowledgement
    REQUIRE(f.exchange());
    CHECK(f.received == answer);
    f.chip.expect(data_frame(1, 0, command_packet));
    f.chip.expect(ack(0), {data_frame(1, 1, answer_packet)});
    f.chip.expect(ack(1));
    REQUIRE(f.exchange());
    CHECK(f.chip.surprises.empty());
    CHECK(f.chip.finished());
}

TEST_CASE("answers that keep arriving damaged end in a clear error", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {ack(0), damaged(first_answer)});
    for (int i = 0; i < 3; ++i) {
        f.chip.expect(nak(0), {damaged(first_answer)});
    }
    const auto done = f.exchange();
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
}

TEST_CASE("a chip that never finishes its work is left at the deadline", "[link]") {
    Fixture f;
    f.chip.expect(first_frame, {ack(0)});
    f.chip.busy = true;
    const auto start = f.clock.now();
    const auto done = f.exchange();
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::chip_busy);
    CHECK(f.clock.now() - start < 6100ms);
}

TEST_CASE("an acknowledgement that arrives damaged from a chip at work counts", "[link]") {
    // Sending the command once more would have it executed twice, should the chip be reset meanwhile.
    Fixture f;
    f.chip.expect(first_frame, {damaged(ack(0)), first_answer});
    f.chip.expect(ack(0));
    f.chip.busy = true;
    f.check_answered();
    CHECK(std::count(f.chip.frames.begin(), f.chip.frames.end(), first_frame) == 1);
}

TEST_CASE("an answer that another host left is not taken for ours", "[link]") {
    // Its numbers fit by chance: the chip would repeat it in reply to our frame.
    Fixture f;
    f.chip.resyncs = 0;
    f.chip.offer(data_frame(0, 0, {0x00, 0x00, 0x00, 0x00, 0x01, 0xEE}));
    f.link.suspect_others();
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
    CHECK(f.chip.resyncs > 0);
}

TEST_CASE("nothing is concluded from frame numbers when there was time for another host", "[link]") {
    Fixture f;
    f.after_exchanges(1);
    f.chip.expect(second_frame);
    f.chip.before_state = [&, polls = 0]() mutable { f.clock.advance(++polls == 1 ? 5ms : 0ms); };
    const auto done = f.exchange(Repeat::never);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Errc::outcome_unknown);
    CHECK(f.chip.surprises.empty());
}
