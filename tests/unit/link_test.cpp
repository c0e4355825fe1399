// SPDX-License-Identifier: Apache-2.0
// Data link, transport and recovery through the one door that the device uses.
#include "ifx_i2c/link.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/scripted_exchanges.hpp"

#include <algorithm>

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace std::chrono_literals;
using test::data_frame;
using test::from_hex;
using test::ScriptedChip;
using test::VirtualClock;

namespace {

Bytes ack(FrameNumber number) {
    return test::control_frame(Sequence::ack, number);
}
Bytes nak(FrameNumber number) {
    return test::control_frame(Sequence::nak, number);
}

Bytes damaged(Bytes frame) {
    frame.back() ^= 0x01U;
    return frame;
}

// A command and its answer, small enough for one packet each.
const Bytes command{0x01, 0x00, 0x00, 0x02, 0xE0, 0xC6};
const Bytes command_packet{0x00, 0x01, 0x00, 0x00, 0x02, 0xE0, 0xC6};
const Bytes answer{0x00, 0x00, 0x00, 0x02, 0x06, 0x15};
const Bytes answer_packet{0x00, 0x00, 0x00, 0x00, 0x02, 0x06, 0x15};
const Bytes first_frame = data_frame(0, 3, command_packet);
const Bytes first_answer = data_frame(0, 0, answer_packet);

struct Fixture {
    VirtualClock clock;
    ScriptedChip chip{clock};
    Link link{chip, clock};
    Bytes received;
    Expectation expectation;

    explicit Fixture(std::uint16_t frame_size = max_frame_size) {
        chip.data_reg_len = frame_size;
        REQUIRE(link.attach(std::nullopt, clock.in(1s)));
    }
    Result<void> exchange(Repeat repeat = Repeat::never, const Bytes& apdu = command) {
        return link.exchange(apdu, received, 0x0615, repeat, expectation, clock.in(6s));
    }
    // after_exchanges leaves so many exchanges behind: the next frame has that number.
    void after_exchanges(FrameNumber count) {
        for (FrameNumber number = 0; number < count; ++number) {
            chip.expect(data_frame(number, (number + 3U) & 3U, command_packet),
                        {data_frame(number, number, answer_packet)});
            chip.expect(ack(number));
            REQUIRE(exchange());
        }
    }
    // answer_late makes the chip look idle for so long after it was sent its last frame.
    void answer_late(Duration by, std::vector<Bytes> offers) {
        chip.before_state = [this, by, offers = std::move(offers), asked = chip.frames.size(),
                             due = TimePoint::max()]() mutable {
            if (due == TimePoint::max() && chip.frames.size() > asked) {
                due = clock.now() + by;
            }
            if (clock.now() >= due) {
                std::for_each(offers.begin(), offers.end(), [this](const Bytes& frame) { chip.offer(frame); });
                offers.clear();
            }
        };
    }
    [[nodiscard]] auto times_sent(const Bytes& frame) const {
        return std::count(chip.frames.begin(), chip.frames.end(), frame);
    }
    void check_answered() {
        const auto done = exchange();
        INFO((done ? std::string{} : done.error().message()));
        REQUIRE(done);
        CHECK(received == answer);
        CHECK(chip.surprises.empty());
        CHECK(chip.finished());
        CHECK(link.in_sync());
    }
};

}  // namespace

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

TEST_CASE("an APDU that exceeds a packet is chained in both directions", "[link]") {
    // DATA_REG_LEN 0019 leaves 19 bytes of APDU in a packet.
    Fixture f{0x0019};
    const auto uid = test::golden_apdu("uid-a");
    const auto apdu = from_hex("F0 00 00 10 D2 76 00 00 04 47 65 6E 41 75 74 68 41 70 70 6C");
    const auto response = from_hex(uid.at("rsp").get<std::string>());
    f.chip.expect(from_hex("03 00 14 01 F0 00 00 10 D2 76 00 00 04 47 65 6E 41 75 74 68 41 70 70 2A 69"), {ack(0)});
    f.chip.expect(from_hex("07 00 02 04 6C 4B 6E"),
                  {ack(1), data_frame(0, 1, from_hex("01 00 00 00 1B CD 16 33 56 01 00 1C 00 05 00 00 0A 07 84 D7"))});
    f.chip.expect(ack(0), {data_frame(1, 1, from_hex("04 00 05 00 80 00 8E 80 10 10 70 10 48"))});
    f.chip.expect(ack(1));
    REQUIRE(f.exchange(Repeat::never, apdu));
    CHECK(to_hex(f.received) == to_hex(response));
    CHECK(f.chip.surprises.empty());
    CHECK(f.chip.finished());
}

TEST_CASE("an APDU that just fills a packet is not chained", "[link]") {
    Fixture f{0x0019};
    const Bytes apdu(19, 0xAA);
    Bytes packet{0x00};
    packet.insert(packet.end(), apdu.begin(), apdu.end());
    f.chip.expect(data_frame(0, 3, packet), {first_answer});
    f.chip.expect(ack(0));
    REQUIRE(f.exchange(Repeat::never, apdu));
    CHECK(f.chip.finished());
}

TEST_CASE("after a chaining error of the chip the command is sent once more", "[link]") {
    Fixture f;
    f.chip.resyncs = 0;
    f.chip.expect(first_frame, {data_frame(0, 0, {0x07})});
    f.chip.expect(ack(0));
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
    CHECK(f.chip.resyncs == 1);
}

TEST_CASE("a chain in the wrong order, or longer than any answer, is refused", "[link]") {
    const std::vector<std::vector<Bytes>> chains{
        {{0x04, 0x01}},  // last without first
        {{0x02, 0x01}},  // intermediate without first
        {{0x01, 0x01}},  // a first packet smaller than any frame size allows
        {{0x00}},        // nothing in it
        {{0x09, 0x01}},  // a channel or presence bit
    };
    for (const auto& chain : chains) {
        Fixture f;
        f.chip.expect(first_frame, {data_frame(0, 0, chain.front())});
        f.chip.expect(ack(0));
        const auto done = f.exchange();
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == Errc::outcome_unknown);
    }
    Fixture f;
    f.chip.expect(first_frame, {data_frame(0, 0, answer_packet)});
    f.chip.expect(ack(0));
    CHECK_FALSE(f.link.exchange(command, f.received, 5, Repeat::never, f.expectation, f.clock.in(1s)));
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

TEST_CASE("an answer in packets smaller than negotiated is taken, and the size negotiated again", "[link]") {
    // Another host has set DATA_REG_LEN to 0019 meanwhile.
    Fixture f;
    const auto uid = test::golden_apdu("uid-a");
    const auto response = from_hex(uid.at("rsp").get<std::string>());
    f.chip.expect(first_frame,
                  {data_frame(0, 0, from_hex("01 00 00 00 1B CD 16 33 56 01 00 1C 00 05 00 00 0A 07 84 D7"))});
    f.chip.expect(ack(0), {data_frame(1, 0, from_hex("04 00 05 00 80 00 8E 80 10 10 70 10 48"))});
    f.chip.expect(ack(1));
    REQUIRE(f.exchange());
    CHECK(to_hex(f.received) == to_hex(response));
    CHECK_FALSE(f.link.in_sync());
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

namespace {

// SlowAnswer lets the chip work for some time on the command it was just given; it shows that it is busy meanwhile.
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
