// SPDX-License-Identifier: Apache-2.0
#include "usbip/socket_target.hpp"

#include "common/io/socket.hpp"
#include "common/io/time_structs.hpp"
#include "server/address.hpp"

#include <array>
#include <system_error>

#include <sys/socket.h>

namespace trustx::sim::usbip {

namespace {

constexpr std::size_t longest_transfer = 4096;

TransferStatus failure_of(std::error_code error) {
    return error == std::errc::resource_unavailable_try_again ? TransferStatus::timed_out : TransferStatus::bus_error;
}

TransferStatus receive(const UniqueFd& socket, std::span<std::uint8_t> bytes) {
    const auto count = io::receive_all(socket.get(), bytes);
    if (!count) {
        return failure_of(count.error());
    }
    return *count == bytes.size() ? TransferStatus::done : TransferStatus::bus_error;
}

}  // namespace

SocketTarget::SocketTarget(std::filesystem::path socket, std::chrono::milliseconds time_limit)
    : path_{std::move(socket)}, time_limit_{time_limit} {}

Transfer SocketTarget::write(std::uint8_t address, ByteView bytes) {
    return {request(BusOperation::write, address, bytes.size(), bytes, {}), Duration::zero()};
}

Transfer SocketTarget::read(std::uint8_t address, std::span<std::uint8_t> bytes) {
    return {request(BusOperation::read, address, bytes.size(), {}, bytes), Duration::zero()};
}

Duration SocketTarget::pulse(BusOperation operation) {
    static_cast<void>(request(operation, 0, 0, {}, {}));
    return Duration::zero();
}

TransferStatus SocketTarget::request(BusOperation operation, std::uint8_t address, std::size_t length, ByteView data,
                                     std::span<std::uint8_t> answer) {
    if (length > longest_transfer) {
        return TransferStatus::bus_error;
    }
    Bytes bytes{static_cast<std::uint8_t>(operation), address};
    append_u16(bytes, length);
    append(bytes, data);
    const auto status = exchange(bytes, answer);
    if (status == TransferStatus::bus_error || status == TransferStatus::timed_out) {
        // A late answer must not be taken for that of the next request.
        socket_.reset();
    }
    return status;
}

TransferStatus SocketTarget::exchange(ByteView request, std::span<std::uint8_t> answer) {
    std::array<std::uint8_t, 3> header{};
    if (!connect()) {
        return TransferStatus::bus_error;
    }
    if (const auto error = io::send_all(socket_.get(), request)) {
        return failure_of(error);
    }
    if (const auto received = receive(socket_, header); received != TransferStatus::done) {
        return received;
    }
    ByteReader reader{header};
    const auto status = static_cast<TransferStatus>(reader.u8());
    const std::size_t length = reader.u16();
    const std::size_t expected = status == TransferStatus::done ? answer.size() : 0;
    if (status > TransferStatus::timed_out || length != expected) {
        return TransferStatus::bus_error;
    }
    const auto received = receive(socket_, answer.first(length));
    return received == TransferStatus::done ? status : received;
}

bool SocketTarget::connect() {
    if (socket_) {
        return true;
    }
    auto connected = connect_to(path_);
    if (!connected) {
        return false;
    }
    socket_ = std::move(*connected);
    const timeval limit = io::to_timeval(time_limit_);
    return ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

}  // namespace trustx::sim::usbip
