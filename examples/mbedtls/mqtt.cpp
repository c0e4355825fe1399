// SPDX-License-Identifier: Apache-2.0
#include "mqtt.hpp"

#include "failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>

namespace {

// Bytes: the broker cannot take more of this program's memory.
constexpr std::size_t largest_packet = 1 << 18;
constexpr std::size_t most_kept = 4 * largest_packet;

// Types of packets with their flags (MQTT 3.1.1 section 2.2).
constexpr std::uint8_t packet_connect = 0x10;
constexpr std::uint8_t packet_connack = 0x20;
constexpr std::uint8_t packet_publish = 0x30;
constexpr std::uint8_t packet_puback = 0x40;
constexpr std::uint8_t packet_subscribe = 0x82;
constexpr std::uint8_t packet_suback = 0x90;
constexpr std::uint8_t packet_pingreq = 0xC0;
constexpr std::uint8_t packet_pingresp = 0xD0;
constexpr std::uint8_t packet_disconnect = 0xE0;
constexpr std::uint8_t type_mask = 0xF0;
constexpr std::uint8_t qos_mask = 0x06;
constexpr std::uint8_t qos_1 = 0x02;

void put_number(trustx::Bytes& out, std::size_t number) {
    out.push_back(static_cast<std::uint8_t>(number >> 8U));
    out.push_back(static_cast<std::uint8_t>(number));
}

void put_text(trustx::Bytes& out, const std::string& text) {
    if (text.size() > UINT16_MAX) {
        throw Failure{"MQTT takes names of at most 65535 bytes"};
    }
    put_number(out, text.size());
    out.insert(out.end(), text.begin(), text.end());
}

// What a message takes, an empty one too.
std::size_t size_of(const Message& message) {
    return sizeof(Message) + message.topic.size() + message.payload.size();
}

[[noreturn]] void malformed() {
    throw Failure{"the broker sent what is not MQTT 3.1.1"};
}

std::uint16_t number_at(const trustx::Bytes& content, std::size_t at) {
    if (content.size() < at + 2) {
        malformed();
    }
    return static_cast<std::uint16_t>(content[at] << 8U | content[at + 1]);
}

std::string refusal(std::uint8_t code) {
    switch (code) {
        case 1:
            return "it does not speak MQTT 3.1.1";
        case 2:
            return "it does not take this client id";
        case 3:
            return "it is not available";
        case 4:
        case 5:
            return "this client is not authorised";
        default:
            return "return code " + std::to_string(code);
    }
}

}  // namespace

void MqttClient::send(std::uint8_t first, const trustx::Bytes& content) {
    if (content.size() > largest_packet) {
        throw Failure{"a message of " + std::to_string(content.size()) + " bytes is too large for this program"};
    }
    trustx::Bytes packet{first};
    auto rest = content.size();
    do {
        packet.push_back(static_cast<std::uint8_t>((rest & 0x7FU) | (rest > 0x7F ? 0x80U : 0U)));
        rest >>= 7U;
    } while (rest > 0);
    packet.insert(packet.end(), content.begin(), content.end());
    connection_.send(packet, soon());
}

std::uint8_t MqttClient::byte(trustx::Deadline deadline) {
    std::array<std::uint8_t, 1> one{};
    if (!connection_.receive(one, deadline)) {
        throw Failure{"the broker stopped in the middle of a packet"};
    }
    return one[0];
}

// Nothing: no packet has begun until the deadline.
std::optional<MqttClient::Packet> MqttClient::receive(trustx::Deadline deadline) {
    std::array<std::uint8_t, 1> first{};
    if (!connection_.receive(first, deadline)) {
        return std::nullopt;
    }
    const auto end = soon();
    std::size_t size = 0;
    unsigned shift = 0;
    for (std::uint8_t digit = 0x80; (digit & 0x80U) != 0; shift += 7) {
        if (shift > 21) {
            malformed();
        }
        digit = byte(end);
        size |= static_cast<std::size_t>(digit & 0x7FU) << shift;
    }
    if (size > largest_packet) {
        throw Failure{"the broker sent a message of " + std::to_string(size) + " bytes, too large for this program"};
    }
    Packet packet{.first = first[0], .content = trustx::Bytes(size)};
    for (std::span<std::uint8_t> missing{packet.content}; !missing.empty();) {
        const auto got = connection_.receive(missing, end);
        if (!got) {
            throw Failure{"the broker stopped in the middle of a packet"};
        }
        missing = missing.subspan(*got);
    }
    return packet;
}

