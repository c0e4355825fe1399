// SPDX-License-Identifier: Apache-2.0
// What a user gets to see when something is wrong: one clear message that names what was tried and what to do, the
// documented exit code, and no use of the chip's key that leads nowhere.
#include "broker_world.hpp"
#include "support/catch.hpp"

using namespace trustx::test;

namespace {

// Attempt is one trustx-mqtt --once that is to fail; tests change what they want to be wrong.
struct Attempt {
    std::string host = "localhost";
    std::string port;
    std::filesystem::path ca;
    std::filesystem::path key;
    std::string certificate;
    std::vector<std::string> more{"--once"};

    [[nodiscard]] std::vector<std::string> arguments() const {
        std::vector<std::string> all{"--host", host,        "--port",  port, "--ca",      ca,  "--key",     key,
                                     "--cert", certificate, "--topic", "t",  "--message", "m", "--timeout", "60"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
};

struct FailureWorld : GatewayWorld {
    using GatewayWorld::GatewayWorld;

    [[nodiscard]] Attempt attempt() const {
        return {.port = std::to_string(broker.port()),
                .ca = ca.certificate(),
                .key = gateway.key(),
                .certificate = gateway.certificate()};
    }
    [[nodiscard]] Outcome run(const Attempt& attempt, ProcessOptions options = {}) const {
        return gateway.run_ours("trustx-mqtt", attempt.arguments(), std::move(options));
    }
};

}  // namespace

TEST_CASE("a certificate of another key is refused before anything is sent", "[mqtt][failure]") {
    FailureWorld world;
    const auto other = world.gateway.make_key("E0F2", "other");
    static_cast<void>(world.gateway.key_uses());
    auto attempt = world.attempt();
    attempt.certificate = world.ca.issue_client(other.request);

    SECTION("by trustx-mqtt, which names both files") {
        const auto outcome = world.run(attempt);
        INFO(outcome.both());
        CHECK(outcome.status == 3);
        CHECK_THAT(outcome.err, ContainsSubstring(attempt.key.string()));
        CHECK_THAT(outcome.err, ContainsSubstring("does not belong to the certificate " + attempt.certificate));
    }
    SECTION("by mosquitto_pub, through OpenSSL's comparison") {
        const auto outcome = world.gateway.run_foreign(
            "mosquitto_pub", {"-h", "localhost", "-p", attempt.port, "--cafile", attempt.ca, "--cert",
                              attempt.certificate, "--key", attempt.key, "-t", "t", "-m", "m"});
        INFO(outcome.both());
        CHECK(outcome.status != 0);
    }
    CHECK(world.gateway.key_uses() == 0);
    CHECK(world.broker.log().find("as other") == std::string::npos);
}

TEST_CASE("a certificate by a CA that the broker does not know is explained", "[mqtt][failure]") {
    FailureWorld world{{.tls = GENERATE("1.2", "1.3")}};
    CertificateAuthority foreign{world.gateway.directory().path(), "foreign"};
    auto attempt = world.attempt();
    attempt.certificate = foreign.issue_client(world.gateway.request());
    const auto outcome = world.run(attempt);
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("does not know the CA that issued certificate " + attempt.certificate));
}

TEST_CASE("a client certificate that has expired is warned of, and the broker's refusal explained", "[mqtt][failure]") {
    FailureWorld world;
    auto attempt = world.attempt();
    attempt.certificate = world.ca.issue_client(world.gateway.request(), "20200101000000Z", "20210101000000Z");
    const auto outcome = world.run(attempt);
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("the certificate " + attempt.certificate + " has expired"));
    CHECK_THAT(outcome.err, ContainsSubstring("the broker finds certificate " + attempt.certificate + " expired"));
}

TEST_CASE("a broker that is not trusted is told from one with another name and one out of date", "[mqtt][failure]") {
    SECTION("issued by another CA") {
        FailureWorld world;
        const CertificateAuthority foreign{world.gateway.directory().path(), "foreign"};
        auto attempt = world.attempt();
        attempt.ca = foreign.certificate();
        const auto outcome = world.run(attempt);
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("the certificate of localhost is not trusted"));
        CHECK_THAT(outcome.err, ContainsSubstring(attempt.ca.string()));
        CHECK(world.gateway.key_uses() == 0);
    }
    SECTION("for another name") {
        FailureWorld world{{.names = "DNS:broker.example"}};
        const auto outcome = world.run(world.attempt());
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("has a certificate for another name"));
    }
    SECTION("not valid yet, which a clock that is wrong looks like") {
        FailureWorld world{{.not_before = "20980101000000Z"}};
        const auto outcome = world.run(world.attempt());
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("not valid yet by this computer's clock"));
        CHECK(world.gateway.key_uses() == 0);
    }
    SECTION("expired") {
        FailureWorld world{{.not_after = "20210101000000Z"}};
        const auto outcome = world.run(world.attempt());
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("has expired by this computer's clock"));
    }
}

