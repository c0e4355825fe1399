// SPDX-License-Identifier: Apache-2.0
// Why a broker refuses a connection or ends one: the reason codes of MQTT 5 (OASIS MQTT 5.0 sections 2.4, 3.2.2.2 and
// 3.14.2.1), of CONNACK, PUBACK, SUBACK and DISCONNECT. aws-iot.md section 2 says which of them AWS IoT uses.
#pragma once

#include <cstdint>
#include <string>

namespace trustx::mqtt {

enum class ReasonCode : std::uint8_t {
    success = 0x00,
    unspecified = 0x80,
    malformed_packet = 0x81,
    protocol_error = 0x82,
    implementation_error = 0x83,
    unsupported_version = 0x84,
    client_id_refused = 0x85,
    bad_credentials = 0x86,
    not_authorised = 0x87,
    unavailable = 0x88,
    busy = 0x89,
    banned = 0x8A,
    shutting_down = 0x8B,
    bad_authentication_method = 0x8C,
    keep_alive_timeout = 0x8D,
    session_taken_over = 0x8E,
    filter_invalid = 0x8F,
    topic_invalid = 0x90,
    packet_id_in_use = 0x91,
    packet_id_not_found = 0x92,
    receive_maximum_exceeded = 0x93,
    topic_alias_invalid = 0x94,
    packet_too_large = 0x95,
    message_rate_too_high = 0x96,
    quota_exceeded = 0x97,
    administrative_action = 0x98,
    payload_format_invalid = 0x99,
    retain_unsupported = 0x9A,
    qos_unsupported = 0x9B,
    use_another_server = 0x9C,
    server_moved = 0x9D,
    shared_subscriptions_unsupported = 0x9E,
    connection_rate_exceeded = 0x9F,
    maximum_connect_time = 0xA0,
    subscription_ids_unsupported = 0xA1,
    wildcards_unsupported = 0xA2,
};

// words is "not authorised (MQTT 5 reason 0x87)", for people; for a number that is not listed the number alone.
std::string words(ReasonCode reason);

// passes_by_itself says whether another attempt may succeed although nobody changed anything: the broker is busy,
// unavailable, or asks for fewer connections.
bool passes_by_itself(ReasonCode reason);

// is_refusal says whether the broker ended a connection for what the client did on it, and will do so again: a policy,
// a topic, a size. To come back and do the same costs a use of the key each time and changes nothing.
bool is_refusal(ReasonCode reason);

}  // namespace trustx::mqtt
