// SPDX-License-Identifier: Apache-2.0
#include "model/ifx_i2c/data_link.hpp"

namespace trustx::sim {

namespace {

constexpr int max_repetitions = 3;

}  // namespace

LinkEvent DataLink::receive(ByteView bytes) {
    ++counters_.frames_received;
    const DecodedFrame decoded = decode_frame(bytes);
    if (decoded.fault) {
        ++counters_.bad_frames;
        // A control frame of the wrong size is dropped. One with a bad FCS may have been the ACK we wait for: the
        // host learns that it was lost when our frame comes again.
        if (*decoded.fault == FrameFault::data) {
            offer_control(Sequence::negative, next_expected());
        } else if (*decoded.fault == FrameFault::control_fcs) {
            offer_response_again();
        }
        return LinkEvent::nothing;
    }
    return decoded.frame.type == FrameType::control ? receive_control(decoded.frame) : receive_data(decoded.frame);
}

LinkEvent DataLink::receive_control(const Frame& frame) {
    switch (frame.sequence) {
        case Sequence::acknowledge:
            return confirms_response(frame.acknowledged) ? LinkEvent::acknowledged : LinkEvent::nothing;
        case Sequence::negative:
            if (response_ && response_->frame.number == frame.acknowledged) {
                offer_response_again();
            }
            return LinkEvent::nothing;
        case Sequence::resync:
            ++counters_.resyncs;
            reset();
            return LinkEvent::resync;
        case Sequence::reserved:
            break;
    }
    ++counters_.bad_frames;
    return LinkEvent::nothing;
}

LinkEvent DataLink::receive_data(const Frame& frame) {
    if (frame.number == last_received_) {
        // The host missed our acknowledge. Confirm again, execute nothing.
        ++counters_.repeated_frames;
        acknowledge();
        if (response_) {
            offer_response_again();
        }
        return LinkEvent::nothing;
    }
    if (frame.number != next_expected()) {
        acknowledge();
        return LinkEvent::nothing;
    }
    if (frame.sequence == Sequence::negative) {
        // A NAK in a data frame: first our frame again, then the host repeats the data.
        offer_response_again();
        return LinkEvent::nothing;
    }
    // A new packet from the host ends our sending whether or not it acknowledges the last frame (section 8, rule 9).
    confirms_response(frame.acknowledged);
    response_.reset();
    control_.reset();
    last_received_ = frame.number;
    packet_ = frame.packet;
    return LinkEvent::packet;
}

void DataLink::acknowledge() {
    offer_control(Sequence::acknowledge, last_received_);
}

void DataLink::send(Bytes packet) {
    Frame frame;
    frame.number = next_number_;
    frame.acknowledged = last_received_;
    frame.packet = std::move(packet);
    next_number_ = (next_number_ + 1U) & 3U;
    response_ = Response{.frame = std::move(frame)};
}

std::optional<Bytes> DataLink::waiting() const {
    if (control_) {
        return encode(*control_);
    }
    if (response_ && response_->offered) {
        return encode(response_->frame);
    }
    return std::nullopt;
}

void DataLink::fetched(Time now) {
    ++counters_.frames_sent;
    if (control_) {
        control_.reset();
    } else if (response_) {
        response_->offered = false;
        response_->was_fetched = true;
        response_->fetched_at = now;
    }
}

void DataLink::advance(Time now, Duration timeout) {
    const bool due = response_ && !response_->offered && timeout > Duration::zero() &&
                     now - response_->fetched_at >= timeout && response_->repetitions < max_repetitions;
    if (!due) {
        return;
    }
    ++response_->repetitions;
    offer_response_again();
}

void DataLink::reset() {
    last_received_ = 3;
    next_number_ = 0;
    control_.reset();
    response_.reset();
}

void DataLink::offer_control(Sequence sequence, std::uint8_t number) {
    control_ =
        Frame{.type = FrameType::control, .sequence = sequence, .number = 0, .acknowledged = number, .packet = {}};
}

void DataLink::offer_response_again() {
    if (!response_ || response_->offered) {
        return;
    }
    ++counters_.retransmissions;
    response_->offered = true;
}

bool DataLink::confirms_response(std::uint8_t number) {
    // Only what the host has read can be acknowledged.
    if (!response_ || !response_->was_fetched || response_->frame.number != number) {
        return false;
    }
    response_.reset();
    return true;
}

}  // namespace trustx::sim
