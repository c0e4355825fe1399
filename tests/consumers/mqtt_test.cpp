// SPDX-License-Identifier: Apache-2.0
// Other people's MQTT: mosquitto's clients, its broker and its bridge, Paho C and Paho C++. Each connection costs the
// chip one signature on the side that has its key there, in every arrangement of providers, version of TLS and curve.
#include "host.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <csignal>
#include <regex>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace trustx::test;

namespace {

// A broker whose key is in software, or with an environment of the provider the one in the chip.
BrokerOptions broker_options(const Host& host, const Identity& identity, const std::string& tls,
                             const Environment& environment = {}) {
    return {.directory = host.path(""),
            .client_ca = host.ca(),
            .certificate = identity,
            .tls = tls,
            .further_configuration = {},
            .environment = environment};
}

Arguments client_arguments(const Broker& broker, const Host& host, const Identity& identity, const Arguments& more) {
    Arguments arguments{"-h",       "localhost",  "-p",     std::to_string(broker.port()),
                        "--cafile", host.ca(),    "--cert", identity.certificate,
                        "--key",    identity.key, "-q",     "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

// wait_for_a_waiter returns when a process waits for the chip that another one has locked: those that wait have bytes
// of the lock file locked, far behind its record.
void wait_for_a_waiter(const std::filesystem::path& locks) {
    std::filesystem::path file;
    for (const auto& entry : std::filesystem::directory_iterator(locks)) {
        // That of a chip names its address; the simulator has one, too.
        file = entry.path().string().find("@30.lock") != std::string::npos ? entry.path() : file;
    }
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0);
    const auto deadline = std::chrono::steady_clock::now() + patience();
    struct flock waiting {};
    do {
        std::this_thread::yield();
        waiting = {};
        waiting.l_type = F_WRLCK;
        waiting.l_whence = SEEK_SET;
        waiting.l_start = 0x10000;
    } while (::fcntl(fd, F_OFD_GETLK, &waiting) == 0 && waiting.l_type == F_UNLCK &&
             std::chrono::steady_clock::now() < deadline);
    ::close(fd);
    CHECK(waiting.l_type != F_UNLCK);
}

}  // namespace

TEST_CASE("libmosquitto cancels its thread while that waits for the chip, and the program connects again",
          "[consumers]") {
    const Host host{"P-256"};
    const Broker broker{broker_options(host, host.software_server(), "")};
    auto environment = host.environment(Arrangement::default_first);
    write_file(host.path("impatient.conf"), "lock-timeout-ms = 2000\n");
    environment["TRUSTX_CONF"] = host.path("impatient.conf");
    Process owner{program("trustx_neighbour"), {"hold"}, {.environment = environment}};
    owner.wait_for_line("locked");

    Process client{program("consumer_mosquitto_cancel"),
                   {std::to_string(broker.port()), host.ca(), host.client().certificate, host.client().key},
                   {.environment = environment}};
    wait_for_a_waiter(host.locks());
    client.signal(SIGUSR1);
    client.wait_for_line("stopped");
    owner.kill9();
    static_cast<void>(host.counters());
    client.signal(SIGUSR1);
    const auto outcome = client.wait();
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK_THAT(outcome.out, ContainsSubstring("published"));
    CHECK(host.key_uses() == 1);
}

TEST_CASE("mosquitto_pub and mosquitto_sub use the client key once each", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const auto tls = GENERATE(from_range(both_versions));
    const Host host{curve};
    const Broker broker{broker_options(host, host.software_server(), tls)};
    for (const auto arrangement : every_configuration) {
        INFO(curve << " TLS " << tls << " " << name_of(arrangement));
        const auto environment = host.environment(arrangement);
        const auto topic = "topic/" + name_of(arrangement);
        const auto client = [&](const char* program, const Arguments& more) {
            return Host::must_run(environment, program, client_arguments(broker, host, host.client(), more));
        };
        static_cast<void>(host.counters());
        client("mosquitto_pub", {"-r", "-t", topic, "-m", "hello"});
        CHECK(host.key_uses() == 1);
        CHECK(client("mosquitto_sub", {"-t", topic, "-C", "1"}).out == "hello\n");
        CHECK(host.key_uses() == 1);
    }
    CHECK_THAT(broker.log(), ContainsSubstring("as client, ") || ContainsSubstring("New client connected"));
}

TEST_CASE("the mosquitto broker uses its server key once for each connection, and never for a resumed one",
          "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const auto tls = GENERATE(from_range(both_versions));
    const Host host{curve};
    for (const auto arrangement : every_configuration) {
        INFO(curve << " TLS " << tls << " " << name_of(arrangement));
        static_cast<void>(host.counters());
        const Broker broker{broker_options(host, host.server(), "", host.environment(arrangement, tls))};
        CHECK(host.counters().transfers == 0);  // the key is loaded and compared with its certificate
        for (int i = 0; i < 2; ++i) {
            Host::must_run(host.plain_environment(), "mosquitto_pub",
                           client_arguments(broker, host, host.software_client(), {"-t", "t", "-m", "hello"}));
            CHECK(host.key_uses() == 1);
        }
        // mosquitto's own clients do not keep sessions.
        const auto connect = [&](const char* option) {
            return Host::must_run(
                host.plain_environment(), "openssl",
                {"s_client", "-connect", "localhost:" + std::to_string(broker.port()), "-CAfile", host.ca(), "-cert",
                 host.software_client().certificate, "-key", host.software_client().key, "-verify_return_error",
                 "-ign_eof", option, host.path("session")},
                // A CONNECT that the broker answers and closes: the version of MQTT is 9.
                std::string{"\x10\x0c\x00\x04MQTT\x09\x02\x00\x3c\x00\x00", 14});
        };
        CHECK_THAT(connect("-sess_out").out, ContainsSubstring("TLSv" + tls));
        CHECK(host.key_uses() == 1);
        CHECK_THAT(connect("-sess_in").out, ContainsSubstring("Reused, TLSv" + tls));
        CHECK(host.key_uses() == 0);
    }
}

TEST_CASE("a mosquitto bridge, configured as our sample for AWS IoT, uses its client key once", "[consumers]") {
    if (skipped_under_thread_sanitizer("any bridge of mosquitto crashes, with or without a module of ours")) {
        return;
    }
    const auto curve = GENERATE(from_range(both_curves));
    const auto tls = GENERATE(from_range(both_versions));
    const Host host{curve};
    Broker remote{broker_options(host, host.software_server(), tls)};
    auto sample = read_file(source_directory() / "conf" / "services" / "mosquitto-aws-bridge.conf");
    const auto set = [&](const std::string& name, const std::string& value) {
        const auto changed =
            std::regex_replace(sample, std::regex{"(^|\n)" + name + " [^\n]*"}, "$1" + name + " " + value);
        REQUIRE(changed != sample);
        sample = changed;
    };
    // By number: a bridge tries one address of a name only, and the first of localhost may be ::1.
    set("address", "127.0.0.1:" + std::to_string(remote.port()));
    set("remote_clientid", "gateway-7");
    set("bridge_cafile", host.ca());
    set("bridge_certfile", host.client().certificate);
    set("bridge_keyfile", host.client().key);
    for (const auto arrangement : every_configuration) {
        INFO(curve << " TLS " << tls << " " << name_of(arrangement));
        static_cast<void>(host.counters());
        const auto directory = host.path("bridge-" + name_of(arrangement));
        std::filesystem::create_directory(directory);
        auto options = broker_options(host, host.software_server(), "", host.environment(arrangement));
        options.directory = directory;
        options.further_configuration = sample;
        Broker local{options};
        // What is published here arrives there.
        Process listener{"mosquitto_sub",
                         client_arguments(remote, host, host.software_client(),
                                          {"-i", "listener-" + name_of(arrangement), "-t", "dt/#", "-C", "1"}),
                         {.environment = host.plain_environment()}};
        remote.wait_for_log("Sending SUBACK to listener-" + name_of(arrangement));
        local.wait_for_log("Received CONNACK on connection local.");
        Host::must_run(host.plain_environment(), "mosquitto_pub",
                       client_arguments(local, host, host.software_client(), {"-t", "dt/1", "-m", "hello"}));
        CHECK(listener.wait().out == "hello\n");
        CHECK(host.key_uses() == 1);
    }
    CHECK_THAT(remote.log(), ContainsSubstring("as gateway-7 (p2, c1"));  // MQTT 3.1.1, and not marked as a bridge
}

TEST_CASE("Paho C and Paho C++ use the client key once", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const auto tls = GENERATE(from_range(both_versions));
    const Host host{curve};
    const Broker broker{broker_options(host, host.software_server(), tls)};
    for (const auto arrangement : every_configuration) {
        INFO(curve << " TLS " << tls << " " << name_of(arrangement));
        const auto environment = host.environment(arrangement);
        const auto port = std::to_string(broker.port());
        static_cast<void>(host.counters());
        Host::must_run(environment, program("consumer_paho_c"),
                       {"ssl://localhost:" + port, host.ca(), host.client().certificate, host.client().key});
        CHECK(host.key_uses() == 1);
        Host::must_run(environment, program("trustx-mqtt"),
                       {"--host", "localhost", "--port", port, "--ca", host.ca(), "--cert", host.client().certificate,
                        "--key", host.client().key, "--topic", "t", "--message", "hello", "--once"});
        CHECK(host.key_uses() == 1);
    }
}
