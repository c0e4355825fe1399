// SPDX-License-Identifier: Apache-2.0
// The broker's answer to CONNECT (aws-iot.md sections 2 and 12).
#include "aws/doctor/exam.hpp"

#include <algorithm>
#include <array>

namespace trustx::aws::doctor {
namespace {

using mqtt::ReasonCode;

struct ReasonMeaning {
    ReasonCode reason;
    Cause cause;
};

constexpr std::array reason_meanings{
    ReasonMeaning{ReasonCode::not_authorised, Cause::not_authorised},
    ReasonMeaning{ReasonCode::banned, Cause::not_authorised},
    ReasonMeaning{ReasonCode::client_id_refused, Cause::client_id_refused},
    ReasonMeaning{ReasonCode::session_taken_over, Cause::client_id_taken},
    ReasonMeaning{ReasonCode::unsupported_version, Cause::mqtt_version},
    ReasonMeaning{ReasonCode::bad_credentials, Cause::password_wanted},
    ReasonMeaning{ReasonCode::bad_authentication_method, Cause::password_wanted},
    ReasonMeaning{ReasonCode::message_rate_too_high, Cause::throttled},
    ReasonMeaning{ReasonCode::quota_exceeded, Cause::throttled},
    ReasonMeaning{ReasonCode::connection_rate_exceeded, Cause::throttled},
    ReasonMeaning{ReasonCode::unavailable, Cause::broker_unavailable},
    ReasonMeaning{ReasonCode::busy, Cause::broker_unavailable},
    ReasonMeaning{ReasonCode::shutting_down, Cause::broker_unavailable},
    ReasonMeaning{ReasonCode::use_another_server, Cause::broker_unavailable},
    ReasonMeaning{ReasonCode::server_moved, Cause::broker_unavailable},
};

Cause cause_of(ReasonCode reason) {
    const auto* const found = std::ranges::find(reason_meanings, reason, &ReasonMeaning::reason);
    return found == reason_meanings.end() ? Cause::broker_refuses : found->cause;
}

// MQTT 3.1.1 section 3.2.2.3; 7 is what AWS IoT documents for a client that is not authorised (section 2).
Cause cause_of_connack(int code) {
    switch (code) {
        case 1:
            return Cause::mqtt_version;
        case 2:
            return Cause::client_id_refused;
        case 3:
            return Cause::broker_unavailable;
        case 4:
            return Cause::password_wanted;
        case 5:
        case 7:
            return Cause::not_authorised;
        default:
            return Cause::broker_refuses;
    }
}

Cause cause_of_end(const Meeting& meeting) {
    // Whatever ends an accepted connection but another client: events of presence say more than the code.
    return meeting.reason == ReasonCode::session_taken_over ? Cause::client_id_taken : Cause::closed_after_connack;
}

Cause cause_before_connack(const Meeting& meeting) {
    if (meeting.chip_failed) {
        return Cause::chip_unreachable;
    }
    for (const auto number : meeting.alerts) {
        if (const auto cause = cause_of_alert(number)) {
            return *cause;
        }
    }
    return Cause::closed_without_reason;
}

Cause cause_of(const Meeting& meeting) {
    switch (meeting.end) {
        case Meeting::End::refused:
            return meeting.reason ? cause_of(*meeting.reason) : cause_of_connack(meeting.connack);
        case Meeting::End::ended:
            return cause_of_end(meeting);
        case Meeting::End::closed:
            return cause_before_connack(meeting);
        default:
            return Cause::no_answer;
    }
}

std::string words(const Meeting& meeting, const Identity& identity) {
    const auto who = "the broker at " + identity.endpoint.text();
    const auto as = " the client id " + identity.thing;
    const auto why = meeting.reason           ? ": " + mqtt::words(*meeting.reason)
                     : meeting.connack        ? ": CONNACK " + std::to_string(meeting.connack)
                     : meeting.detail.empty() ? std::string{}
                                              : ": " + meeting.detail;
    switch (meeting.end) {
        case Meeting::End::refused:
            return who + " refuses" + as + why;
        case Meeting::End::ended:
            return who + " accepted" + as + " and then closed the connection" + why;
        case Meeting::End::closed:
            return who + " closed the connection before CONNACK" + why;
        default:
            return who + " gave no answer to CONNECT";
    }
}

constexpr bool cloud_may_explain(Cause cause) {
    return cause == Cause::not_authorised || cause == Cause::closed_without_reason ||
           cause == Cause::certificate_refused;
}

}  // namespace

Judged examine_mqtt(Exam& exam) {
    const auto& directories = exam.options.directories;
    const auto meeting = exam.seams.broker.meet({.endpoint = exam.identity->endpoint,
                                                 .client_id = exam.identity->thing,
                                                 .certificate_file = directories.chain_file(),
                                                 .key_file = directories.key_file(),
                                                 .ca_file = directories.roots_file()},
                                                exam.options.watch);
    if (meeting.end == Meeting::End::kept) {
        return "the broker accepts " + exam.identity->thing;
    }
    const auto cause = cause_of(meeting);
    auto text = words(meeting, *exam.identity);
    if (cloud_may_explain(cause)) {
        exam.refusal = Trouble{cause, std::move(text)};
        return {};
    }
    return trouble(cause, std::move(text));
}

}  // namespace trustx::aws::doctor
