// SPDX-License-Identifier: Apache-2.0
// As much of MQTT 3.1.1 as it takes to publish and to subscribe with QoS 1 over one connection. One thing is done at a
// time: each function waits for the broker's answer, and keeps the messages that come before it, as many as fit into a
// megabyte.
#pragma once

#include "tls.hpp"

#include <deque>
#include <optional>
#include <string>

struct Message {
    std::string topic;
    std::string payload;
    std::optional<std::uint16_t> id{};  // of one that the broker wants acknowledged
};

// Every function throws Failure. After that the connection cannot be used any more.
class MqttClient {
 public:
    // patience is how long the broker may take for an answer. keep_alive, in seconds, is after which silence the broker
    // may give the connection up; at half of it the client asks whether the broker is there.
    MqttClient(TlsConnection& connection, std::chrono::seconds patience, std::uint16_t keep_alive)
        : connection_{connection}, patience_{patience}, keep_alive_{keep_alive} {}

    void connect(const std::string& client_id);
    void publish(const Message& message);
    // largest_payload is how many bytes a message for this topic may have.
    static std::size_t largest_payload(const std::string& topic);
    void subscribe(const std::string& filter);
    // next waits for a message as long as the connection lasts, which it keeps alive. acknowledge tells the broker that
    // the message need not be sent again: what was done with it has to be done by then.
    Message next();
    void acknowledge(const Message& message);
    // wait_for_input returns when there is something to read from a descriptor, and keeps the connection alive.
    void wait_for_input(int descriptor);
    void disconnect() noexcept;

 private:
    struct Packet {
        std::uint8_t first = 0;  // type and flags
        trustx::Bytes content;
    };

    [[nodiscard]] std::chrono::milliseconds quiet() const { return std::chrono::seconds{keep_alive_} / 2; }
    [[nodiscard]] trustx::Deadline soon() const { return trustx::Deadline::after(clock_, patience_); }
    void send(std::uint8_t first, const trustx::Bytes& content);
    std::optional<Packet> receive(trustx::Deadline deadline);
    std::uint8_t byte(trustx::Deadline deadline);
    void handle(const Packet& packet);
    Packet answer(std::uint8_t type, const std::string& to);
    void ping();

    TlsConnection& connection_;
    std::chrono::seconds patience_;
    std::uint16_t keep_alive_;
    trustx::SystemClock clock_;
    bool subscribed_ = false;
    std::deque<Message> messages_;
    std::size_t kept_ = 0;  // bytes of messages_
    std::uint16_t last_id_ = 0;
};
