// SPDX-License-Identifier: Apache-2.0
// The chip behind its socket (bus-socket.md). The USB device is one more host on the bus that way: its transfers wait
// like all others, and take the same time.
#pragma once

#include "common/io/unique_fd.hpp"
#include "model/i2c/i2c_target.hpp"
#include "server/bus_protocol.hpp"

#include <chrono>
#include <filesystem>

namespace trustx::sim::usbip {

// SocketTarget connects at the first transfer, and again after a failure. A socket that fails, hangs or answers
// nonsense gives TransferStatus::bus_error or timed_out. Not for use by several threads at once.
class SocketTarget final : public I2cTarget {
 public:
    // A transfer that takes longer than time_limit has failed. The kernel's driver gives a request 2 s.
    explicit SocketTarget(std::filesystem::path socket,
                          std::chrono::milliseconds time_limit = std::chrono::milliseconds{1500});

    Transfer write(std::uint8_t address, ByteView bytes) override;
    Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) override;
    // The chip's side takes its time for these; zero is left to wait for.
    Duration pulse_reset() override { return pulse(BusOperation::reset); }
    Duration power_cycle() override { return pulse(BusOperation::power_cycle); }

 private:
    Duration pulse(BusOperation operation);
    TransferStatus request(BusOperation operation, std::uint8_t address, std::size_t length, ByteView data,
                           std::span<std::uint8_t> answer);
    TransferStatus exchange(ByteView request, std::span<std::uint8_t> answer);
    bool connect();

    std::filesystem::path path_;
    std::chrono::milliseconds time_limit_;
    UniqueFd socket_;
};

}  // namespace trustx::sim::usbip