// What the broker sends unasked: messages.
void MqttClient::handle(const Packet& packet) {
    if ((packet.first & type_mask) != packet_publish || (packet.first & qos_mask) > qos_1) {
        malformed();  // QoS 2 was not asked for
    }
    if (!subscribed_) {
        throw Failure{"the broker sent a message that nobody has subscribed to"};
    }
    const auto& content = packet.content;
    const std::size_t topic_end = 2U + number_at(content, 0);
    const bool acknowledged = (packet.first & qos_mask) == qos_1;
    const auto begin = topic_end + (acknowledged ? 2 : 0);
    if (content.size() < begin) {
        malformed();
    }
    messages_.push_back({.topic = {content.begin() + 2, content.begin() + static_cast<std::ptrdiff_t>(topic_end)},
                         .payload = {content.begin() + static_cast<std::ptrdiff_t>(begin), content.end()},
                         .id = acknowledged ? std::optional{number_at(content, topic_end)} : std::nullopt});
    kept_ += size_of(messages_.back());
    if (kept_ > most_kept) {
        throw Failure{"the broker sends more messages at once than this program keeps"};
    }
}

MqttClient::Packet MqttClient::answer(std::uint8_t type, const std::string& to) {
    for (const auto end = soon();;) {
        auto packet = receive(end);
        if (!packet) {
            throw Failure{"the broker did not answer " + to + " in time"};
        }
        if (packet->first == type) {
            return *std::move(packet);
        }
        handle(*packet);
    }
}

void MqttClient::connect(const std::string& client_id) {
    trustx::Bytes content;
    put_text(content, "MQTT");
    content.push_back(4);     // MQTT 3.1.1
    content.push_back(0x02);  // clean session
    put_number(content, keep_alive_);
    put_text(content, client_id);
    send(packet_connect, content);
    const auto connack = answer(packet_connack, "CONNECT");
    const auto code = static_cast<std::uint8_t>(number_at(connack.content, 0));
    if (code != 0) {
        throw Failure{"the broker refuses the client: " + refusal(code)};
    }
}

void MqttClient::publish(const Message& message) {
    trustx::Bytes content;
    put_text(content, message.topic);
    last_id_ = last_id_ == UINT16_MAX ? 1 : last_id_ + 1;
    put_number(content, last_id_);
    content.insert(content.end(), message.payload.begin(), message.payload.end());
    send(packet_publish | qos_1, content);
    if (number_at(answer(packet_puback, "PUBLISH").content, 0) != last_id_) {
        malformed();
    }
}

std::size_t MqttClient::largest_payload(const std::string& topic) {
    constexpr std::size_t length_and_id = 4;
    return largest_packet - std::min(largest_packet, topic.size() + length_and_id);
}

void MqttClient::subscribe(const std::string& filter) {
    trustx::Bytes content;
    last_id_ = last_id_ == UINT16_MAX ? 1 : last_id_ + 1;
    put_number(content, last_id_);
    put_text(content, filter);
    content.push_back(1);  // QoS
    subscribed_ = true;    // messages may come before the answer
    send(packet_subscribe, content);
    const auto suback = answer(packet_suback, "SUBSCRIBE");
    if (number_at(suback.content, 0) != last_id_ || suback.content.size() != 3) {
        malformed();
    }
    if (suback.content[2] > 1) {
        throw Failure{"the broker refuses the subscription to " + filter};
    }
}

void MqttClient::ping() {
    send(packet_pingreq, {});
    answer(packet_pingresp, "PINGREQ");
}

Message MqttClient::next() {
    while (messages_.empty()) {
        if (const auto packet = receive(trustx::Deadline::after(clock_, quiet()))) {
            handle(*packet);
        } else {
            ping();
        }
    }
    auto message = std::move(messages_.front());
    messages_.pop_front();
    kept_ -= size_of(message);
    return message;
}

void MqttClient::acknowledge(const Message& message) {
    if (message.id) {
        trustx::Bytes id;
        put_number(id, *message.id);
        send(packet_puback, id);
    }
}

void MqttClient::wait_for_input(int descriptor) {
    for (;;) {
        while (connection_.has_received()) {
            if (const auto packet = receive(soon())) {
                handle(*packet);
            }
        }
        std::array<pollfd, 2> entries{{{.fd = descriptor, .events = POLLIN, .revents = 0},
                                       {.fd = connection_.descriptor(), .events = POLLIN, .revents = 0}}};
        const int ready = poll(entries.data(), entries.size(), static_cast<int>(quiet().count()));
        if (ready == 0) {
            ping();
        } else if (ready > 0 && entries[1].revents != 0) {
            if (const auto packet = receive(soon())) {
                handle(*packet);
            }
        } else if (ready > 0) {
            return;
        } else if (errno != EINTR) {
            throw Failure{"wait for input"};
        }
    }
}

void MqttClient::disconnect() noexcept {
    try {
        send(packet_disconnect, {});
    } catch (...) {  // the broker has gone first
    }
    connection_.close();
}
