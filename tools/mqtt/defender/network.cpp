// SPDX-License-Identifier: Apache-2.0
#include "defender/network.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <functional>
#include <sstream>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace trustx::mqtt {
namespace {

constexpr std::string_view tcp_established = "01";
constexpr std::string_view tcp_listening = "0A";
constexpr std::string_view udp_without_peer = "07";
constexpr std::size_t most_listed = 50;  // ports or connections in a report; the total tells of the rest

struct Endpoint {
    std::string address;
    std::uint16_t port = 0;
};

template <class Number>
std::optional<Number> number_in(std::string_view text, int base) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

// address_in reads the kernel's hexadecimal: words of 32 bits, each in the order of the computer.
std::optional<std::string> address_in(std::string_view digits) {
    std::array<std::uint32_t, 4> words{};
    const auto count = digits.size() / 8;
    if ((count != 1 && count != 4) || digits.size() % 8 != 0) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const auto word = number_in<std::uint32_t>(digits.substr(8 * i, 8), 16);
        if (!word) {
            return std::nullopt;
        }
        words.at(i) = *word;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size()) == nullptr) {
        return std::nullopt;
    }
    return count == 1 ? std::string{text.data()} : "[" + std::string{text.data()} + "]";
}

std::optional<Endpoint> endpoint_in(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = address_in(text.substr(0, colon));
    const auto port = number_in<std::uint16_t>(text.substr(colon + 1), 16);
    return address && port ? std::optional{Endpoint{*address, *port}} : std::nullopt;
}

using OnSocket = std::function<void(const Endpoint& local, const Endpoint& remote, std::string_view state)>;

void for_each_socket(std::string_view table, const OnSocket& act) {
    std::istringstream lines{std::string{table}};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string number;
        std::string local_text;
        std::string remote_text;
        std::string state;
        words >> number >> local_text >> remote_text >> state;
        const auto local = endpoint_in(local_text);
        const auto remote = endpoint_in(remote_text);
        if (local && remote) {
            act(*local, *remote, state);
        }
    }
}

std::string content_of(const char* path) {
    const std::ifstream file{path};
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

Json ports_metric(const std::set<std::uint16_t>& ports) {
    Json metric = Json::object();
    metric["ports"] = Json::array();
    for (const auto port : ports) {
        if (metric["ports"].size() < most_listed) {
            metric["ports"].push_back(Json::object({{"port", port}}));
        }
    }
    metric["total"] = ports.size();
    return metric;
}

Json connections_metric(const std::vector<TcpConnection>& connections) {
    Json list = Json::array();
    for (const auto& [remote, local_port] : connections) {
        if (list.size() < most_listed) {
            list.push_back(Json::object({{"remote_addr", remote}, {"local_port", local_port}}));
        }
    }
    Json metric = Json::object();
    metric["established_connections"]["connections"] = std::move(list);
    metric["established_connections"]["total"] = connections.size();
    return metric;
}

}  // namespace

void add_tcp(std::string_view table, Sockets& sockets) {
    for_each_socket(table, [&](const Endpoint& local, const Endpoint& remote, std::string_view state) {
        if (state == tcp_listening) {
            sockets.listening.insert(local.port);
        } else if (state == tcp_established) {
            sockets.established.push_back({remote.address + ":" + std::to_string(remote.port), local.port});
        }
    });
}

void add_udp(std::string_view table, Sockets& sockets) {
    for_each_socket(table, [&](const Endpoint& local, const Endpoint& remote, std::string_view state) {
        if (state == udp_without_peer && remote.port == 0) {
            sockets.listening.insert(local.port);
        }
    });
}

Traffic read_traffic(std::string_view table) {
    Traffic sum;
    std::istringstream lines{std::string{table}};
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(':');
        const auto begin = line.find_first_not_of(' ');
        if (colon == std::string::npos || line.substr(begin, colon - begin) == "lo") {
            continue;
        }
        std::istringstream words{line.substr(colon + 1)};
        std::array<std::uint64_t, 16> counts{};  // 8 of what came in, 8 of what went out; bytes and packets first
        for (auto& count : counts) {
            words >> count;
        }
        if (words) {
            sum.bytes_in += counts[0];
            sum.packets_in += counts[1];
            sum.bytes_out += counts[8];
            sum.packets_out += counts[9];
        }
    }
    return sum;
}

// Not /proc/net, which a service with ProcSubset=pid does not see (systemd.exec(5)).
NetworkState read_network() {
    NetworkState state;
    add_tcp(content_of("/proc/self/net/tcp"), state.tcp);
    add_tcp(content_of("/proc/self/net/tcp6"), state.tcp);
    add_udp(content_of("/proc/self/net/udp"), state.udp);
    add_udp(content_of("/proc/self/net/udp6"), state.udp);
    state.traffic = read_traffic(content_of("/proc/self/net/dev"));
    return state;
}

Json network_metrics(const NetworkState& now, const std::optional<Traffic>& before) {
    Json metrics = Json::object();
    metrics["listening_tcp_ports"] = ports_metric(now.tcp.listening);
    metrics["listening_udp_ports"] = ports_metric(now.udp.listening);
    metrics["tcp_connections"] = connections_metric(now.tcp.established);
    if (before) {
        // An interface that is gone took its counts with it.
        const auto since = [](std::uint64_t later, std::uint64_t earlier) {
            return later >= earlier ? later - earlier : 0;
        };
        auto& stats = metrics["network_stats"];
        stats["bytes_in"] = since(now.traffic.bytes_in, before->bytes_in);
        stats["bytes_out"] = since(now.traffic.bytes_out, before->bytes_out);
        stats["packets_in"] = since(now.traffic.packets_in, before->packets_in);
        stats["packets_out"] = since(now.traffic.packets_out, before->packets_out);
    }
    return metrics;
}

}  // namespace trustx::mqtt
