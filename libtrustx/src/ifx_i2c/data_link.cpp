// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/data_link.hpp"

#include "common/try.hpp"

#include <trustx/secret.hpp>

#include <utility>

namespace trustx::ifx_i2c {
namespace {

using namespace std::chrono_literals;

// TRANS_TIMEOUT and TRANS_REPEAT, chip-i2c.md section 5.6.
constexpr Duration acknowledge_timeout = 10ms;
constexpr int max_resends = 3;
constexpr int max_damaged = 3;

// Inactivity is the time in which the chip is neither busy nor ready: a short one lies between two states, a long one
// means that no answer will come.
class Inactivity {
 public:
    explicit Inactivity(const Clock& clock) : clock_{clock}, since_{clock.now()} {}

    // too_long takes the state that was read last.
    bool too_long(const State& state) {
        if (state.busy || state.response_ready) {
            since_ = clock_.now();
            polls_ = 0;
            return false;
        }
        return ++polls_ >= min_polls && clock_.now() - since_ >= limit;
    }

 private:
    // Longer than any gap between two response fragments or between the acknowledgement of a command and its execution
    // (section 2: a few ms).
    static constexpr Duration limit = 100ms;
    static constexpr int min_polls = 10;

    const Clock& clock_;
    TimePoint since_;
    int polls_ = 0;
};

}  // namespace

tl::unexpected<Error> DataLink::lost(const char* what) const {
    return fail(executing_ ? Errc::outcome_unknown : Errc::sync_lost, what);
}

tl::unexpected<Error> DataLink::overdue(const State& state, const char* what) const {
    if (!state.busy) {
        return fail(Errc::timeout, what);
    }
    return fail(clock_.now() - delivered_at_ > longest_command ? Errc::chip_hangs : Errc::chip_busy, what);
}

Result<void> DataLink::deliver(ByteView register_and_frame, Deadline deadline) {
    auto written = physical_.write_data(register_and_frame, deadline);
    delivered_at_ = clock_.now();
    return written;
}

Result<void> DataLink::write_control(Sequence sequence, FrameNumber number, Deadline deadline) {
    control_.assign(1, static_cast<std::uint8_t>(Register::data));
    build_frame({.control = true, .sequence = sequence, .number = 0, .acknowledged = number, .packet = {}}, control_);
    return deliver(control_, deadline);
}

Result<void> DataLink::resync(Deadline deadline) {
    sent_ = received_ = number_after_sync;
    pending_ = {};
    acknowledged_ = true;
    return write_control(Sequence::resync, 0, deadline);
}

Result<void> DataLink::send(ByteView packet, Repeat repeat, Expectation& expectation, Deadline deadline) {
    const auto number = next_number(sent_);
    outgoing_.assign(1, static_cast<std::uint8_t>(Register::data));
    build_frame({.number = number, .acknowledged = received_, .packet = packet}, outgoing_);
    pending_ = {};
    executing_ = false;
    damaged_ = 0;
    for (int attempt = 0; attempt <= max_resends; ++attempt) {
        TRYV(deliver(outgoing_, deadline));
        TRY(const auto verdict, await_acknowledgement(number, expectation, deadline));
        if (verdict == Verdict::acknowledged) {
            sent_ = number;
            return {};
        }
        if (verdict == Verdict::out_of_step) {
            return lost("the chip was reset and expects frame 0");
        }
        if (verdict == Verdict::no_response && repeat == Repeat::never) {
            return fail(Errc::outcome_unknown, "no response to the frame");
        }
    }
    return lost("frame not accepted, resent 3 times");
}

// poll_state reads the state once, and tells the watch what it found.
Result<State> DataLink::poll_state(Watch& watch, Deadline deadline) {
    const auto start = clock_.now();
    TRY(const auto state, physical_.read_state(deadline));
    executing_ = executing_ || state.busy;
    if (!state.response_ready) {
        watch.still_pending(start);
    } else if (physical_.last_nak() >= start) {
        watch.still_pending(physical_.last_nak());
    }
    return state;
}

Result<DataLink::Verdict> DataLink::await_acknowledgement(FrameNumber number, Expectation& expectation,
                                                          Deadline deadline) {
    const auto overdue_at = delivered_at_ + acknowledge_timeout;
    Watch watch{expectation, clock_, delivered_at_};
    for (;;) {
        watch.await_poll(deadline);
        TRY(const auto state, poll_state(watch, deadline));
        if (state.response_ready) {
            TRY(const auto fetched, fetch(state, deadline));
            auto verdict = fetched ? judge(*fetched, number, deadline) : judge_damaged(state.length, deadline);
            if (verdict && *verdict == Verdict::acknowledged) {
                watch.happened();
            }
            if (!verdict || *verdict != Verdict::keep_waiting) {
                return verdict;
            }
        } else if (!state.busy && clock_.now() >= overdue_at) {
            // A busy chip has accepted the command, so its acknowledgement is not overdue but will come.
            return Verdict::no_response;
        }
        if (deadline.passed(clock_)) {
            return overdue(state, "wait for an acknowledgement");
        }
    }
}

Result<std::optional<Frame>> DataLink::fetch(const State& state, Deadline deadline) {
    if (state.length < frame_overhead || state.length > max_frame_size) {
        return fail(executing_ ? Errc::outcome_unknown : Errc::sync_lost,
                    "I2C_STATE announces a frame of " + std::to_string(state.length) + " bytes");
    }
    incoming_.resize(state.length);
    TRYV(physical_.read_data(incoming_, deadline));
    return parse_frame(incoming_);
}

Result<DataLink::Verdict> DataLink::judge(const Frame& frame, FrameNumber number, Deadline deadline) {
    if (frame.control) {
        return judge_control(frame, number);
    }
    if (frame.number == next_number(received_) && frame.acknowledged == number) {
        // The answer itself acknowledges the command (section 5.4); receive() takes it from here.
        pending_frame_ = frame.number;
        pending_ = frame.packet;
        executing_ = true;
        return Verdict::acknowledged;
    }
    // Left over from an earlier exchange: acknowledge, so that the chip stops offering it, and go on waiting. Should it
    // answer our frame all the same, then the chip counts differently and has executed the command.
    executing_ = executing_ || frame.acknowledged == number;
    if (frame.number == next_number(received_)) {
        received_ = frame.number;
    }
    TRYV(write_control(Sequence::ack, received_, deadline));
    return Verdict::keep_waiting;
}

Result<DataLink::Verdict> DataLink::judge_control(const Frame& frame, FrameNumber number) {
    switch (frame.sequence) {
        case Sequence::ack:
            // The chip names the last frame it took, and with that of a chip that took none since a reset it has
            // dropped ours. Any other number proves nothing: another host may have sent a frame meanwhile.
            if (frame.acknowledged == number) {
                return Verdict::acknowledged;
            }
            return frame.acknowledged == number_after_sync && number != 0 ? Verdict::out_of_step
                                                                          : Verdict::keep_waiting;
        case Sequence::nak:
            return frame.acknowledged == number ? Verdict::refused : Verdict::keep_waiting;
        case Sequence::resync:
            sent_ = received_ = number_after_sync;
            return lost("the chip re-synchronised");
        case Sequence::reserved:
            break;
    }
    return Verdict::keep_waiting;
}

Result<DataLink::Verdict> DataLink::judge_damaged(std::uint16_t length, Deadline deadline) {
    if (length == frame_overhead) {
        // Only a control frame is that short. With a chip at work it was the acknowledgement; else the chip repeats it
        // when it receives our frame again (section 5.5).
        return executing_ ? Verdict::acknowledged : Verdict::refused;
    }
    TRYV(refuse_damaged(deadline));
    return Verdict::keep_waiting;
}

Result<void> DataLink::refuse_damaged(Deadline deadline) {
    executing_ = true;
    if (++damaged_ > max_damaged) {
        return lost("answers arrive damaged");
    }
    return write_control(Sequence::nak, next_number(received_), deadline);
}

Result<ByteView> DataLink::receive(Expectation& expectation, Deadline deadline) {
    if (answer_pending()) {
        const auto packet = std::exchange(pending_, {});
        accept(pending_frame_, deadline);
        return packet;
    }
    Inactivity inactivity{clock_};
    Watch watch{expectation, clock_, delivered_at_};
    if (executing_) {
        watch.await_poll(deadline);
    }
    for (;;) {
        TRY(const auto state, poll_state(watch, deadline));
        if (state.response_ready) {
            TRY(const auto packet, receive_frame(state, deadline));
            if (packet) {
                if (damaged_ == 0) {
                    watch.happened();
                }
                return *packet;
            }
        }
        if (inactivity.too_long(state)) {
            // A chip that was reset took frame 3 for a repetition: it acknowledged and did nothing. Any other number it
            // would not have acknowledged; what became of that command is unknown.
            executing_ = executing_ || sent_ != number_after_sync;
            return lost("neither busy nor ready to answer");
        }
        if (deadline.passed(clock_)) {
            return overdue(state, "wait for the answer");
        }
        // The wait before a poll may be long only when the chip was seen busy: should it be reset meanwhile, it must
        // not appear as if it had never begun.
        if (executing_) {
            watch.await_poll(deadline);
        } else {
            watch.await_next_poll(deadline);
        }
    }
}

Result<std::optional<ByteView>> DataLink::receive_frame(const State& state, Deadline deadline) {
    TRY(const auto fetched, fetch(state, deadline));
    if (!fetched) {
        if (state.length != frame_overhead) {
            TRYV(refuse_damaged(deadline));
        }
        return std::nullopt;
    }
    const Frame& frame = *fetched;
    if (frame.control) {
        if (frame.sequence == Sequence::resync) {
            sent_ = received_ = number_after_sync;
            return lost("the chip re-synchronised");
        }
        return std::nullopt;  // a repeated acknowledgement of what was acknowledged already
    }
    if (frame.number != next_number(received_)) {
        // A repetition: our acknowledgement was lost.
        TRYV(write_control(Sequence::ack, received_, deadline));
        return std::nullopt;
    }
    executing_ = true;
    accept(frame.number, deadline);
    return frame.packet;
}

void DataLink::accept(FrameNumber number, Deadline deadline) {
    received_ = number;
    // The answer is here whatever becomes of the acknowledgement: a failure is remembered, not reported.
    acknowledged_ = write_control(Sequence::ack, number, deadline).has_value();
}

void DataLink::forget_secrets() {
    wipe_and_clear(outgoing_);
    wipe_and_clear(incoming_);
}

}  // namespace trustx::ifx_i2c
