// SPDX-License-Identifier: Apache-2.0
#include "ifx_i2c/data_link.hpp"

#include "common/try.hpp"

#include <trustx/secret.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trustx::ifx_i2c {
namespace {

using namespace std::chrono_literals;

// TRANS_TIMEOUT and TRANS_REPEAT, chip-i2c.md section 5.6.
constexpr Duration acknowledge_timeout = 10ms;
constexpr int max_resends = 3;
constexpr int max_damaged = 3;
// Longer than any gap between two response fragments or between the acknowledgement of a command and its execution
// (section 2: a few ms), and than the time in which Infineon's host sends a frame four times (section 4).
constexpr Duration long_inactivity = 100ms;
constexpr int polls_in_long_inactivity = 10;
// From the first poll on another host shows by the register pointer, which it moves. Before, it shows by nothing but
// time: for a re-synchronisation and one exchange it needs four frames, and 4.08 ms in which the chip acknowledges
// nothing (section 2).
constexpr Duration shortest_foreign_use = 4500us;

}  // namespace

// Inactivity is the time in which the chip is neither busy nor ready: a short one lies between two states, a long one
// means that no answer will come.
class DataLink::Inactivity {
 public:
    // It is too long after some time and some polls: a host that was stopped in between has polled only once.
    Inactivity(const Clock& clock, Duration limit, int polls)
        : limit_{limit}, least_polls_{polls}, since_{clock.now()} {}

    // too_long takes the state that was read last, and when that reading began.
    bool too_long(const State& state, TimePoint polled_at) {
        if (state.busy || state.response_ready) {
            since_ = polled_at;
            polls_ = 0;
            return false;
        }
        return ++polls_ >= least_polls_ && polled_at - since_ >= limit_;
    }

 private:
    Duration limit_;
    int least_polls_;
    TimePoint since_;
    int polls_ = 0;
};

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
    polled_ = false;
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
    fresh_ = true;
    return write_control(Sequence::resync, 0, deadline);
}

Result<void> DataLink::send(ByteView packet, Repeat repeat, Expectation& expectation, Deadline deadline) {
    const auto number = next_number(sent_);
    outgoing_.assign(1, static_cast<std::uint8_t>(Register::data));
    build_frame({.number = number, .acknowledged = received_, .packet = packet}, outgoing_);
    pending_ = {};
    executing_ = asked_ = false;
    alone_ = true;
    misreads_ = physical_.misreads();
    damaged_ = 0;
    bool perhaps_taken = false;
    for (int attempt = 0; attempt <= max_resends; ++attempt) {
        TRY(const auto verdict, send_once(number, repeat, expectation, deadline));
        if (verdict == Verdict::acknowledged) {
            sent_ = number;
            fresh_ = false;
            return {};
        }
        if (verdict == Verdict::out_of_step) {
            return lost(fresh_ ? "the chip missed the re-synchronisation" : "the chip was reset and expects frame 0");
        }
        if (verdict == Verdict::no_response && repeat == Repeat::never) {
            return fail(Errc::outcome_unknown, "no response to the frame");
        }
        perhaps_taken = perhaps_taken || verdict == Verdict::unreadable;
    }
    return perhaps_taken ? fail(Errc::outcome_unknown, "acknowledgements arrive damaged")
                         : lost("frame not accepted, resent 3 times");
}

Result<DataLink::Verdict> DataLink::send_once(FrameNumber number, Repeat repeat, Expectation& expectation,
                                              Deadline deadline) {
    asked_ = false;
    TRYV(deliver(outgoing_, deadline));
    if (repeat == Repeat::allowed) {
        return await_acknowledgement(number, {clock_, acknowledge_timeout, 1}, expectation, deadline);
    }
    TRY(const auto verdict,
        await_acknowledgement(number, {clock_, long_inactivity, polls_in_long_inactivity}, expectation, deadline));
    return verdict == Verdict::no_response && can_ask(number) ? ask_what_arrived(number, deadline) : verdict;
}

// can_ask: what number the chip expects tells whether it took our frame. It does not after a re-synchronisation, when a
// chip that took the frame and was reset expects number 0, too; nor where another host may have sent frames.
bool DataLink::can_ask(FrameNumber number) const {
    return !executing_ && alone_ && physical_.misreads() == misreads_ && number != next_number(number_after_sync);
}

