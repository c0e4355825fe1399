// SPDX-License-Identifier: Apache-2.0
// A network between a client and a broker that fails at chosen MQTT packets. It ends the client's TLS, so that it sees
// packets, and speaks MQTT in the clear to the broker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

namespace trustx::test {

// Types by their numbers in the fixed header (MQTT 3.1.1 section 2.2.1).
enum class Packet : std::uint8_t {
    connect = 1,
    connack = 2,
    publish = 3,
    puback = 4,
    subscribe = 8,
    suback = 9,
    pingreq = 12,
    pingresp = 13,
    disconnect = 14,
};

enum class Sender : std::uint8_t { client, broker };

struct NetworkFault {
    enum class Kind : std::uint8_t {
        before,     // the connection breaks, and the packet with it
        after,      // the packet arrives, and then the connection breaks
        half_open,  // the packet arrives, the broker sees the connection end, and the client hears nothing more
        stall,      // nothing moves any more in any direction, and nobody is told
    };
    Packet packet;
    Sender sender;
    Kind kind;
    unsigned passes = 0;  // so many such packets of the connection go through before
    bool reset = false;   // where the client sees the connection end: by RST instead of FIN
};

std::string name_of(const NetworkFault& fault);

class FaultyProxy {
 public:
    struct Settings {
        std::filesystem::path certificate;
        std::filesystem::path key;
        std::filesystem::path client_ca;  // clients must have a certificate by it
        std::uint16_t broker = 0;         // port on the loopback interface, without TLS
    };

    explicit FaultyProxy(const Settings& settings);
    ~FaultyProxy();
    FaultyProxy(const FaultyProxy&) = delete;
    FaultyProxy& operator=(const FaultyProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    // plan gives the faults that happen next, one after another.
    void plan(std::vector<NetworkFault> faults);
    // wait_until_done returns when all that was planned has happened; false at the deadline.
    bool wait_until_done(std::chrono::milliseconds allowed);
    [[nodiscard]] std::size_t happened() const;
    // waiting_for is the fault that did not happen yet, for messages.
    [[nodiscard]] std::string waiting_for() const;

    // handshakes counts those in which a client proved that it has its key.
    [[nodiscard]] unsigned handshakes() const { return handshakes_; }

 private:
    class Connection;
    friend class Connection;

    void accept_connections();
    void serve(int client);
    // strikes takes the next fault if this packet is the one.
    std::optional<NetworkFault> strikes(Sender sender, Packet packet, unsigned seen);

    Settings settings_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_;
    int listener_ = -1;
    int ended_ = -1;  // an eventfd(2) that every connection watches
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<NetworkFault> planned_;
    std::size_t happened_ = 0;
    std::atomic<unsigned> handshakes_{0};
    std::list<std::thread> connections_;  // of the thread below
    std::thread acceptor_;
};

}  // namespace trustx::test
