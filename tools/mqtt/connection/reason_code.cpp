// SPDX-License-Identifier: Apache-2.0
#include "connection/reason_code.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace trustx::mqtt {
namespace {

// What another attempt is good for.
enum class Again : std::uint8_t {
    unknown,
    passes,  // it may succeed although nobody changed anything
    never,   // it was refused for what the client did
};

struct Meaning {
    ReasonCode reason;
    std::string_view text;
    Again again = Again::unknown;
};

constexpr std::array meanings{
    Meaning{ReasonCode::success, "success"},
    Meaning{ReasonCode::unspecified, "no reason is given"},
    Meaning{ReasonCode::malformed_packet, "the packet is malformed", Again::never},
    Meaning{ReasonCode::protocol_error, "the packet is not allowed by the protocol", Again::never},
    Meaning{ReasonCode::implementation_error, "the broker does not accept this packet"},
    Meaning{ReasonCode::unsupported_version, "the broker does not support this version of MQTT"},
    Meaning{ReasonCode::client_id_refused, "the client id is not allowed"},
    Meaning{ReasonCode::bad_credentials, "user name or password are wrong"},
    Meaning{ReasonCode::not_authorised, "not authorised", Again::never},
    Meaning{ReasonCode::unavailable, "the broker is not available", Again::passes},
    Meaning{ReasonCode::busy, "the broker is busy", Again::passes},
    Meaning{ReasonCode::banned, "the client is banned", Again::never},
    Meaning{ReasonCode::shutting_down, "the broker is shutting down", Again::passes},
    Meaning{ReasonCode::bad_authentication_method, "the authentication method is not supported"},
    Meaning{ReasonCode::keep_alive_timeout, "nothing came within the keep-alive time", Again::passes},
    Meaning{ReasonCode::session_taken_over, "another client connected with the same client id"},
    Meaning{ReasonCode::filter_invalid, "the topic filter is not accepted", Again::never},
    Meaning{ReasonCode::topic_invalid, "the topic is not accepted", Again::never},
    Meaning{ReasonCode::packet_id_in_use, "the packet id is in use"},
    Meaning{ReasonCode::packet_id_not_found, "the packet id is not known"},
    Meaning{ReasonCode::receive_maximum_exceeded, "too many messages without an acknowledgement"},
    Meaning{ReasonCode::topic_alias_invalid, "the topic alias is not allowed", Again::never},
    Meaning{ReasonCode::packet_too_large, "the packet is too large", Again::never},
    Meaning{ReasonCode::message_rate_too_high, "too many messages in a short time", Again::passes},
    Meaning{ReasonCode::quota_exceeded, "a quota is exceeded", Again::passes},
    Meaning{ReasonCode::administrative_action, "an administrator closed the connection"},
    Meaning{ReasonCode::payload_format_invalid, "the payload does not have the form that it names", Again::never},
    Meaning{ReasonCode::retain_unsupported, "the broker does not keep retained messages", Again::never},
    Meaning{ReasonCode::qos_unsupported, "the broker does not support this quality of service", Again::never},
    Meaning{ReasonCode::use_another_server, "the client is to use another server for a time"},
    Meaning{ReasonCode::server_moved, "the server has moved"},
    Meaning{ReasonCode::shared_subscriptions_unsupported, "the broker does not support shared subscriptions",
            Again::never},
    Meaning{ReasonCode::connection_rate_exceeded, "too many connections in a short time", Again::passes},
    Meaning{ReasonCode::maximum_connect_time, "the connection has lasted as long as the broker allows", Again::passes},
    Meaning{ReasonCode::subscription_ids_unsupported, "the broker does not support subscription identifiers",
            Again::never},
    Meaning{ReasonCode::wildcards_unsupported, "the broker does not support wildcards in subscriptions", Again::never},
};

const Meaning* find(ReasonCode reason) {
    const auto* const found = std::ranges::find(meanings, reason, &Meaning::reason);
    return found == meanings.end() ? nullptr : found;
}

std::string number_of(ReasonCode reason) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned>(reason);
    return "MQTT 5 reason 0x" + std::string{digits[value / 16], digits[value % 16]};
}

}  // namespace

std::string words(ReasonCode reason) {
    const auto* meaning = find(reason);
    return meaning == nullptr ? number_of(reason) : std::string{meaning->text} + " (" + number_of(reason) + ")";
}

bool passes_by_itself(ReasonCode reason) {
    const auto* meaning = find(reason);
    return meaning != nullptr && meaning->again == Again::passes;
}

bool is_refusal(ReasonCode reason) {
    const auto* meaning = find(reason);
    return meaning != nullptr && meaning->again == Again::never;
}

}  // namespace trustx::mqtt