TEST_CASE("a port where nobody listens is distinguished from one without TLS", "[mqtt][failure]") {
    FailureWorld world;
    auto attempt = world.attempt();
    SECTION("nobody") {
        attempt.port = std::to_string(unused_port());
        attempt.more = {"--max-attempts", "2"};
        const auto outcome = world.run(attempt);
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("no broker answers at localhost port " + attempt.port));
        CHECK_THAT(outcome.err, ContainsSubstring("Connection refused"));
        CHECK_THAT(outcome.err, ContainsSubstring("gave up after 2 attempts"));
    }
    SECTION("a broker without TLS") {
        TempDir directory;
        const auto port = unused_port();
        write_file(directory / "plain.conf",
                   "listener " + std::to_string(port) + " 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n");
        Process plain{mosquitto_broker(), {"-c", directory / "plain.conf"}};
        plain.wait_for_error_line(" running");
        attempt.port = std::to_string(port);
        const auto outcome = world.run(attempt);
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("check that this is the broker's TLS port"));
    }
    CHECK(world.gateway.key_uses() == 0);
}

TEST_CASE("a subscription that the broker refuses ends the program, with a hint at the broker's rules",
          "[mqtt][failure]") {
    TempDir directory;
    write_file(directory / "rules.json", R"({"defaultACLAccess": {"subscribe": false}})");
    CertificateAuthority ca{directory.path(), "authority"};
    Gateway gateway{ca};
    const Broker broker{{.directory = directory.path(),
                         .client_ca = ca.certificate(),
                         .certificate = ca.issue_server("broker", "DNS:localhost"),
                         .tls = {},
                         .further_configuration = "plugin " + mosquitto_plugin("dynamic_security").string() +
                                                  "\nplugin_opt_config_file " + (directory / "rules.json").string() +
                                                  "\n"}};
    const auto outcome =
        gateway.run_ours("trustx-mqtt", {"--host", "localhost", "--port", std::to_string(broker.port()), "--ca",
                                         ca.certificate(), "--key", gateway.key(), "--cert", gateway.certificate(),
                                         "--subscribe", "secret/#", "--timeout", "60"});
    INFO(outcome.both());
    CHECK(outcome.status == 6);
    CHECK_THAT(outcome.err, ContainsSubstring("the broker refused the subscription to secret/#"));
}

TEST_CASE("curl fails in time with a certificate of another key, and with a chip that is gone", "[mqtt][failure]") {
    if (curl_skipped()) {
        return;
    }
    FailureWorld world;
    auto attempt = world.attempt();
    const bool gone = GENERATE(false, true);
    if (gone) {
        world.gateway.chip().kill9();
    } else {
        attempt.certificate = world.ca.issue_client(world.gateway.make_key("E0F2", "other").request);
        static_cast<void>(world.gateway.key_uses());
    }
    const auto outcome = world.gateway.run_foreign(
        "curl", {"--silent", "--show-error", "--max-time", "60", "--cacert", attempt.ca, "--cert", attempt.certificate,
                 "--key", attempt.key, "https://localhost:" + attempt.port + "/"});
    INFO(outcome.both());
    CHECK(outcome.status != 0);
    CHECK_FALSE(outcome.timed_out);
    CHECK((gone || world.gateway.key_uses() == 0));
}

