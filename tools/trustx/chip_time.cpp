// SPDX-License-Identifier: Apache-2.0
#include "chip_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace trustx::cli {
namespace {

using namespace std::chrono_literals;

// A fixed part, and one for each byte of the command or the answer, whichever is longer.
struct Documented {
    std::uint8_t command;
    Nanoseconds fixed;
    Nanoseconds per_byte;
};
constexpr std::array documented{
    Documented{0x01, 6ms, 65us},    // GetDataObject: 256 bytes take 30 ms with their transfers
    Documented{0x02, 10ms, 150us},  // SetDataObject: 256 bytes take 55 ms
    Documented{0x18, 145ms, 0us},   // GetAuthMsg signs
    Documented{0x30, 60ms, 65us},   // CalcHash
    Documented{0x31, 145ms, 0us},   // CalcSign
    Documented{0x32, 220ms, 0us},   // VerifySign
    Documented{0x33, 60ms, 0us},    // CalcSSec, the successor's
    Documented{0x34, 50ms, 0us},    // DeriveKey, the successor's
    Documented{0x38, 108ms, 0us},   // GenKeyPair
};

FileDescriptor connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return {};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const timeval patience{5, 0};
    const bool connected = socket &&
                           ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
                           ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    return connected ? std::move(socket) : FileDescriptor{};
}

std::string read_all(const FileDescriptor& socket) {
    std::string text;
    std::array<char, 4096> chunk{};
    for (;;) {
        const auto count = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
        if (count <= 0) {
            return text;
        }
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

std::optional<Nanoseconds> documented_chip_time(const Activity& activity) {
    const auto* known = std::ranges::find(documented, activity.command, &Documented::command);
    if (activity.kind != Activity::Kind::apdu || known == documented.end()) {
        return std::nullopt;
    }
    return known->fixed + known->per_byte * static_cast<std::int64_t>(std::max(activity.sent, activity.received));
}

std::optional<Nanoseconds> counted_chip_time(const BusAddress& address) {
    if (address.kind != BusAddress::Kind::unix_socket) {
        return std::nullopt;
    }
    // docs/simulator.md: the second socket of trustx-sim.
    const auto socket = connect_to(address.path + ".ctl");
    static constexpr std::string_view question = "{\"command\":[\"stats\"]}\n";
    if (!socket ||
        ::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(question.size())) {
        return std::nullopt;
    }
    const auto reply = nlohmann::json::parse(read_all(socket), nullptr, false);
    if (!reply.is_object() || !reply.contains("output") || !reply["output"].is_string()) {
        return std::nullopt;
    }
    const auto stats = nlohmann::json::parse(reply["output"].get<std::string>(), nullptr, false);
    if (!stats.is_object() || !stats.contains("chip_time_us") || !stats["chip_time_us"].is_number_integer()) {
        return std::nullopt;
    }
    return std::chrono::microseconds{stats["chip_time_us"].get<std::int64_t>()};
}

}  // namespace trustx::cli
