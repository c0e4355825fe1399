// SPDX-License-Identifier: Apache-2.0
// A connection by Paho's asynchronous client, whose callbacks become events.
#pragma once

#include "connection/connection.hpp"
#include "connection/events.hpp"

#include <memory>

namespace trustx::mqtt {

class PahoConnection final : public Connection {
 public:
    // events must outlive the connection.
    PahoConnection(const ConnectionSettings& settings, EventQueue& events);
    // The destructor closes without DISCONNECT, so the broker publishes a will.
    ~PahoConnection() override;

    void use(const ConnectionSettings& settings) override { settings_ = settings; }
    void connect() override;
    void subscribe(const std::vector<Subscription>& wanted) override;
    void publish(const OutgoingMessage& message) override;
    using Connection::close;
    void close(std::chrono::milliseconds allowed, ReasonCode reason) override;

 private:
    class Impl;
    ConnectionSettings settings_;
    EventQueue& events_;
    bool used_ = false;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trustx::mqtt
