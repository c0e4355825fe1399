// SPDX-License-Identifier: Apache-2.0
// What a user does with the key in the chip: Paho (trustx-mqtt), mosquitto's clients, curl and openssl, none of which
// knows of the chip, against servers that demand a client certificate. Each connection costs one use of the key.
#include "broker_world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <csignal>

using namespace trustx::test;

namespace {

struct ClientWorld : GatewayWorld {
    explicit ClientWorld(const std::string& tls = "") : GatewayWorld{{.tls = tls}} {}

    // trustx_mqtt_arguments go before what a test adds.
    [[nodiscard]] std::vector<std::string> trustx_mqtt_arguments(const std::vector<std::string>& more) const {
        auto all = arguments({"--timeout", "60"});
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] std::vector<std::string> mosquitto_arguments(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"-h",       "localhost",      "-p",     std::to_string(broker.port()),
                                     "--cafile", ca.certificate(), "--cert", gateway.certificate(),
                                     "--key",    gateway.key(),    "-q",     "1"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    // subscriber is an independent listener with its own key, in software.
    Process subscriber(const std::string& topic, int count) {
        return listen(topic, {"-C", std::to_string(count), "-F", "%t %p"});
    }
};

// s_server prints where it listens, as "ACCEPT 127.0.0.1:34567", when it may choose the port.
std::string port_of(Process& server) {
    const auto line = server.wait_for_line("ACCEPT");
    return line.substr(line.rfind(':') + 1);
}

}  // namespace

TEST_CASE("trustx-mqtt publishes with a key in the chip, which is used once", "[mqtt]") {
    const std::string tls = GENERATE("1.2", "1.3");
    CAPTURE(tls);
    ClientWorld world{tls};
    auto listener = world.subscriber("greenhouse/#", 1);

    const auto outcome = world.gateway.run_ours(
        "trustx-mqtt", world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--topic",
                                                    "greenhouse/temperature", "--message", "21.5", "--once"}));
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out.empty());
    CHECK(world.gateway.key_uses() == 1);
    CHECK(listener.wait().out == "greenhouse/temperature 21.5\n");
}

TEST_CASE("trustx-mqtt sends all messages before it says goodbye, whatever the quality of service", "[mqtt]") {
    ClientWorld world;
    const std::string qos = GENERATE("0", "1");
    CAPTURE(qos);
    auto listener = world.subscriber("t", 50);
    const auto outcome = world.gateway.run_ours(
        "trustx-mqtt", world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--topic", "t", "--message",
                                                    "m", "--repeat", "50", "--qos", qos, "--once"}));
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    const auto received = listener.wait();
    CHECK(received.ok());
    CHECK(std::count(received.out.begin(), received.out.end(), '\n') == 50);
    CHECK(world.gateway.key_uses() == 1);
}

TEST_CASE("trustx-mqtt takes its certificate from the chip, and its name as client id", "[mqtt]") {
    ClientWorld world;
    auto listener = world.subscriber("t", 1);
    const auto outcome = world.gateway.run_ours(
        "trustx-mqtt",
        world.trustx_mqtt_arguments({"--cert", "trustx:E0E1", "--topic", "t", "--message", "hello", "--once"}));
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(world.gateway.key_uses() == 1);
    CHECK(listener.wait().out == "t hello\n");
    world.broker.wait_for_log("as gateway (");
}

TEST_CASE("trustx-mqtt publishes every line of its input and prints what it receives", "[mqtt]") {
    ClientWorld world;
    const auto outcome =
        world.gateway.run_ours("trustx-mqtt",
                               world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--topic", "a/b",
                                                            "--subscribe", "a/+", "--count", "3", "--once"}),
                               {.input = "one\n\nthree"});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "one\n\nthree\n");
    CHECK(world.gateway.key_uses() == 1);
}

