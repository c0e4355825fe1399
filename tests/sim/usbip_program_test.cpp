// SPDX-License-Identifier: Apache-2.0
// trustx-sim --usbip over TCP: peers that behave, and peers that do not.
#include "common/io/time_structs.hpp"
#include "socket_client.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"
#include "usb_host.hpp"
#include "usbip/tcp.hpp"

#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace trustx;
using namespace trustx::test;
using sim::Bytes;

namespace {

// Exporter is a simulator with its own bus socket and port.
struct Exporter {
    Simulator simulator{{.arguments = {"--usbip", "127.0.0.1:0"}}};
    sim::usbip::Endpoint endpoint = [this] {
        const auto line = simulator.process().wait_for_line("exporting over USB/IP on ");
        return sim::usbip::parse_endpoint(line.substr(line.rfind(' ') + 1)).value();
    }();
};

struct TcpPeer {
    explicit TcpPeer(const sim::usbip::Endpoint& endpoint) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.port)));
        REQUIRE(::inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) == 1);
        REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        const timeval limit = io::to_timeval(patience());
        REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    }

    UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    UsbHost host{
        [this](const Bytes& bytes) {
            REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
        },
        [this](std::size_t count) { return receive(count); }};

    Bytes receive(std::size_t count) const {
        Bytes bytes(count);
        REQUIRE((count == 0 || ::recv(fd.get(), bytes.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count)));
        return bytes;
    }
    [[nodiscard]] bool closed() const {
        std::uint8_t byte = 0;
        return ::recv(fd.get(), &byte, 1, 0) == 0;
    }
};

}  // namespace

TEST_CASE("trustx-sim: the same chip is behind USB/IP and the bus socket", "[usbip]") {
    const Exporter exporter;
    TcpPeer peer(exporter.endpoint);
    REQUIRE(peer.host.import_device() == 0);
    SocketClient client(exporter.simulator.socket());
    CHECK(client.ask("01300003810019") == "000000");
    CHECK(peer.host.i2c_write(0x30, "81").empty());
    CHECK(peer.host.i2c_read(0x30, 2) == "0019");
    CHECK(exporter.simulator.stats().at("transfers") == 3);
}

TEST_CASE("trustx-sim: a host that vanishes gives the device back", "[usbip]") {
    const Exporter exporter;
    for (int time = 0; time < 3; ++time) {
        TcpPeer peer(exporter.endpoint);
        // The former connection's end may be noticed after the new one's begin.
        std::uint32_t status = peer.host.import_device();
        for (int again = 0; status == 2 && again < 1000; ++again) {
            TcpPeer other(exporter.endpoint);
            std::swap(peer.fd, other.fd);
            status = peer.host.import_device();
        }
        REQUIRE(status == 0);
        CHECK(peer.host.i2c_write(0x30, "82").empty());
    }
}

TEST_CASE("trustx-sim: a peer that sends nonsense or nothing does not disturb another", "[usbip]") {
    const Exporter exporter;
    TcpPeer good(exporter.endpoint);
    REQUIRE(good.host.import_device() == 0);
    TcpPeer silent(exporter.endpoint);
    TcpPeer half(exporter.endpoint);
    half.host.send(*sim::from_hex("011180"));
    TcpPeer bad(exporter.endpoint);
    bad.host.send(*sim::from_hex("FFFFFFFFFFFFFFFF"));
    CHECK(bad.closed());
    CHECK(good.host.i2c_write(0x30, "82").empty());
    CHECK(good.host.i2c_read(0x30, 4) == "08000000");
}

TEST_CASE("trustx-sim: without --listen the bus socket is in a separate directory and is removed with it", "[usbip]") {
    std::filesystem::path socket;
    {
        Process process(program("trustx-sim"), {"--usbip", "[::1]:0"});
        const auto line = process.wait_for_line("listening on unix:");
        socket = line.substr(line.find("unix:") + 5);
        process.wait_for_line("exporting over USB/IP on [::1]:");
        SocketClient client(socket);
        CHECK(client.ask("01300000") == "000000");
        CHECK(process.terminate().ok());
    }
    CHECK_FALSE(exists(socket.parent_path()));
}

TEST_CASE("trustx-sim: an endpoint that cannot be used is refused with the reason", "[usbip]") {
    const Exporter exporter;
    const auto taken = run(program("trustx-sim"), {"--usbip", exporter.endpoint.text()});
    CHECK(taken.status == 1);
    CHECK_THAT(taken.err, ContainsSubstring(exporter.endpoint.text()) && ContainsSubstring("in use"));
    const auto malformed =
        run(program("trustx-sim"), {"--usbip", GENERATE("3240", "127.0.0.1", "127.0.0.1:99999", "::1:3240", ":1")});
    CHECK(malformed.status == 2);
    CHECK_THAT(malformed.err, ContainsSubstring("127.0.0.1:3240"));
}

TEST_CASE("trustx-sim ends at once while a host has the device", "[usbip]") {
    Exporter exporter;
    TcpPeer peer(exporter.endpoint);
    REQUIRE(peer.host.import_device() == 0);
    CHECK(exporter.simulator.process().terminate().ok());
    CHECK(peer.closed());
}
