// SPDX-License-Identifier: Apache-2.0
// What the kernel says of this computer's network (proc(5): /proc/net/tcp and its like, /proc/net/dev), in the form
// that Device Defender takes (aws-iot.md section 8.3).
#pragma once

#include "requests/json.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

struct TcpConnection {
    std::string remote;  // "192.0.2.1:8883", "[2001:db8::1]:8883"
    std::uint16_t local_port = 0;

    friend bool operator==(const TcpConnection&, const TcpConnection&) = default;
};

// Sockets is what one or more of the tables say together.
struct Sockets {
    std::set<std::uint16_t> listening;
    std::vector<TcpConnection> established;
};

// TCP tables have states; a UDP socket without a peer listens. Lines that are none are passed over.
void add_tcp(std::string_view table, Sockets& sockets);
void add_udp(std::string_view table, Sockets& sockets);

// Traffic counts all interfaces but the loopback, since the start of the computer.
struct Traffic {
    std::uint64_t bytes_in = 0;
    std::uint64_t packets_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t packets_out = 0;

    friend bool operator==(const Traffic&, const Traffic&) = default;
};
[[nodiscard]] Traffic read_traffic(std::string_view table);

struct NetworkState {
    Sockets tcp;
    Sockets udp;
    Traffic traffic;
};

// read_network reads the kernel's tables; what cannot be read counts as empty.
[[nodiscard]] NetworkState read_network();

// network_metrics is the object of `metrics` of a report. Traffic is that since `before`; without it there is none.
[[nodiscard]] Json network_metrics(const NetworkState& now, const std::optional<Traffic>& before);

}  // namespace trustx::mqtt