TEST_CASE("what trustx-mqtt receives does not drive a terminal, and reaches programs as it came", "[mqtt]") {
    ClientWorld world;
    const std::string message = "a\x1B[2Jb";
    const auto arguments =
        world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--topic", "t", "--message", message,
                                     "--subscribe", "t", "--count", "1", "--once"});
    const auto piped = world.gateway.run_ours("trustx-mqtt", arguments);
    INFO(piped.both());
    CHECK(piped.out == message + "\n");
    std::string command = "exec " + program("trustx-mqtt").string();
    for (const auto& argument : arguments) {
        command += " '" + argument + "'";
    }
    write_file(world.directory / "command", command + "\n");
    const auto shown = run("script", {"-qec", "sh " + (world.directory / "command").string(), "/dev/null"},
                           {.environment = world.gateway.environment()});
    INFO(shown.both());
    CHECK(shown.ok());
    CHECK_THAT(shown.out, ContainsSubstring("a\\x1B[2Jb") && !ContainsSubstring("\x1B[2J"));
}

TEST_CASE("trustx-mqtt ends when what it receives cannot be written", "[mqtt]") {
    ClientWorld world;
    std::vector<std::string> arguments{"-c", "exec \"$0\" \"$@\" >/dev/full", program("trustx-mqtt")};
    for (const auto& argument : world.trustx_mqtt_arguments(
             {"--cert", world.gateway.certificate(), "--subscribe", "t", "--topic", "t", "--message", "m"})) {
        arguments.push_back(argument);
    }
    const auto outcome = run("sh", arguments, {.environment = world.gateway.environment()});
    INFO(outcome.both());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("write to standard output: No space left on device"));
}

TEST_CASE("trustx-mqtt ends cleanly when it is told to", "[mqtt]") {
    ClientWorld world;
    Process process{program("trustx-mqtt"),
                    world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--subscribe", "t"}),
                    {.environment = world.gateway.environment()}};
    process.wait_for_error_line("subscribed to t");
    process.signal(GENERATE(SIGTERM, SIGINT));
    const auto outcome = process.wait();
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    world.broker.wait_for_log("Received DISCONNECT from gateway");
}

TEST_CASE("trustx-mqtt gives up when its time is over and says how far it came", "[mqtt]") {
    ClientWorld world;
    Outcome outcome;
    // On a busy machine there may be no connection yet: that is another end.
    for (int seconds = 2; seconds < 100 && (seconds == 2 || outcome.status == 4); seconds *= 2) {
        outcome = world.gateway.run_ours(
            "trustx-mqtt", world.arguments({"--cert", world.gateway.certificate(), "--subscribe", "t", "--count", "1",
                                            "--timeout", std::to_string(seconds)}));
    }
    INFO(outcome.both());
    CHECK(outcome.status == 5);
    CHECK_THAT(outcome.err, ContainsSubstring("0 received"));
}

TEST_CASE("trustx-mqtt comes back to a broker that was gone, with a new handshake", "[mqtt]") {
    ClientWorld world;
    Process process{
        program("trustx-mqtt"),
        world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--subscribe", "t", "--count", "1"}),
        {.environment = world.gateway.environment()}};
    process.wait_for_error_line("subscribed to t");
    CHECK(world.gateway.key_uses() == 1);

    world.broker.stop();
    process.wait_for_error_line("the connection was lost");
    process.wait_for_error_line("next attempt in");
    world.broker.start();
    world.broker.wait_for_log("Sending SUBACK to gateway");
    CHECK(world.gateway.key_uses() == 1);

    const auto published = world.gateway.run_ours(
        "trustx-mqtt", world.trustx_mqtt_arguments({"--cert", world.gateway.certificate(), "--client-id", "another",
                                                    "--topic", "t", "--message", "again", "--once"}));
    INFO(published.both());
    CHECK(published.status == 0);
    const auto outcome = process.wait();
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "again\n");
}

