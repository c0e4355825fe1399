// SPDX-License-Identifier: Apache-2.0
#include "aws/doctor/paho_broker.hpp"

#include "aws/enrolment/connection_fault.hpp"
#include "aws/enrolment/connection_settings.hpp"
#include "connection/paho_connection.hpp"
#include "connection/paho_trace.hpp"
#include "connection/tls_error.hpp"

#include <algorithm>
#include <optional>

#include <poll.h>

namespace trustx::aws::doctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Meeting meeting_of(const mqtt::ConnectFailed& failure) {
    Meeting meeting{.end = Meeting::End::closed, .reason = failure.reason, .alerts = alerts_of(failure)};
    meeting.chip_failed = mqtt::find_provider_error(failure.tls_errors) != nullptr;
    meeting.detail = openssl::to_string(failure.tls_errors);
    // Also a number that no version of MQTT has; Paho's own are negative.
    if (failure.code > 0) {
        meeting.connack = failure.code;
    }
    if (meeting.reason || meeting.connack != 0) {
        meeting.end = Meeting::End::refused;
    }
    return meeting;
}

// next waits for an event; nothing: the time was over.
std::optional<mqtt::Event> next(mqtt::EventQueue& events, const Deadline& deadline, const Clock& clock) {
    while (!deadline.passed(clock)) {
        for (auto& event : events.take()) {
            if (!std::holds_alternative<mqtt::MessageArrived>(event)) {
                return std::move(event);
            }
        }
        pollfd waiting{.fd = events.fd(), .events = POLLIN, .revents = 0};
        ::poll(&waiting, 1, static_cast<int>(std::chrono::ceil<milliseconds>(deadline.left(clock)).count()));
    }
    return std::nullopt;
}

// A broker that ends a connection says why in MQTT 5, and Paho then tells the end a second time, without the reason.
Meeting watch_connection(mqtt::EventQueue& events, const Deadline& deadline, const Clock& clock) {
    const auto event = next(events, deadline, clock);
    const auto* lost = event ? std::get_if<mqtt::ConnectionLost>(&*event) : nullptr;
    if (lost == nullptr) {
        return {};
    }
    return {.end = Meeting::End::ended, .reason = lost->reason, .detail = lost->cause};
}

}  // namespace

Meeting PahoBroker::meet(const Presented& presented, milliseconds watch) {
    constexpr milliseconds farewell{2000};
    mqtt::paho_trace::start();
    mqtt::EventQueue events;
    const auto begun = clock_.now();
    mqtt::PahoConnection connection{connection_settings(presented, timeout_), events};
    connection.connect();
    // Paho's own time-out comes first, and has no code.
    const auto event = next(events, Deadline::after(clock_, timeout_ + seconds{5}), clock_);
    if (!event) {
        return {.end = Meeting::End::late};
    }
    if (const auto* failure = std::get_if<mqtt::ConnectFailed>(&*event)) {
        auto meeting = meeting_of(*failure);
        const bool waited = meeting.end == Meeting::End::closed && clock_.now() - begun >= timeout_;
        meeting.end = waited ? Meeting::End::late : meeting.end;
        return meeting;
    }
    auto meeting = watch_connection(events, Deadline::after(clock_, watch), clock_);
    connection.close(farewell);
    return meeting;
}

}  // namespace trustx::aws::doctor
