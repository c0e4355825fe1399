// SPDX-License-Identifier: Apache-2.0
// The example that sends telemetry, with a key in a simulated chip, against mosquitto.
#include "mqtt/broker.hpp"
#include "mqtt/certificate_authority.hpp"
#include "mqtt/gateway.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

using namespace trustx::test;

TEST_CASE("mqtt_telemetry: each line is a message, and the key is used once") {
    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    Gateway gateway{ca};
    Broker broker{{.directory = directory.path(),
                   .client_ca = ca.certificate(),
                   .certificate = ca.issue_server("broker", "DNS:localhost"),
                   .tls = {},
                   .further_configuration = {}}};
    const auto port = std::to_string(broker.port());
    auto environment = gateway.environment();
    Process listener{program("trustx-mqtt"),
                     {"-h",          "localhost",
                      "-p",          port,
                      "--ca",        ca.certificate(),
                      "--key",       gateway.key(),
                      "--cert",      gateway.certificate(),
                      "-i",          "listener",
                      "--subscribe", "dt/#",
                      "-C",          "3",
                      "-F",          "%t %p",
                      "-W",          "60"},
                     {.environment = environment}};
    broker.wait_for_log("Sending SUBACK to listener");
    static_cast<void>(gateway.key_uses());

    const auto outcome = run(program("examples/mqtt_telemetry"),
                             {"ssl://localhost:" + port, "gateway-1", ca.certificate(), gateway.certificate(),
                              gateway.key(), "dt/gateway-1/climate"},
                             {.environment = environment, .input = "21.5\n\n22"});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(gateway.key_uses() == 1);
    CHECK(listener.wait().out == "dt/gateway-1/climate 21.5\ndt/gateway-1/climate \ndt/gateway-1/climate 22\n");

    for (const auto* redirection : {"<&-", "</", "<&- >&-"}) {
        const auto unread = run("sh",
                                {"-c", std::string{"exec \"$0\" \"$@\" "} + redirection,
                                 program("examples/mqtt_telemetry"), "ssl://localhost:" + port, "gateway-1",
                                 ca.certificate(), gateway.certificate(), gateway.key(), "dt/gateway-1/climate"},
                                {.environment = environment});
        INFO(redirection << ": " << unread.both());
        CHECK(unread.status == 1);
        CHECK_THAT(unread.err, ContainsSubstring("standard input cannot be read"));
    }
}
