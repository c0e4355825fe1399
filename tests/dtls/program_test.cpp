// SPDX-License-Identifier: Apache-2.0
// Programs that share a chip for DTLS, each with a connection of its own; one of them is killed. The server is libssl
// in this process, on a real UDP socket.
#include "common/io/unique_fd.hpp"
#include "dtls_peer.hpp"  // of the simulator's tests
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>
#include <trustx/settings.hpp>

#include <csignal>
#include <map>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

// UdpServers is one UDP socket with a server for each client that sends to it.
class UdpServers {
 public:
    UdpServers(const Identity& identity, ServerOptions options)
        : identity_{identity}, options_{std::move(options)}, fd_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("no UDP socket");
        }
        port_ = ntohs(address.sin_port);
    }

    [[nodiscard]] std::string port() const { return std::to_string(port_); }

    // serve works until the condition holds; false after a time that is always enough.
    template <class Condition>
    bool serve_until(const Condition& condition) {
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= end) {
                return false;
            }
            pollfd event{.fd = fd_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&event, 1, 50) > 0) {
                take();
            }
            for (auto& [port, server] : servers_) {
                if (server->left() == Duration::zero()) {
                    server->expire();
                    send(port, *server);
                }
            }
        }
        return true;
    }

    [[nodiscard]] std::size_t messages() const {
        std::size_t count = 0;
        for (const auto& [port, server] : servers_) {
            count += server->received().size();
        }
        return count;
    }
    // plaintexts are datagrams that are no records of DTLS.
    [[nodiscard]] std::size_t plaintexts() const { return plaintexts_; }
    [[nodiscard]] std::size_t clients() const { return servers_.size(); }

 private:
    void take() {
        Bytes datagram(2000);
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const auto got = ::recvfrom(fd_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&from), &size);
        if (got <= 0) {
            return;
        }
        datagram.resize(static_cast<std::size_t>(got));
        constexpr std::uint8_t lowest_type = 20;  // of a record (RFC 5246 section 6.2.1)
        constexpr std::uint8_t highest_type = 23;
        plaintexts_ += datagram[0] < lowest_type || datagram[0] > highest_type ? 1U : 0U;
        auto& server = servers_[ntohs(from.sin_port)];
        if (!server) {
            server = std::make_unique<DtlsServer>(identity_, options_);
            server->echoes = true;
        }
        server->deliver(datagram);
        send(ntohs(from.sin_port), *server);
    }

    void send(std::uint16_t port, DtlsServer& server) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(port);
        for (const auto& datagram : server.output()) {
            static_cast<void>(::sendto(fd_.get(), datagram.data(), datagram.size(), 0,
                                       reinterpret_cast<const sockaddr*>(&to), sizeof to));
        }
    }

    const Identity& identity_;
    ServerOptions options_;
    UniqueFd fd_;
    std::uint16_t port_ = 0;
    std::size_t plaintexts_ = 0;
    std::map<std::uint16_t, std::unique_ptr<DtlsServer>> servers_;
};

struct Bench {
    Bench() {
        SettingOverrides overrides;
        overrides.command_line = simulator.address();
        auto settings = resolve_settings(overrides).value();
        settings.options.lock_directory = (files / "locks").string();
        device = Device::open(settings.address, settings.options);
        auto locked = device->lock().value();
        REQUIRE(write_object(locked, object::trust_anchor_1, root.der()));
    }

    // redirections are as sh has them.
    Process client(const std::string& text, const std::string& seconds, const std::string& redirections = {}) {
        ProcessOptions options;
        options.environment = {{"TRUSTX_DEVICE", simulator.address()},
                               {"TRUSTX_CONF", "/dev/null"},
                               {"TRUSTX_LOCK_DIRECTORY", (files / "locks").string()}};
        return Process{"sh",
                       {"-c", "exec \"$0\" \"$@\" " + redirections, program("examples/dtls_client"), "127.0.0.1",
                        servers.port(), text, seconds},
                       options};
    }

    Identity root = issue("Root", nullptr, {.authority = true});
    Identity server = issue("Server", &root);
    Simulator simulator;
    TempDir files;
    UdpServers servers{server, {}};
    std::unique_ptr<Device> device;
};

}  // namespace

TEST_CASE("two programs have a connection each, through one chip", "[dtls]") {
    Bench bench;
    auto first = bench.client("from the first", "30");
    REQUIRE(bench.servers.serve_until([&] { return bench.servers.messages() == 1; }));
    first.wait_for_line("from the first");
    auto second = bench.client("from the second", "0");
    REQUIRE(bench.servers.serve_until([&] { return !second.running(); }));
    const auto ended = second.wait();
    CAPTURE(ended.both());
    CHECK(ended.ok());
    CHECK(ended.out == "from the second\n");
    CHECK(bench.servers.clients() == 2);
    CHECK(first.running());
}

TEST_CASE("the session object of a program that was killed is free, and its state is not in the way", "[dtls]") {
    Bench bench;
    std::vector<SessionLease> leases;
    for (int i = 0; i < 3; ++i) {
        leases.push_back(bench.device->lease_session(0ms).value());
    }
    auto first = bench.client("from the first", "600");
    REQUIRE(bench.servers.serve_until([&] { return bench.servers.messages() == 1; }));
    first.wait_for_line("from the first");
    CHECK(bench.device->lease_session(0ms).error() == Errc::lock_timeout);
    static_cast<void>(first.kill9());
    auto second = bench.client("from the second", "0");
    REQUIRE(bench.servers.serve_until([&] { return !second.running(); }));
    const auto ended = second.wait();
    CAPTURE(ended.both());
    CHECK(ended.ok());
    CHECK(ended.out == "from the second\n");
}

TEST_CASE("an answer that cannot be printed is not sent back in plaintext, and not lost in silence", "[dtls]") {
    const auto* redirections = GENERATE(">&-", "<&- >&- 2>&-", ">/dev/full");
    Bench bench;
    auto client = bench.client("secret", "0", redirections);
    REQUIRE(bench.servers.serve_until([&] { return !client.running(); }));
    const auto ended = client.wait();
    CAPTURE(redirections, ended.both());
    CHECK(ended.status == 1);
    CHECK(bench.servers.messages() == 1);
    CHECK(bench.servers.plaintexts() == 0);
}

TEST_CASE("a program finds nobody at the server's port, and says so at once", "[dtls]") {
    Bench bench;
    std::string port;
    {
        const UdpServers gone{bench.server, {}};
        port = gone.port();
    }
    ProcessOptions options;
    options.environment = {{"TRUSTX_DEVICE", bench.simulator.address()},
                           {"TRUSTX_CONF", "/dev/null"},
                           {"TRUSTX_LOCK_DIRECTORY", (bench.files / "locks").string()}};
    const auto outcome = run(program("examples/dtls_client"), {"127.0.0.1", port, "x"}, options);
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("Connection refused"));
}
