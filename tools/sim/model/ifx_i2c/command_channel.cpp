// SPDX-License-Identifier: Apache-2.0
#include "model/ifx_i2c/command_channel.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

// Long enough for any host to give up, and far from the end of what a Time can hold.
constexpr Duration endless = std::chrono::hours{24 * 365};

// A frame that nothing acknowledged within this time is sent again by the host, so no style waits longer with it
// (chip-i2c.md section 5.4).
constexpr Duration host_timeout = std::chrono::milliseconds{10};

}  // namespace

Time CommandChannel::receive(ByteView frame, Time stop, std::size_t max_packet) {
    switch (link_.receive(frame)) {
        case LinkEvent::nothing:
            break;
        case LinkEvent::acknowledged:
            send_next_packet(max_packet);
            if (link_.waiting()) {
                counters_.chip_time += timing_.control_window;
            }
            break;
        case LinkEvent::resync:
            // A running command is not stopped; its response is dropped.
            finish_without_response();
            transport_.reset();
            break;
        case LinkEvent::packet:
            finish_without_response();
            switch (transport_.receive(link_.packet(), max_packet)) {
                case TransportEvent::incomplete:
                    link_.acknowledge();
                    counters_.chip_time += timing_.fragment_window;
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
    const Duration natural = application_.duration(transport_.apdu(), timing_);
    running_ = Running{.apdu = transport_.apdu(), .begun = stop, .duration = natural, .due = stop + natural};
    if (const auto fault = faults_.next_for(Application::opcode_of(transport_.apdu()))) {
        schedule(*fault);
    }
    const Duration duration = running_->due - stop;
    counters_.chip_time += natural;
    if (style_ == AcknowledgeStyle::separate && duration <= timing_.command_window) {
        link_.acknowledge();
        running_->waits_for_fetch = true;
        return running_->due;
    }
    if (duration == Duration::zero() && !running_->fault) {
        finish_command(max_packet);
        return stop;
    }
    const bool answers_in_time =
        style_ == AcknowledgeStyle::piggyback ? duration < host_timeout : duration <= timing_.acknowledge_timer;
    if (answers_in_time && style_ != AcknowledgeStyle::separate) {
        return running_->due;
    }
    link_.acknowledge();
    return stop + std::min(duration, timing_.command_window);
}

// schedule says when a fault happens to the command that has just begun.
void CommandChannel::schedule(const FaultRule& fault) {
    if (fault.kind == FaultKind::delay) {
        running_->due += fault.delay;
        return;
    }
    if (fault.kind == FaultKind::hang && fault.moment == Moment::during) {
        running_->due += endless;
        return;
    }
    const Time at = fault.moment == Moment::before   ? running_->begun
                    : fault.moment == Moment::during ? running_->begun + running_->duration / 2
                                                     : running_->due;
    running_->fault = CommandFault{.kind = fault.kind, .moment = fault.moment, .at = at};
}

std::optional<CommandFault> CommandChannel::fault_due(Time now) const {
    return running_ && running_->fault && now >= running_->fault->at ? running_->fault : std::nullopt;
}

void CommandChannel::finish_command(std::size_t max_packet) {
    const Running command = std::move(*running_);
    running_.reset();
    last_activity_ = std::max(last_activity_, command.due);
    transport_.respond(application_.execute(command.apdu, command.due));
    send_next_packet(max_packet);
}

void CommandChannel::finish_without_response() {
    if (!running_) {
        return;
    }
    static_cast<void>(application_.execute(running_->apdu, running_->due));
    running_.reset();
}

bool CommandChannel::interrupt(Time now) {
    if (!running_) {
        return false;
    }
    const bool was_writing = application_.interrupt(running_->apdu, share_done(now));
    running_.reset();
    return was_writing;
}

// share_done is how much of a command is done, from 0 to 1; a chip that takes no time is always in the middle.
double CommandChannel::share_done(Time now) const {
    if (running_->duration <= Duration::zero()) {
        return 0.5;
    }
    const auto share =
        static_cast<double>((now - running_->begun).count()) / static_cast<double>(running_->duration.count());
    return std::clamp(share, 0.0, 1.0);
}

void CommandChannel::send_next_packet(std::size_t max_packet) {
    if (auto packet = transport_.next_packet(max_packet)) {
        link_.send(std::move(*packet));
    }
}

void CommandChannel::fetched(Time now) {
    const bool was_control = link_.control_frame_waits();
    link_.fetched(now);
    if (was_control && running_) {
        running_->waits_for_fetch = false;
    }
}

void CommandChannel::advance(Time now, std::size_t max_packet) {
    if (running_ && !running_->waits_for_fetch && now >= running_->due) {
        finish_command(max_packet);
    }
    link_.advance(now, timing_.transmission_timeout);
}

void CommandChannel::reset() {
    link_.reset();
    transport_.reset();
    running_.reset();
}

}  // namespace trustx::sim
