// SPDX-License-Identifier: Apache-2.0
// A link, whose layers are reached through the one interface that the device uses, and the frames that its tests
// expect.
#pragma once

#include "ifx_i2c/link.hpp"
#include "support/catch.hpp"
#include "support/scripted_exchanges.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace trustx::test::link {

using namespace ifx_i2c;

inline Bytes ack(FrameNumber number) {
    return control_frame(Sequence::ack, number);
}
inline Bytes nak(FrameNumber number) {
    return control_frame(Sequence::nak, number);
}

inline Bytes damaged(Bytes frame) {
    frame.back() ^= 0x01U;
    return frame;
}

// A command and its answer, small enough for one packet each.
inline const Bytes command{0x01, 0x00, 0x00, 0x02, 0xE0, 0xC6};
inline const Bytes command_packet{0x00, 0x01, 0x00, 0x00, 0x02, 0xE0, 0xC6};
inline const Bytes answer{0x00, 0x00, 0x00, 0x02, 0x06, 0x15};
inline const Bytes answer_packet{0x00, 0x00, 0x00, 0x00, 0x02, 0x06, 0x15};
inline const Bytes first_frame = data_frame(0, 3, command_packet);
inline const Bytes first_answer = data_frame(0, 0, answer_packet);

// Fixture is a link to a scripted chip, attached.
struct Fixture {
    VirtualClock clock;
    ScriptedChip chip{clock};
    Link link{chip, clock};
    Bytes received;
    Expectation expectation;

    explicit Fixture(std::uint16_t frame_size = max_frame_size) {
        chip.data_reg_len = frame_size;
        REQUIRE(link.attach(std::nullopt, clock.in(std::chrono::seconds{1})));
    }
    Result<void> exchange(Repeat repeat = Repeat::never, const Bytes& apdu = command) {
        return link.exchange(apdu, received, 0x0615, repeat, expectation, clock.in(std::chrono::seconds{6}));
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

}  // namespace trustx::test::link
