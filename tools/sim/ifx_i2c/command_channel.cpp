// SPDX-License-Identifier: Apache-2.0
#include "command_channel.hpp"

#include <algorithm>

namespace trustx::sim {

Time CommandChannel::receive(ByteView frame, Time stop, std::size_t max_packet) {
    switch (link_.receive(frame)) {
        case LinkEvent::nothing:
            break;
        case LinkEvent::acknowledged:
            send_next_packet(max_packet);
            break;
        case LinkEvent::resync:
            // A command that runs is not called back; its response has nobody to go to.
            finish_unheard();
            transport_.reset();
            break;
        case LinkEvent::packet:
            finish_unheard();
            switch (transport_.receive(link_.packet(), max_packet)) {
                case TransportEvent::incomplete:
                    link_.acknowledge();
                    return stop + timing_.fragment_window;
                case TransportEvent::apdu:
                    return start_command(stop, max_packet);
                case TransportEvent::chaining_error:
                    ++counters_.chaining_errors;
                    link_.send(Transport::chaining_error_packet());
                    break;
                case TransportEvent::repeat:
                    link_.acknowledge();
                    transport_.repeat();
                    send_next_packet(max_packet);
                    break;
            }
            break;
    }
    return stop + timing_.control_window;
}

Time CommandChannel::start_command(Time stop, std::size_t max_packet) {
    const Duration duration = application_.duration(transport_.apdu(), timing_);
    running_ = Running{.apdu = transport_.apdu(), .due = stop + duration};
    if (style_ == AcknowledgeStyle::separate && duration <= timing_.command_window) {
        link_.acknowledge();
        running_->waits_for_fetch = true;
        return running_->due;
    }
    if (duration == Duration::zero()) {
        finish_command(max_packet);
        return stop;
    }
    const bool answers_in_time = duration <= timing_.acknowledge_timer && style_ == AcknowledgeStyle::automatic;
    if (answers_in_time || style_ == AcknowledgeStyle::piggyback)
        return running_->due;
    link_.acknowledge();
    return stop + std::min(duration, timing_.command_window);
}

void CommandChannel::finish_command(std::size_t max_packet) {
    const Running command = std::move(*running_);
    running_.reset();
    last_activity_ = std::max(last_activity_, command.due);
    transport_.respond(application_.execute(command.apdu, command.due));
    send_next_packet(max_packet);
}

void CommandChannel::finish_unheard() {
    if (!running_)
        return;
    static_cast<void>(application_.execute(running_->apdu, running_->due));
    running_.reset();
}

void CommandChannel::send_next_packet(std::size_t max_packet) {
    if (auto packet = transport_.next_packet(max_packet))
        link_.send(std::move(*packet));
}

void CommandChannel::fetched(Time now) {
    const bool was_control = link_.control_frame_waits();
    link_.fetched(now);
    if (was_control && running_)
        running_->waits_for_fetch = false;
}

void CommandChannel::advance(Time now, std::size_t max_packet) {
    if (running_ && !running_->waits_for_fetch && now >= running_->due)
        finish_command(max_packet);
    link_.advance(now, timing_.transmission_timeout);
}

void CommandChannel::reset() {
    link_.reset();
    transport_.reset();
    running_.reset();
}

}  // namespace trustx::sim
