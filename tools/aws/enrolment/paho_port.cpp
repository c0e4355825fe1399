// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/paho_port.hpp"

#include "common/files/input_error.hpp"
#include "connection/connection.hpp"
#include "connection/credentials.hpp"
#include "connection/explain.hpp"
#include "connection/paho_trace.hpp"

#include <algorithm>
#include <optional>

#include <poll.h>

namespace trustx::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t https_port = 443;
constexpr const char* mqtt_protocol = "x-amzn-mqtt-ca";  // aws-iot.md section 1.1
constexpr seconds keep_alive{60};
constexpr milliseconds farewell{2000};
constexpr milliseconds patience_of_probes{10'000};

std::string alpn_for(const Endpoint& endpoint) {
    return endpoint.port == https_port ? mqtt_protocol : "";
}

InputErrc input_code(mqtt::Cause cause) {
    switch (cause) {
        case mqtt::Cause::key_mismatch:
            return InputErrc::key_mismatch;
        case mqtt::Cause::provider_not_loaded:
            return InputErrc::check_failed;
        default:
            return InputErrc::malformed;
    }
}

// answer_to says whether a failure may pass: what is up to the network, the clock, or to a cloud in which a change
// takes minutes to be in force (section 14, item 2).
Acceptance::Answer answer_to(mqtt::Cause cause) {
    switch (cause) {
        case mqtt::Cause::name:
        case mqtt::Cause::tcp:
        case mqtt::Cause::tls:
        case mqtt::Cause::alert:
        case mqtt::Cause::broker_not_yet_valid:
        case mqtt::Cause::unavailable:
        case mqtt::Cause::not_authorised:
        case mqtt::Cause::closed:
            return Acceptance::Answer::later;
        default:
            return Acceptance::Answer::never;
    }
}

mqtt::ConnectionSettings settings_of(const Presented& presented, seconds timeout) {
    return {.host = presented.endpoint.host,
            .port = presented.endpoint.port,
            .client_id = presented.client_id,
            .ca_file = presented.ca_file,
            .certificate_file = presented.certificate_file,
            .key_file = presented.key_file,
            .alpn = alpn_for(presented.endpoint),
            .keep_alive = keep_alive,
            .timeout = timeout,
            .persistent_session = false,
            .version = mqtt::Version::v5};
}

mqtt::Error explained(const mqtt::ConnectFailed& failure, const Presented& presented) {
    const mqtt::ProbeTarget target{.host = presented.endpoint.host,
                                   .port = presented.endpoint.port,
                                   .ca_file = presented.ca_file,
                                   .alpn = alpn_for(presented.endpoint),
                                   .certificate_file = {},
                                   .key_file = {}};
    const mqtt::Addressee to{.host = presented.endpoint.host,
                             .port = presented.endpoint.port,
                             .certificate = presented.certificate_file,
                             .ca_file = presented.ca_file,
                             .client_id = presented.client_id};
    return mqtt::explain(
        failure, to,
        {.anonymous = [&target] { return mqtt::probe(target, patience_of_probes); }, .with_credentials = {}});
}

// judge reads the events of a connection that is being made; nothing: it is not decided yet.
std::optional<Acceptance> judge(const mqtt::Event& event, const Presented& presented) {
    if (std::holds_alternative<mqtt::Connected>(event)) {
        return Acceptance{};
    }
    if (const auto* failure = std::get_if<mqtt::ConnectFailed>(&event)) {
        const auto error = explained(*failure, presented);
        return Acceptance{.answer = answer_to(error.cause), .why = to_string(error)};
    }
    return std::nullopt;
}

void wait_for(const mqtt::EventQueue& events, Duration left) {
    constexpr milliseconds most{1000};
    pollfd waiting{.fd = events.fd(), .events = POLLIN, .revents = 0};
    const auto time = std::min(most, std::chrono::ceil<milliseconds>(left));
    ::poll(&waiting, 1, static_cast<int>(time.count()));
}

}  // namespace

Result<Acceptance> PahoPort::connect(const Presented& presented, const Deadline& deadline) {
    const auto usable = mqtt::check_credentials({.key = presented.key_file,
                                                 .certificate = presented.certificate_file,
                                                 .certificate_name = presented.certificate_file,
                                                 .ca = presented.ca_file});
    if (!usable) {
        return fail(input_code(usable.error().cause), to_string(usable.error()));
    }
    mqtt::paho_trace::start();
    const auto timeout = std::max(seconds{1}, std::chrono::ceil<seconds>(deadline.left(clock_)));
    mqtt::EventQueue events;
    mqtt::Connection connection{settings_of(presented, timeout), events};
    connection.connect();
    while (!deadline.passed(clock_)) {
        for (const auto& event : events.take()) {
            if (auto acceptance = judge(event, presented)) {
                connection.close(farewell);
                return *std::move(acceptance);
            }
        }
        wait_for(events, deadline.left(clock_));
    }
    return Acceptance{.answer = Acceptance::Answer::later,
                      .why = "no answer from " + presented.endpoint.text() + " in time; check name, port and network"};
}

}  // namespace trustx::aws
