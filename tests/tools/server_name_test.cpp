// SPDX-License-Identifier: Apache-2.0
// A server's name: how it is read, and that nobody waits for a look-up longer than wanted.
#include "dtls/server_name.hpp"

#include "common/files/input_error.hpp"
#include "common/io/unique_fd.hpp"
#include "dtls/peer_error.hpp"
#include "support/catch.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <tuple>

#include <netinet/in.h>
#include <sys/eventfd.h>

using namespace trustx;
using namespace trustx::cli;

namespace {

// NameServer answers when it is told to, and no sooner.
struct NameServer {
    std::mutex mutex;
    std::condition_variable told;
    bool answers = false;

    Result<std::vector<SocketAddress>> ask() {
        std::unique_lock lock{mutex};
        told.wait(lock, [this] { return answers; });
        return std::vector<SocketAddress>(1);
    }
    void answer() {
        const std::scoped_lock lock{mutex};
        answers = true;
        told.notify_all();
    }
};

const ServerName any_server{.host = "server.example", .port = "5684"};

LookUp ask_of(const std::shared_ptr<NameServer>& server) {
    return [server](const ServerName&, Families) { return server->ask(); };
}

}  // namespace

TEST_CASE("a server is a host and a port, an IPv6 address in brackets", "[dtls]") {
    for (const auto& [text, host, port] :
         {std::tuple{"server.example:5684", "server.example", "5684"}, std::tuple{"192.0.2.1:1", "192.0.2.1", "1"},
          std::tuple{"[2001:db8::1]:65535", "2001:db8::1", "65535"}}) {
        const auto server = parse_server_name(text);
        REQUIRE(server);
        CHECK(server->host == host);
        CHECK(server->port == port);
        CHECK(server->text() == text);
    }
    for (const auto* text : {"", "host", "host:", ":1", "host:0", "host:65536", "host:+1", "host:1x", "host:coap",
                             "2001:db8::1", "::1:5684", "[::1]", "[::1]5684", "[]:1"}) {
        CAPTURE(text);
        const auto server = parse_server_name(text);
        REQUIRE_FALSE(server);
        CHECK(server.error() == InputErrc::usage);
    }
}

TEST_CASE("the system knows its own addresses, by family", "[dtls]") {
    for (const auto& [host, families, family] :
         {std::tuple{"127.0.0.1", Families::any, AF_INET}, std::tuple{"127.0.0.1", Families::ipv4, AF_INET},
          std::tuple{"::1", Families::ipv6, AF_INET6}}) {
        const ServerName server{.host = host, .port = "5684"};
        const auto found = look_up(server, families, std::chrono::seconds{20}, -1);
        REQUIRE(found);
        REQUIRE(found->size() == 1);
        CHECK(found->front().family() == family);
        CHECK(found->front().text() == server.text());
    }
    const auto other_family = look_up({.host = "::1", .port = "1"}, Families::ipv4, std::chrono::seconds{20}, -1);
    REQUIRE_FALSE(other_family);
    CHECK(other_family.error() == PeerErrc::name_not_found);
}

TEST_CASE("a look-up that is not done in time is left behind", "[dtls]") {
    const auto server = std::make_shared<NameServer>();
    const auto found = look_up(any_server, Families::any, std::chrono::milliseconds{1}, -1, ask_of(server));
    REQUIRE_FALSE(found);
    CHECK(found.error() == PeerErrc::name_not_found);
    CHECK_THAT(found.error().message(), ContainsSubstring("server.example was not looked up within"));
    server->answer();
}

TEST_CASE("a user need not wait for a look-up", "[dtls]") {
    const auto server = std::make_shared<NameServer>();
    const UniqueFd interrupt{::eventfd(1, EFD_CLOEXEC)};
    const auto found = look_up(any_server, Families::any, std::chrono::seconds{600}, interrupt.get(), ask_of(server));
    REQUIRE_FALSE(found);
    CHECK(found.error() == PeerErrc::interrupted);
    server->answer();
}

TEST_CASE("an answer in time is taken", "[dtls]") {
    const auto server = std::make_shared<NameServer>();
    server->answer();
    CHECK(look_up(any_server, Families::any, std::chrono::seconds{20}, -1, ask_of(server)).value().size() == 1);
}
