// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt as a service: what it tells the service manager and the journal, new credentials while it runs, settings
// from a file, and the way through a proxy.
#include "broker_world.hpp"
#include "common/io/unique_fd.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"

#include <array>
#include <csignal>
#include <cstring>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

using namespace trustx;
using namespace trustx::test;

namespace {

// DatagramSocket is one of those on which systemd listens, such as the service manager's end of sd_notify(3).
class DatagramSocket {
 public:
    explicit DatagramSocket(std::string path) : path_{std::move(path)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path_.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path_.c_str(), path_.size());
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }

    [[nodiscard]] ProcessOptions options() const {
        return {.environment = {{"NOTIFY_SOCKET", path_}, {"WATCHDOG_USEC", "2000000"}},
                .without_environment = {"WATCHDOG_PID"}};
    }

    // wait_for gives the first notice that has the text; what comes before it is forgotten.
    std::string wait_for(const std::string& text) {
        for (;;) {
            pollfd readable{socket_.get(), POLLIN, 0};
            if (::poll(&readable, 1, static_cast<int>(patience().count())) <= 0) {
                throw std::runtime_error("no notice of " + text);
            }
            std::array<char, 4096> notice{};
            const auto got = ::recv(socket_.get(), notice.data(), notice.size(), 0);
            const std::string said(notice.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            if (said.find(text) != std::string::npos) {
                return said;
            }
        }
    }

 private:
    std::string path_;
    UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

std::string numbered_lines(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
        lines += std::to_string(i) + "\n";
    }
    return lines;
}

}  // namespace

TEST_CASE("trustx-mqtt tells the service manager that it is ready, alive, reloading and stopping", "[mqtt][service]") {
    SoftwareWorld world;
    DatagramSocket manager{world.file("notify")};
    const auto status = world.file("status.json");
    auto process = world.start_client("served", {"--subscribe", "t", "--status-file", status}, manager.options());
    CHECK_THAT(manager.wait_for("READY=1"), ContainsSubstring("STATUS=connected to localhost"));
    world.broker.wait_for_log("Sending SUBACK to served");
    manager.wait_for("WATCHDOG=1");
    CHECK(nlohmann::json::parse(read_file(status)).at("state") == "connected");

    process.signal(SIGHUP);
    CHECK_THAT(manager.wait_for("RELOADING=1"), ContainsSubstring("MONOTONIC_USEC="));
    manager.wait_for("READY=1");
    process.signal(SIGTERM);
    manager.wait_for("STOPPING=1");
    CHECK(process.wait().status == 0);
    const auto counters = nlohmann::json::parse(read_file(status)).at("counters");
    CHECK(counters.at("connections") == 2);
    CHECK(counters.at("reloads") == 1);
    CHECK(counters.at("lost") == 0);
}

TEST_CASE("trustx-mqtt takes another certificate and key at SIGHUP, and loses and doubles no message",
          "[mqtt][service]") {
    SoftwareWorld world;
    world.make_client("successor");
    constexpr int count = 600;
    auto listener = world.start_client("listener", {"--subscribe", "t", "-C", std::to_string(count)});
    listener.wait_for_error_line("subscribed to t");
    const auto status = world.file("status.json");
    auto publisher =
        world.start_client("gateway", {"-t", "t", "--status-file", status}, {.input = numbered_lines(count)});
    publisher.wait_for_error_line("connected to");
    for (const char* part : {"-key.pem", "-cert.pem"}) {
        std::filesystem::rename(world.file(std::string{"successor"} + part), world.file(std::string{"client"} + part));
    }
    publisher.signal(SIGHUP);
    const auto published = publisher.wait();
    INFO(published.both());
    CHECK(published.status == 0);
    CHECK_THAT(published.err, ContainsSubstring("the credentials are reloaded"));
    CHECK(listener.wait().out == numbered_lines(count));
    CHECK(nlohmann::json::parse(read_file(status)).at("counters").at("delivered") == count);
    world.broker.wait_for_log("u'successor'");
}

TEST_CASE("credentials that cannot be used are not taken at SIGHUP, and the connection stays", "[mqtt][service]") {
    SoftwareWorld world;
    auto process = world.start_client("c", {"--subscribe", "t", "-C", "1"});
    process.wait_for_error_line("subscribed to t");
    write_file(world.file("client-cert.pem"), "nothing");
    process.signal(SIGHUP);
    process.wait_for_error_line("the credentials are not reloaded");
    world.make_client("client");
    CHECK(world.run_client("pub", {"-t", "t", "-m", "still there"}).status == 0);
    const auto outcome = process.wait();
    CHECK(outcome.out == "still there\n");
    CHECK_THAT(outcome.err, !ContainsSubstring("was lost"));
}

