// SPDX-License-Identifier: Apache-2.0
// Reports to Device Defender: what the kernel's tables say, and reports until they are answered.
#include "defender/network.hpp"
#include "defender/reporter.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

using namespace trustx::mqtt;
using namespace std::chrono_literals;
using trustx::test::VirtualClock;

namespace {

constexpr const char* tcp_table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1058 1\n"
    "   1: 0A0200C0:C350 010200C0:22B3 01 00000000:00000000 00:00000000 00000000     0        0 1059 1\n"
    "   2: 0A0200C0:C351 010200C0:22B3 06 00000000:00000000 00:00000000 00000000     0        0 1060 1\n"
    "   3: nonsense\n";

constexpr const char* tcp6_table =
    "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1 1\n"
    "   1: 000080FE00000000000000000100000A:C350 B80D0120000000000000000001000000:22B3 01 0:0 00:0 0 0 0 1 1\n";

struct DefenderWorld {
    DefenderWorld() { body["metrics"] = Json::object(); }
    VirtualClock clock;
    std::int64_t now = 1'700'000'000;
    Json body = Json::object();
    MetricsReporter reporter{
        {clock, "gw", [this] { return now; }, [this] { return body; }, 300s, [](Level, const std::string&) {}}};

    void answer(const Publication& report, bool accepted, const std::string& code = "") {
        Json reply = Json::object();
        reply["thingName"] = "gw";
        reply["reportId"] = read_object(report.payload)->at("header").at("report_id");
        reply["statusDetails"]["ErrorCode"] = code;
        reporter.arrived(report.topic + (accepted ? "/accepted" : "/rejected"), write(reply));
    }
    Publication sent() {
        const auto report = reporter.next();
        REQUIRE(report);
        return *report;
    }
};

}  // namespace

TEST_CASE("ports and connections are those of the kernel's tables", "[defender]") {
    Sockets tcp;
    add_tcp(tcp_table, tcp);
    CHECK(tcp.listening == std::set<std::uint16_t>{80});
    CHECK(tcp.established == std::vector<TcpConnection>{{"192.0.2.1:8883", 50000}});
    add_tcp(tcp6_table, tcp);
    CHECK(tcp.listening == std::set<std::uint16_t>{22, 80});
    REQUIRE(tcp.established.size() == 2);
    CHECK(tcp.established[1].remote == "[2001:db8::1]:8883");
    Sockets udp;
    add_udp("   0: 00000000:0044 00000000:0000 07 0:0\n   1: 0100007F:1234 0100007F:0035 01 0:0\n", udp);
    CHECK(udp.listening == std::set<std::uint16_t>{68});
}

TEST_CASE("traffic is that of all interfaces but the loopback, since the last report", "[defender]") {
    const auto traffic = read_traffic(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop\n"
        "    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n"
        "  eth0: 100 10 0 0 0 0 0 0 200 20 0 0 0 0 0 0\n"
        " wlan0:1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n"
        "   bad: 1\n");
    CHECK(traffic == Traffic{101, 12, 203, 24});
    const NetworkState now{{{80}, {{"192.0.2.1:8883", 50000}}}, {}, traffic};
    CHECK_FALSE(network_metrics(now, {}).contains("network_stats"));
    const auto metrics = network_metrics(now, Traffic{100, 2, 300, 4});
    CHECK(metrics.at("network_stats").at("bytes_in") == 1);
    CHECK(metrics.at("network_stats").at("bytes_out") == 0);
    CHECK(write(metrics.at("listening_tcp_ports")) == R"({"ports":[{"port":80}],"total":1})");
    CHECK(
        write(metrics.at("tcp_connections")) ==
        R"({"established_connections":{"connections":[{"remote_addr":"192.0.2.1:8883","local_port":50000}],"total":1}})");
}

TEST_CASE("a report has a header, and its number grows whatever the clock does", "[defender]") {
    DefenderWorld world;
    world.reporter.connected();
    const auto first = world.sent();
    CHECK(first.topic == "$aws/things/gw/defender/metrics/json");
    CHECK(read_object(first.payload)->at("header").at("version") == "1.0");
    CHECK_FALSE(world.reporter.next());
    world.answer(first, true);
    CHECK(world.reporter.accepted() == 1);
    world.now -= 1000;
    world.clock.sleep_until(world.reporter.wakes_at().value());
    world.reporter.wake();
    const auto second = world.sent();
    CHECK(read_object(second.payload)->at("header").at("report_id") == 1'700'000'001);
}

TEST_CASE("reports are not more frequent than their interval, however often the connection is lost", "[defender]") {
    DefenderWorld world;
    world.reporter.connected();
    world.answer(world.sent(), true);
    for (int round = 0; round < 5; ++round) {
        world.reporter.connection_lost();
        world.reporter.connected();
        CHECK_FALSE(world.reporter.next());
    }
    CHECK(world.reporter.wakes_at() == world.clock.now() + 300s);
}

TEST_CASE("a report is sent again until it is answered; a duplicate was accepted", "[defender]") {
    DefenderWorld world;
    world.reporter.connected();
    const auto first = world.sent();
    if (GENERATE(true, false)) {
        world.reporter.connection_lost();
        world.reporter.connected();
    } else {
        world.clock.sleep_until(world.reporter.wakes_at().value());
        world.reporter.wake();
    }
    world.reporter.wake();  // at another moment than its own: nothing is due
    const auto again = world.sent();
    CHECK_FALSE(world.reporter.next());
    CHECK(again.payload == first.payload);
    world.answer(again, false, "DuplicateReportId");
    CHECK(world.reporter.accepted() == 1);
    CHECK(world.reporter.rejected() == 0);
}

TEST_CASE("a refused report is given up, and the next one comes in its time", "[defender]") {
    DefenderWorld world;
    world.reporter.connected();
    world.answer(world.sent(), false, GENERATE(as<std::string>{}, "Throttled", "DuplicateReportId"));
    CHECK(world.reporter.rejected() == 1);
    CHECK(world.reporter.wakes_at() == world.clock.now() + 300s);
}
