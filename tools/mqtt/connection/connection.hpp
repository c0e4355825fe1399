// SPDX-License-Identifier: Apache-2.0
// The MQTT connection: Paho's asynchronous client, whose callbacks become events. Nothing here waits, except close();
// when to connect again is decided by the session, not by Paho (see session.hpp).
#pragma once

#include "connection/events.hpp"
#include "connection/message.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

// Version is the protocol's. With v5 the broker says why it refuses or ends a connection.
enum class Version : std::uint8_t { v3_1_1, v5 };

// Will is what the broker publishes when the connection ends without a DISCONNECT.
struct Will {
    std::string topic;
    std::string payload{};
    int qos = 0;
    bool retain = false;
};

struct ConnectionSettings {
    std::string host;
    std::uint16_t port = 0;
    std::string client_id;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string alpn;  // empty: none
    std::chrono::seconds keep_alive{0};
    std::chrono::seconds timeout{0};  // for one attempt
    bool persistent_session = false;
    Version version = Version::v3_1_1;
    std::optional<Will> will = {};
    // With MQTT 5: how long the broker keeps a persistent session after the connection, and how many messages of QoS 1
    // it may send without an acknowledgement; 0: as many as MQTT allows.
    std::chrono::seconds session_expiry{std::chrono::hours{1}};
    std::uint16_t receive_maximum = 0;
    std::string proxy{};  // HOST:PORT (see proxy.hpp); empty: what Paho finds in https_proxy
};

class Connection {
 public:
    // events must outlive the connection.
    Connection(const ConnectionSettings& settings, EventQueue& events);
    // The destructor closes without DISCONNECT, so the broker publishes a will.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // use takes other settings, from the next attempt on.
    void use(const ConnectionSettings& settings) { settings_ = settings; }

    // connect starts an attempt, which ends as Connected or ConnectFailed. Not while one is going on. A connection that
    // is there is given up.
    void connect();
    // subscribe asks for all of them in one packet, and ends as SubscribeEnded; publish as PublishEnded with the
    // message's id. Both need a connection; without one they end at once, as failed and not delivered.
    void subscribe(const std::vector<Subscription>& wanted);
    void publish(const OutgoingMessage& message);

    // close sends DISCONNECT, and waits as long as allowed until it is sent.
    void close(std::chrono::milliseconds allowed);

 private:
    class Impl;
    ConnectionSettings settings_;
    EventQueue& events_;
    bool used_ = false;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trustx::mqtt