TEST_CASE("lines for the journal have the priority of each message, and no name", "[mqtt][service]") {
    const TempDir directory;
    const auto log = (directory / "log").string();
    const std::string script = "exec 2>'" + log + "'; JOURNAL_STREAM=$(stat -c %d:%i '" + log + "') exec '" +
                               program("trustx-mqtt").string() + "' -h h --ca '" + log +
                               ".none' --key k --cert c -t t -m m --log text";
    CHECK(run("sh", {"-c", script}).status == 3);
    CHECK_THAT(read_file(log), ContainsSubstring("<3>the CA file"));
    CHECK_THAT(read_file(log), !ContainsSubstring("trustx-mqtt: "));
}

// In a mount namespace of its own, where /run is the test's.
TEST_CASE("the journal gets an entry with fields for each message", "[mqtt][service]") {
    const TempDir directory;
    DatagramSocket journal{(directory / "socket").string()};
    const std::string script = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && ln -s '" +
                               (directory / "socket").string() + "' /run/systemd/journal/socket && exec '" +
                               program("trustx-mqtt").string() +
                               "' -h h --ca none --key k --cert c -t t -m m --log journal";
    const auto outcome = run("unshare", {"--user", "--map-root-user", "--mount", "sh", "-c", script + " || exit 77"});
    INFO(outcome.both());
    if (outcome.status != 3) {
        CHECK_THAT(outcome.err, ContainsSubstring("unshare") || ContainsSubstring("mount"));  // not allowed here
        return;
    }
    CHECK(outcome.err.empty());
    const auto entry = journal.wait_for("MESSAGE=");
    CHECK_THAT(entry, ContainsSubstring("MESSAGE=the CA file: cannot read none"));
    CHECK_THAT(entry, ContainsSubstring("\nPRIORITY=3\n"));
    CHECK_THAT(entry, ContainsSubstring("\nSYSLOG_IDENTIFIER=trustx-mqtt\n"));
}

TEST_CASE("trustx-mqtt reads options from a file, and those of the command line go before", "[mqtt][service]") {
    SoftwareWorld world;
    write_file(world.file("mqtt.conf"),
               "# a service\nclient-id = \"from-file\"\ntopic = [\"a\", \"b\"]\nqos = 1\n"
               "mqtt-version = 5\nquiet = true\n");
    auto arguments = world.arguments("from-line", {"--config", world.file("mqtt.conf"), "-m", "x"});
    const auto outcome = run(program("trustx-mqtt"), arguments, {.without_environment = {"OPENSSL_CONF"}});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.err.empty());
    world.broker.wait_for_log("as from-line (p5");
    world.broker.wait_for_log("'b'");
    write_file(world.file("mqtt.conf"), "topics = \"a\"\n");
    CHECK(run(program("trustx-mqtt"), arguments).status == 2);
}

TEST_CASE("trustx-mqtt reaches a broker through an HTTP proxy", "[mqtt][service]") {
    SoftwareWorld world;
    const auto port = std::to_string(unused_port());
    write_file(world.file("proxy.conf"), "Port " + port + "\nListen 127.0.0.1\nConnectPort " +
                                             std::to_string(world.broker.port()) + "\nLogFile \"" +
                                             world.file("proxy.log") + "\"\nLogLevel Connect\n");
    Process proxy{"tinyproxy", {"-d", "-c", world.file("proxy.conf")}};
    const ProcessOptions through{.environment = {{"https_proxy", "http://127.0.0.1:" + port}}};
    // It says nothing when it listens: the client tries until then.
    const auto outcome = world.run_client("c", {"-t", "t", "-m", "x"}, through);
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK_THAT(read_file(world.file("proxy.log")), ContainsSubstring("CONNECT localhost:"));
}

TEST_CASE("trustx-mqtt takes key, certificate and trust anchor from the chip that it is told", "[mqtt][service]") {
    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    Gateway gateway{ca};
    Broker broker{{.directory = directory.path(),
                   .client_ca = ca.certificate(),
                   .certificate = ca.issue_server("broker", "DNS:localhost"),
                   .tls = {},
                   .further_configuration = {}}};
    REQUIRE(gateway.run_ours("trustx", {"anchor", "write", "E0E8", ca.certificate()}).ok());
    auto environment = gateway.environment();
    environment.erase("TRUSTX_DEVICE");
    static_cast<void>(gateway.key_uses());
    const auto outcome =
        run(program("trustx-mqtt"),
            {"-h", "localhost", "-p", std::to_string(broker.port()), "--ca", "trustx:E0E8", "--key", "trustx:E0F1",
             "--cert", "trustx:E0E1", "--device", gateway.chip().address(), "-t", "t", "-m", "x", "--once"},
            {.environment = environment, .without_environment = {"TRUSTX_DEVICE"}});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(gateway.key_uses() == 1);
}