TEST_CASE("mosquitto_pub and mosquitto_sub connect with the key file and OPENSSL_CONF alone", "[mqtt]") {
    const std::string tls = GENERATE("1.2", "1.3");
    CAPTURE(tls);
    ClientWorld world{tls};
    Process listener{"mosquitto_sub",
                     world.mosquitto_arguments({"-i", "sub", "-t", "t", "-C", "1"}),
                     {.environment = world.gateway.foreign_environment()}};
    world.broker.wait_for_log("Sending SUBACK to sub");
    CHECK(world.gateway.key_uses() == 1);

    const auto outcome =
        world.gateway.run_foreign("mosquitto_pub", world.mosquitto_arguments({"-i", "pub", "-t", "t", "-m", "hello"}));
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(world.gateway.key_uses() == 1);
    CHECK(listener.wait().out == "hello\n");
}

TEST_CASE("openssl s_client connects with the key file, or with the key's URI", "[mqtt]") {
    const std::string tls = GENERATE("1.2", "1.3");
    CAPTURE(tls);
    ClientWorld world{tls};
    const bool by_uri = GENERATE(false, true);
    const auto outcome = world.gateway.run_foreign(
        "openssl", {"s_client", "-connect", "localhost:" + std::to_string(world.broker.port()), "-CAfile",
                    world.ca.certificate(), "-cert", world.gateway.certificate(), "-key",
                    by_uri ? "trustx:E0F1" : world.gateway.key().string(), "-verify_return_error", "-brief"});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.err, ContainsSubstring("Protocol version: TLSv" + tls));
    CHECK(world.gateway.key_uses() == 1);
}

TEST_CASE("curl fetches from a server that demands a client certificate", "[mqtt]") {
    if (curl_skipped()) {
        return;
    }
    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    Gateway gateway{ca};
    const auto certificate = ca.issue_server("web", "DNS:localhost");
    const std::string tls = GENERATE("-tls1_2", "-tls1_3");
    CAPTURE(tls);
    Process server{"openssl",
                   {"s_server", "-accept", "127.0.0.1:0", "-www", "-Verify", "2", "-verify_return_error", tls,
                    "-CAfile", ca.certificate(), "-cert", certificate.certificate, "-key", certificate.key},
                   {.without_environment = {"OPENSSL_CONF"}}};
    const auto port = port_of(server);

    const auto outcome = gateway.run_foreign(
        "curl", {"--silent", "--show-error", "--no-alpn", "--max-time", "60", "--cacert", ca.certificate(), "--cert",
                 gateway.certificate(), "--key", gateway.key(), "https://localhost:" + port + "/"});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, ContainsSubstring(tls == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"));
    CHECK(gateway.key_uses() == 1);
}

TEST_CASE("trustx-mqtt sends the host name and the application protocol that AWS IoT wants", "[mqtt]") {
    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    Gateway gateway{ca};
    const auto certificate = ca.issue_server("web", "DNS:localhost");
    // s_server prints what it was asked for when it ends. It looks at a host name only if it has a second certificate
    // for it, and with that one it does not look at application protocols.
    std::vector<std::string> arguments{"s_server", "-accept",        "127.0.0.1:0", "-naccept",
                                       "1",        "-www",           "-Verify",     "2",
                                       "-CAfile",  ca.certificate(), "-cert",       certificate.certificate,
                                       "-key",     certificate.key};
    std::vector<std::string> more;
    std::string expected;
    SECTION("host name") {
        more = {"-servername", "localhost", "-cert2", certificate.certificate, "-key2", certificate.key};
        expected = "Hostname in TLS extension: \"localhost\"";
    }
    SECTION("application protocol") {
        more = {"-alpn", "x-amzn-mqtt-ca"};
        expected = "ALPN protocols selected: x-amzn-mqtt-ca";
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    Process server{"openssl", arguments, {.without_environment = {"OPENSSL_CONF"}}};
    const auto port = port_of(server);

    // No broker is behind it: the handshake is all that succeeds.
    const auto outcome = gateway.run_ours(
        "trustx-mqtt", {"--host", "localhost", "--port", port, "--ca", ca.certificate(), "--key", gateway.key(),
                        "--cert", gateway.certificate(), "--alpn", "x-amzn-mqtt-ca", "--topic", "t", "--message", "m",
                        "--once", "--connect-timeout", sanitized() ? "10" : "2"});
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(server.wait().out, ContainsSubstring(expected));
}