TEST_CASE("a chip that is gone ends the connection attempt with its address", "[mqtt][failure]") {
    FailureWorld world;
    world.gateway.chip().kill9();

    SECTION("for trustx-mqtt with a certificate in a file") {
        const auto outcome = world.run(world.attempt());
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("the chip gave no signature"));
        CHECK_THAT(outcome.err, ContainsSubstring(world.gateway.chip().socket().string()));
    }
    SECTION("for trustx-mqtt with its certificate in the chip") {
        auto attempt = world.attempt();
        attempt.certificate = "trustx:E0E1";
        const auto outcome = world.run(attempt);
        INFO(outcome.both());
        CHECK(outcome.status == 3);
        CHECK_THAT(outcome.err, ContainsSubstring("the certificate trustx:E0E1 could not be read"));
        CHECK_THAT(outcome.err, ContainsSubstring(world.gateway.chip().socket().string()));
    }
    SECTION("for mosquitto_pub, in the words of the provider or at least with a failure") {
        const auto attempt = world.attempt();
        const auto mosquitto = world.gateway.run_foreign(
            "mosquitto_pub", {"-h", "localhost", "-p", attempt.port, "--cafile", attempt.ca, "--cert",
                              attempt.certificate, "--key", attempt.key, "-t", "t", "-m", "m"});
        INFO(mosquitto.both());
        CHECK(mosquitto.status != 0);
        CHECK_FALSE(mosquitto.timed_out);
    }
}

TEST_CASE("an address where no chip is ends the connection attempt with that address", "[mqtt][failure]") {
    FailureWorld world;
    const auto nowhere = (world.directory / "no-chip-here").string();
    const auto outcome = world.run(world.attempt(), {.environment = {{"TRUSTX_DEVICE", "unix:" + nowhere}}});
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("the chip gave no signature"));
    CHECK_THAT(outcome.err, ContainsSubstring(nowhere));
    CHECK(world.gateway.key_uses() == 0);
}

TEST_CASE("a provider that is not configured is told with the setting that is missing", "[mqtt][failure]") {
    FailureWorld world;
    auto attempt = world.attempt();
    const bool from_chip = GENERATE(false, true);
    if (from_chip) {
        attempt.certificate = "trustx:E0E1";
    }

    SECTION("OPENSSL_CONF is not set") {
        auto environment = world.gateway.environment();
        environment.erase("OPENSSL_CONF");
        const auto outcome = run(program("trustx-mqtt"), attempt.arguments(),
                                 {.environment = environment, .without_environment = {"OPENSSL_CONF"}});
        INFO(outcome.both());
        CHECK(outcome.status == 3);
        CHECK_THAT(outcome.err, ContainsSubstring("the trustx provider is not loaded"));
        CHECK_THAT(outcome.err, ContainsSubstring("set OPENSSL_CONF"));
    }
    SECTION("OPENSSL_CONF names a file that does not load it") {
        const auto other = world.directory / "other.cnf";
        write_file(other, "# nothing\n");
        const auto outcome = world.run(attempt, {.environment = {{"OPENSSL_CONF", other}}});
        INFO(outcome.both());
        CHECK(outcome.status == 3);
        CHECK_THAT(outcome.err, ContainsSubstring("configuration from " + other.string()));
    }
}

TEST_CASE("the provider is known whatever its section is called", "[mqtt][failure]") {
    FailureWorld world;
    auto attempt = world.attempt();
    auto text = read_file(world.gateway.environment().at("OPENSSL_CONF"));
    const std::string usual = "\ntrustx = trustx_sect\n";
    REQUIRE_THAT(text, ContainsSubstring(usual));
    text.replace(text.find(usual), usual.size(), "\na-trustx = trustx_sect\n");
    const ProcessOptions options{.environment = {{"OPENSSL_CONF", world.directory / "other.cnf"}}};
    write_file(world.directory / "other.cnf", text);

    SECTION("so a key in the chip is none in a file") {
        const bool from_chip = GENERATE(false, true);
        attempt.certificate = from_chip ? "trustx:E0E1" : attempt.certificate;
        const auto outcome = world.run(attempt, options);
        INFO(outcome.both());
        CHECK(outcome.ok());
        CHECK(world.gateway.key_uses() == 1);
    }
    SECTION("so it is not at fault for a reference without end") {
        const auto whole = read_file(attempt.key);
        attempt.key = world.directory / "file.pem";
        write_file(attempt.key, whole.substr(0, whole.find("-----END")));
        const auto outcome = world.run(attempt, options);
        INFO(outcome.both());
        CHECK(outcome.status == 3);
        CHECK_THAT(outcome.err, ContainsSubstring("cannot be used"));
    }
}

