// SPDX-License-Identifier: Apache-2.0
// The MQTT connection as a session sees it: what it is asked for comes back as events. Nothing here waits, except
// close(); when to connect again is decided by the session (see session.hpp). paho_connection.hpp makes one by Paho.
#pragma once

#include "connection/message.hpp"
#include "connection/reason_code.hpp"

#include <chrono>
#include <cstdint>
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
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    // use takes other settings, from the next attempt on.
    virtual void use(const ConnectionSettings& settings) = 0;

    // connect starts an attempt, which ends as Connected or ConnectFailed. Not while one is going on. A connection that
    // is there is given up.
    virtual void connect() = 0;
    // subscribe asks for all of them in one packet, and ends as SubscribeEnded; publish as PublishEnded with the
    // message's id. Both need a connection; without one they end at once, as failed and not delivered.
    virtual void subscribe(const std::vector<Subscription>& wanted) = 0;
    virtual void publish(const OutgoingMessage& message) = 0;

    // close sends DISCONNECT, with MQTT 5 with that reason, and waits as long as allowed until it is sent.
    virtual void close(std::chrono::milliseconds allowed, ReasonCode reason) = 0;
    void close(std::chrono::milliseconds allowed) { close(allowed, ReasonCode::success); }
};

}  // namespace trustx::mqtt
