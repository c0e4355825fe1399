// SPDX-License-Identifier: Apache-2.0
// A client of bus-socket.md, byte by byte, and the same as a target for Host.
#pragma once

#include "model/i2c/i2c_target.hpp"

#include <filesystem>
#include <string>

namespace trustx::test {

// SocketClient is one connection. Waiting for an answer ends after ten seconds with std::runtime_error.
class SocketClient {
 public:
    explicit SocketClient(const std::filesystem::path& path);
    ~SocketClient();
    SocketClient(const SocketClient&) = delete;
    SocketClient& operator=(const SocketClient&) = delete;

    void send(const std::string& hex);
    // receive reads exactly this many bytes.
    std::string receive(std::size_t count);
    // response reads one whole response.
    std::string response();
    // ask is send and response.
    std::string ask(const std::string& hex) {
        send(hex);
        return response();
    }
    // closed_by_server waits until the server closes.
    bool closed_by_server();
    void finish_sending();

 private:
    int fd_;
};

class SocketTarget final : public sim::I2cTarget {
 public:
    explicit SocketTarget(const std::filesystem::path& path) : client_{path} {}
    sim::Transfer write(std::uint8_t address, sim::ByteView bytes) override;
    sim::Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) override;
    sim::Duration pulse_reset() override;
    sim::Duration power_cycle() override;

 private:
    SocketClient client_;
};

}  // namespace trustx::test