// ask_what_arrived finds out whether a frame without response has reached the chip. The question is a data
// frame with a wrong FCS: the chip carries nothing out and names in its NAK the number that it expects (section 5.5).
Result<DataLink::Verdict> DataLink::ask_what_arrived(FrameNumber number, Deadline deadline) {
    constexpr std::array<std::uint8_t, 1> chaining_error{0x07};
    asked_ = true;
    for (int attempt = 0; attempt <= max_resends; ++attempt) {
        // All of it is harmless: a repetition, of a packet that is no command, all bits of its FCS inverted.
        control_.assign(1, static_cast<std::uint8_t>(Register::data));
        build_frame({.number = sent_, .acknowledged = received_, .packet = chaining_error}, control_);
        std::for_each(control_.end() - 2, control_.end(), [](auto& byte) { byte ^= 0xFFU; });
        TRYV(deliver(control_, deadline));
        Expectation unknown;
        TRY(const auto verdict, await_acknowledgement(number, {clock_, acknowledge_timeout, 1}, unknown, deadline));
        const bool answered = verdict != Verdict::no_response && verdict != Verdict::unreadable;
        if (answered) {
            return can_ask(number) || verdict == Verdict::acknowledged ? verdict : Verdict::no_response;
        }
    }
    return Verdict::no_response;
}

// poll_state reads the state once, and tells the watch what it found.
Result<State> DataLink::poll_state(Watch& watch, Deadline deadline) {
    const auto start = clock_.now();
    TRY(const auto state, physical_.read_state(deadline));
    executing_ = executing_ || state.busy;
    if (!std::exchange(polled_, true) && clock_.now() - delivered_at_ > shortest_foreign_use) {
        alone_ = false;
    }
    if (!state.response_ready) {
        watch.still_pending(start);
    } else if (physical_.last_nak() >= start) {
        watch.still_pending(physical_.last_nak());
    }
    return state;
}

Result<DataLink::Verdict> DataLink::await_acknowledgement(FrameNumber number, Inactivity inactivity,
                                                          Expectation& expectation, Deadline deadline) {
    Watch watch{expectation, clock_, delivered_at_};
    for (;;) {
        watch.await_poll(deadline);
        const auto polled_at = clock_.now();
        TRY(const auto state, poll_state(watch, deadline));
        // A busy chip has accepted the command, so its acknowledgement is not overdue but will come.
        const bool too_long = inactivity.too_long(state, polled_at);
        if (state.response_ready) {
            TRY(const auto fetched, fetch(state, deadline));
            auto verdict = fetched ? judge(*fetched, number, deadline) : judge_damaged(state.length, deadline);
            if (verdict && *verdict == Verdict::acknowledged) {
                watch.happened();
            }
            if (!verdict || *verdict != Verdict::keep_waiting) {
                return verdict;
            }
        } else if (too_long) {
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
    alone_ = false;
    if (frame.number == next_number(received_)) {
        received_ = frame.number;
    }
    TRYV(write_control(Sequence::ack, received_, deadline));
    return Verdict::keep_waiting;
}

Result<DataLink::Verdict> DataLink::judge_control(const Frame& frame, FrameNumber number) {
    switch (frame.sequence) {
        case Sequence::ack:
            return judge_acknowledgement(frame.acknowledged, number);
        case Sequence::nak:
            if (frame.acknowledged == number) {
                return Verdict::refused;
            }
            if (!asked_) {
                break;
            }
            // It took the frame, or it was reset since, or re-synchronised by another host: who knows.
            executing_ = true;
            return frame.acknowledged == next_number(number) ? Verdict::acknowledged : Verdict::out_of_step;
        case Sequence::resync:
            sent_ = received_ = number_after_sync;
            return lost("the chip re-synchronised");
        case Sequence::reserved:
            break;
    }
    alone_ = false;
    return Verdict::keep_waiting;
}

// The chip names the last frame it took.
DataLink::Verdict DataLink::judge_acknowledgement(FrameNumber acknowledged, FrameNumber number) {
    if (acknowledged == number) {
        return Verdict::acknowledged;
    }
    // With that of a chip that took none since a reset it has dropped ours; so it has with any other number when ours
    // is the first since a re-synchronisation, which it then has missed. Else another number proves nothing: another
    // host may have sent a frame meanwhile.
    const bool as_after_sync = acknowledged == number_after_sync;
    const bool is_first = number == next_number(number_after_sync);
    if (is_first ? fresh_ && !as_after_sync : as_after_sync) {
        return Verdict::out_of_step;
    }
    alone_ = false;
    return Verdict::keep_waiting;
}

Result<DataLink::Verdict> DataLink::judge_damaged(std::uint16_t length, Deadline deadline) {
    if (length == frame_overhead) {
        // Only a control frame is that short. With a chip at work it was the acknowledgement; else the chip repeats it
        // when it receives our frame again (section 5.5).
        return executing_ ? Verdict::acknowledged : Verdict::unreadable;
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
    Inactivity inactivity{clock_, long_inactivity, polls_in_long_inactivity};
    Watch watch{expectation, clock_, delivered_at_};
    if (executing_) {
        watch.await_poll(deadline);
    }
    for (;;) {
        const auto polled_at = clock_.now();
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
        if (inactivity.too_long(state, polled_at)) {
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