TEST_CASE("a file that cannot be used is named, with what is wrong with it", "[mqtt][failure]") {
    FailureWorld world;
    auto attempt = world.attempt();
    const auto file = world.directory / "file.pem";
    std::string words;

    SECTION("a key file that does not exist") {
        attempt.key = file;
        words = "the key file: cannot read " + file.string() + ": No such file or directory";
    }
    SECTION("a key file that is a directory") {
        attempt.key = world.directory.path();
        words = "Is a directory";
    }
    SECTION("a key file that is empty") {
        write_file(file, "");
        attempt.key = file;
        words = "the key file " + file.string() + " has no key in PEM form";
    }
    SECTION("a key file that is a certificate") {
        attempt.key = world.gateway.certificate();
        words = "has no key in PEM form";
    }
    SECTION("a key file of which the end is missing") {
        const auto text = read_file(world.gateway.key());
        write_file(file, text.substr(0, text.find("-----END")));
        attempt.key = file;
        words = "the key reference " + file.string() + " cannot be used";
    }
    SECTION("a key file with a wrong byte in it") {
        auto text = read_file(world.gateway.key());
        const auto begin = text.find("PRIVATE KEY-----\n") + 17;
        text[begin] = text[begin] == 'A' ? 'B' : 'A';
        write_file(file, text);
        attempt.key = file;
        words = "the key reference " + file.string() + " cannot be used";
    }
    SECTION("a certificate file without a certificate") {
        attempt.certificate = world.gateway.key();
        words = "has no certificate in PEM form";
    }
    SECTION("a certificate object that is empty") {
        attempt.certificate = "trustx:E0E3";
        words = "the certificate trustx:E0E3 could not be read";
    }
    SECTION("a CA file that does not exist") {
        attempt.ca = file;
        words = "the CA file: cannot read " + file.string() + ": No such file or directory";
    }

    const auto outcome = world.run(attempt);
    INFO(outcome.both());
    CHECK(outcome.status == 3);
    CHECK_THAT(outcome.err, ContainsSubstring(words));
    CHECK(world.gateway.key_uses() == 0);
    CHECK(world.broker.log().find("New connection") == std::string::npos);
}

TEST_CASE("a command line that makes no sense is refused with a hint", "[mqtt][failure]") {
    const std::vector<std::string> good{"--host", "h", "--ca", "c", "--key", "k", "--cert", "e"};
    struct {
        std::vector<std::string> more;
        const char* words;
    } const cases[] = {{{}, "--topic to publish, --subscribe to receive"},
                       {{"--message", "m"}, "--topic"},
                       {{"--topic", "a/#", "--message", "m"}, "wildcard"},
                       {{"--topic", "t", "--qos", "2"}, "--qos"},
                       {{"--topic", "t", "--port", "65536"}, "--port"},
                       {{"--topic", "t", "--timeout", "soon"}, "--timeout"},
                       {{"--subscribe", "t", "--persistent-session"}, "--client-id"},
                       {{"--topic", "t", "--once", "--max-attempts", "2"}, "--once"},
                       {{"--subscribe", "a/#/b"}, "no topic filter"},
                       {{"--subscribe", "a+/b"}, "no topic filter"},
                       {{"--topic", "a\x1B[31m/#"}, "a\\x1B[31m/#"},
                       {{"--topic", "t", "--unknown"}, "--unknown"}};
    for (const auto& [more, words] : cases) {
        auto arguments = good;
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto outcome = run(program("trustx-mqtt"), arguments);
        INFO(words << ": " << outcome.both());
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, ContainsSubstring(words));
        CHECK_THAT(outcome.err, ContainsSubstring("--help"));
        CHECK(outcome.out.empty());
    }
}

TEST_CASE("an unknown option is named before an option that is missing", "[mqtt][failure]") {
    const auto outcome = run(program("trustx-mqtt"), {"--bogus=1"});
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("no option --bogus\n"));
}

TEST_CASE("a CA file without end is refused", "[mqtt][failure]") {
    const auto outcome = run(program("trustx-mqtt"), {"--host", "h", "--ca", "/dev/zero", "--key", "k", "--cert", "e",
                                                      "--topic", "t", "--message", "m", "--once"});
    INFO(outcome.both());
    CHECK(outcome.status == 3);
    CHECK_THAT(outcome.err, ContainsSubstring("/dev/zero is longer"));
}

TEST_CASE("the help text is for standard output and mentions every exit code", "[mqtt]") {
    const auto outcome = run(program("trustx-mqtt"), {"--help"});
    CHECK(outcome.status == 0);
    CHECK(outcome.err.empty());
    CHECK_THAT(outcome.out, ContainsSubstring("Exit codes: 0 done; 1 local failure; 2 wrong command line; 3 key"));
    CHECK_THAT(outcome.out, ContainsSubstring("OPENSSL_CONF"));
}
