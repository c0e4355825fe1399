// SPDX-License-Identifier: Apache-2.0
#include "limits/aws_limits.hpp"

#include <algorithm>
#include <array>

namespace trustx::mqtt::aws {
namespace {

constexpr std::string_view rules = "$aws/rules/";
constexpr std::string_view shared = "$share/";

// without_prefix is what AWS IoT measures: the name of a rule, or of a group that shares a subscription, does not
// count.
std::string_view without_prefix(std::string_view topic) {
    for (const auto prefix : {rules, shared}) {
        const auto slash = topic.starts_with(prefix) ? topic.find('/', prefix.size()) : std::string_view::npos;
        if (slash != std::string_view::npos) {
            return topic.substr(slash + 1);
        }
    }
    return topic;
}

std::string too_much(std::string_view what, std::size_t is, std::string_view unit, std::size_t allowed) {
    return std::string{what} + " has " + std::to_string(is) + " " + std::string{unit} + "; AWS IoT allows " +
           std::to_string(allowed);
}

std::string quoted(std::string_view topic) {
    return "'" + std::string{topic} + "'";
}

std::optional<Excess> exceeded_by_size(std::string_view topic) {
    const auto measured = without_prefix(topic);
    if (measured.size() > max_topic) {
        return Excess{Limit::topic_length, too_much(quoted(topic), measured.size(), "bytes", max_topic)};
    }
    const auto slashes = static_cast<std::size_t>(std::ranges::count(measured, '/'));
    if (slashes > max_slashes) {
        return Excess{Limit::topic_depth, too_much(quoted(topic), slashes, "slashes", max_slashes)};
    }
    return std::nullopt;
}

std::optional<Excess> exceeded_by_reserve(std::string_view topic, bool allowed) {
    if (!topic.starts_with('$') || allowed) {
        return std::nullopt;
    }
    return Excess{Limit::topic_reserved,
                  quoted(topic) + ": AWS IoT reserves topics that begin with $, and has none of this name"};
}

}  // namespace

std::optional<Excess> exceeded_by_topic(std::string_view topic) {
    auto excess = exceeded_by_reserve(topic, topic.starts_with("$aws/"));
    return excess ? excess : exceeded_by_size(topic);
}

std::optional<Excess> exceeded_by_filter(std::string_view filter) {
    auto excess = exceeded_by_reserve(filter, filter.starts_with("$aws/") || filter.starts_with(shared));
    return excess ? excess : exceeded_by_size(filter);
}

std::optional<Excess> exceeded_by(const OutgoingMessage& message) {
    if (message.qos > 1) {
        return Excess{Limit::qos, "quality of service " + std::to_string(message.qos) + "; AWS IoT has 0 and 1"};
    }
    if (message.payload.size() > max_payload) {
        return Excess{Limit::payload_size, too_much("the message", message.payload.size(), "bytes", max_payload)};
    }
    return exceeded_by_topic(message.topic);
}

std::optional<Excess> exceeded_by_client_id(std::string_view client_id) {
    if (client_id.size() <= max_client_id) {
        return std::nullopt;
    }
    return Excess{Limit::client_id_length, too_much("the client id", client_id.size(), "bytes", max_client_id)};
}

bool is_endpoint(std::string_view host) {
    constexpr std::array<std::string_view, 2> domains{".amazonaws.com", ".amazonaws.com.cn"};
    const bool amazon = std::ranges::any_of(domains, [host](auto domain) { return host.ends_with(domain); });
    return amazon && host.find(".iot.") != std::string_view::npos;
}

std::string application_protocol(std::uint16_t port) {
    constexpr std::uint16_t shared_with_others = 443;
    return port == shared_with_others ? "x-amzn-mqtt-ca" : "";
}

}  // namespace trustx::mqtt::aws
