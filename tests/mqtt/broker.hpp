// SPDX-License-Identifier: Apache-2.0
// A mosquitto broker on a free port of the loopback interface that demands client certificates.
#pragma once

#include "certificate_authority.hpp"
#include "support/process.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace trustx::test {

struct BrokerOptions {
    std::filesystem::path directory;                   // for its files
    std::filesystem::path client_ca;                   // whose certificates it accepts
    CertificateAuthority::Server certificate;          // what it shows itself
    std::string tls;                                   // "1.2" or "1.3": that version only; empty: both
    std::string further_configuration;                 // lines of mosquitto.conf
    std::map<std::string, std::string> environment{};  // instead of one that knows no provider; tls is not looked at
};

// Broker is running when constructed; the constructor throws std::runtime_error with its log otherwise.
class Broker {
 public:
    explicit Broker(BrokerOptions options);

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string log() const { return process_->err(); }
    // wait_for_log returns when a line of the log contains the text; throws std::runtime_error at the deadline.
    void wait_for_log(const std::string& text) { process_->wait_for_error_line(text); }

    // stop ends it as a power cut would; start brings it back on the same port.
    void stop();
    void start();

 private:
    bool try_start(std::uint16_t port);

    BrokerOptions options_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

// mosquitto_broker and mosquitto_plugin find what Debian's package of the broker installs.
std::filesystem::path mosquitto_broker();
std::filesystem::path mosquitto_plugin(const std::string& name);

// unused_port is a port of the loopback interface on which nobody listens at this moment.
std::uint16_t unused_port();

}  // namespace trustx::test
