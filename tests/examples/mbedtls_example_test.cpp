// SPDX-License-Identifier: Apache-2.0
// The MQTT client on mbed TLS, with key and certificate in a simulated chip, against mosquitto.
#include "mqtt/broker.hpp"
#include "mqtt/certificate_authority.hpp"
#include "mqtt/gateway.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <optional>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace trustx::test;

namespace {

struct Broken {
    std::string tls{};            // what the broker's TLS is limited to
    std::string configuration{};  // lines of mosquitto.conf
    bool stranger = false;        // the broker trusts another authority
};

// World is a gateway, an authority, and a broker with a certificate of it.
struct World {
    explicit World(const Broken& broken = {})
        : broker{{.directory = directory.path(),
                  .client_ca = broken.stranger ? stranger.certificate() : ca.certificate(),
                  .certificate = ca.issue_server("broker", "DNS:localhost,IP:127.0.0.1"),
                  .tls = broken.tls,
                  .further_configuration = broken.configuration}} {}

    std::vector<std::string> arguments(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"--timeout", std::to_string(patience().count() / 1000)};
        for (const auto& word : {slot, host, std::to_string(port.value_or(broker.port())), authority, client_id}) {
            all.push_back(word);
        }
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    // redirected has sh start the program with such redirections; first are commands before that.
    Outcome redirected(const std::string& redirections, const std::vector<std::string>& more,
                       const std::string& first = {}) const {
        std::vector<std::string> words{"-c", first + "exec \"$0\" \"$@\" " + redirections, client.string()};
        const auto all = arguments(more);
        words.insert(words.end(), all.begin(), all.end());
        return run("sh", words, {.environment = environment()});
    }
    // reading_from is what sh needs to start the program with a pipe, which never ends, as its input.
    std::vector<std::string> reading_from(const std::filesystem::path& pipe, const std::vector<std::string>& more,
                                          const std::vector<std::string>& options = {}) const {
        std::vector<std::string> words{"-c", "exec \"$0\" \"$@\" <>" + pipe.string(), client.string()};
        words.insert(words.end(), options.begin(), options.end());
        const auto all = arguments(more);
        words.insert(words.end(), all.begin(), all.end());
        return words;
    }
    std::map<std::string, std::string> environment() const {
        auto variables = gateway.environment();
        variables["TRUSTX_CONF"] = configuration;
        return variables;
    }
    Process start(const std::vector<std::string>& more) const {
        return Process{client, arguments(more), {.environment = environment()}};
    }
    Outcome publish(const std::string& lines) const {
        return run(client, arguments({"publish", "dt/gateway-1/climate"}),
                   {.environment = environment(), .input = lines});
    }
    // refused demands that nothing is published, exactly these uses of the key, and one line with these words.
    void refused(const std::vector<std::string>& words, int uses) {
        const auto outcome = publish("21.5\n");
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        for (const auto& word : words) {
            CHECK_THAT(outcome.err, ContainsSubstring(word));
        }
        CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
        CHECK(gateway.key_uses() == uses);
        CHECK(broker.log().find("PUBLISH") == std::string::npos);
    }

    const std::filesystem::path client = program("examples/mbedtls_mqtt");
    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    CertificateAuthority stranger{directory.path(), "stranger"};
    Gateway gateway{ca};
    Broker broker;
    std::string slot = "E0F1";
    std::string host = "localhost";
    std::optional<std::uint16_t> port{};  // the broker's
    std::string authority = ca.certificate();
    std::string client_id = "gateway-1";
    std::string configuration = "/dev/null";  // of the library
};

std::string mapped_files(const Process& process) {
    return read_file("/proc/" + std::to_string(process.pid()) + "/maps");
}

// RudeBroker is tests/examples/rude_broker.py, to which the world's program is led.
class RudeBroker {
 public:
    RudeBroker(World& world, const std::string& when, int count, int size = 3)
        : process_{start(world, when, count, size)} {
        world.port = static_cast<std::uint16_t>(std::stoi(process_.wait_for_line("port ").substr(5)));
    }
    // seen is what the broker printed of a connection until this line.
    std::string seen(const std::string& end) {
        process_.wait_for_line(end);
        const auto all = process_.out();
        return all.substr(all.find('\n') + 1);
    }

 private:
    static Process start(World& world, const std::string& when, int count, int size) {
        const auto server = world.ca.issue_server("rude", "DNS:localhost");
        return {"python3",
                {source_directory() / "tests/examples/rude_broker.py", server.certificate, server.key, when,
                 std::to_string(count), std::to_string(size)}};
    }

    Process process_;
};

const std::string message_with_zero{"dt/a a\0b\n", 9};

// SilentServer takes connections and never says anything.
class SilentServer {
 public:
    SilentServer() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE((fd_ >= 0 && ::bind(fd_, generic, size) == 0 && ::listen(fd_, 5) == 0 &&
                 ::getsockname(fd_, generic, &size) == 0));
        port_ = ntohs(address.sin_port);
    }
    ~SilentServer() { ::close(fd_); }
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
    int fd_;
    std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("mbedtls_mqtt: messages go both ways without OpenSSL, and a connection is one use of the key") {
    World world;
    world.client_id = "subscriber";
    auto subscriber = world.start({"subscribe", "dt/#", "4"});
    world.broker.wait_for_log("Sending SUBACK to subscriber");
    const auto files = mapped_files(subscriber);
    CHECK_THAT(files, ContainsSubstring("libtrustx.so") && ContainsSubstring("libmbedtls.so"));
    CHECK_THAT(files, !ContainsSubstring("libcrypto.so") && !ContainsSubstring("libssl.so"));
    const auto commands = world.gateway.chip().stats().at("commands");
    INFO(commands.dump());
    CHECK(commands.at("CalcSign") == 1);
    CHECK(commands.at("GetRandom") == 2);  // to begin with, and for the connection
    CHECK(world.gateway.key_uses() == 1);

    world.client_id = "publisher";
    const std::string large(100'000, 'x');  // in several records of TLS
    const auto published = world.publish("21.5\n\n" + large + "\n22");
    INFO(published.both());
    CHECK(published.ok());
    CHECK(world.gateway.chip().stats().at("commands").at("CalcSign") == 1);
    CHECK(world.gateway.key_uses() == 1);
    CHECK(subscriber.wait().out == "dt/gateway-1/climate 21.5\ndt/gateway-1/climate \ndt/gateway-1/climate " + large +
                                       "\ndt/gateway-1/climate 22\n");
    CHECK_THAT(world.broker.log(), ContainsSubstring("as publisher") && ContainsSubstring("u'gateway'"));
}

TEST_CASE("mbedtls_mqtt: a digest longer than the key is cut, and trust can come from the chip") {
    World world{{.configuration = "ciphers ECDHE-ECDSA-AES256-GCM-SHA384\n"}};
    const auto written = world.gateway.run_ours("trustx", {"anchor", "write", "E0E8", world.ca.certificate().string()});
    INFO(written.both());
    REQUIRE(written.ok());
    world.authority = "E0E8";
    const auto published = world.publish("21.5\n");
    INFO(published.both());
    CHECK(published.ok());
    CHECK(world.gateway.key_uses() == 1);
}

TEST_CASE("mbedtls_mqtt: a broker that nobody vouches for gets no signature") {
    World world;
    SECTION("its certificate is of another authority") {
        world.authority = world.stranger.certificate();
        world.refused({"the broker's certificate is not accepted", "not correctly signed by the trusted CA"}, 0);
    }
    SECTION("it is asked for by its address, which mbed TLS 2.28 does not compare") {
        world.host = "127.0.0.1";
        world.refused({"the broker's certificate is not accepted", "CN"}, 0);
    }
    SECTION("the authorities cannot be read") {
        world.authority = world.directory.path() / "missing.pem";
        world.refused({"missing.pem"}, 0);
    }
}

TEST_CASE("mbedtls_mqtt: what the broker refuses is said") {
    SECTION("the authority of the gateway is not known to it") {
        World world{{.stranger = true}};
        world.refused({"ended the handshake", "who issued"}, 1);
    }
    SECTION("TLS 1.3 only") {
        World world{{.tls = "1.3"}};
        world.refused({"ended the handshake", "TLS 1.3"}, 0);
    }
    SECTION("the client id") {
        World world{{.configuration = "clientid_prefixes other-\n"}};
        world.refused({"the broker refuses the client"}, 1);
    }
}

TEST_CASE("mbedtls_mqtt: a connection on which nothing is said is kept alive") {
    World world;
    const auto pipe = world.directory.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    world.client_id = "publisher";
    Process publisher{"sh",
                      world.reading_from(pipe, {"publish", "dt/a"}, {"--keep-alive", "4"}),
                      {.environment = world.environment()}};
    world.client_id = "subscriber";
    auto words = world.arguments({"subscribe", "dt/#", "1"});
    words.insert(words.begin(), {"--keep-alive", "4"});
    Process subscriber{world.client, words, {.environment = world.environment()}};
    world.broker.wait_for_log("Sending PINGRESP to publisher");
    world.broker.wait_for_log("Sending PINGRESP to subscriber");
    std::ofstream{pipe} << "21.5\n";
    CHECK(subscriber.wait().out == "dt/a 21.5\n");
    CHECK(world.gateway.key_uses() == 2);
}

TEST_CASE("mbedtls_mqtt: a broker that is gone, or silent, ends the program with a message") {
    World world;
    SECTION("killed") {
        auto subscriber = world.start({"subscribe", "dt/#", "1"});
        world.broker.wait_for_log("Sending SUBACK to gateway-1");
        world.broker.stop();
        const auto outcome = subscriber.wait();
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("the broker closed the connection"));
    }
    SECTION("killed while a publisher waits for its input") {
        const auto pipe = world.directory.path() / "pipe";
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        Process publisher{"sh", world.reading_from(pipe, {"publish", "dt/a"}), {.environment = world.environment()}};
        world.broker.wait_for_log("Sending CONNACK to gateway-1");
        world.broker.stop();
        const auto outcome = publisher.wait();
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("the broker closed the connection"));
    }
    SECTION("not there") {
        world.port = unused_port();
        world.refused({"connect to localhost:", "refused"}, 0);
    }
    SECTION("silent") {
        const SilentServer silent;
        world.port = silent.port();
        auto arguments = world.arguments({"publish", "dt/a"});
        arguments.at(1) = "1";
        const auto outcome = run(world.client, arguments, {.environment = world.environment()});
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("did not answer in time"));
    }
}

TEST_CASE("mbedtls_mqtt: a message is acknowledged when it is printed, and not before") {
    World world;
    RudeBroker broker{world, "early", 3};
    const std::vector<std::string> subscribe{"subscribe", "dt/#", "2"};
    SECTION("printed, with all its bytes") {
        const auto outcome = run(world.client, world.arguments(subscribe), {.environment = world.environment()});
        INFO(outcome.both());
        CHECK(outcome.status == 0);
        CHECK(outcome.out == message_with_zero + message_with_zero);
        CHECK(broker.seen("disconnected") == "acknowledged 1\nacknowledged 2\ndisconnected\n");
    }
    const auto fails = [&](const std::string& redirections, const std::string& why, const std::string& first = {}) {
        const auto outcome = world.redirected(redirections, subscribe, first);
        INFO(redirections << ": " << outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring(why));
        const auto seen = broker.seen("ended");
        CHECK_THAT(seen, !ContainsSubstring("acknowledged"));
        // Nothing in plaintext: that would end TLS otherwise.
        CHECK_THAT(seen, ContainsSubstring("EOF") || ContainsSubstring("closed"));
    };
    SECTION("no room") {
        fails(">/dev/full", "write to standard output: No space left on device");
    }
    SECTION("no standard output") {
        fails(">&-", "write to standard output: Bad file descriptor");
    }
    SECTION("nothing at all") {
        fails("<&- >&- 2>&-", "");
    }
    SECTION("nobody who reads") {
        const auto pipe = (world.directory.path() / "pipe").string();
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        fails(">&3 3>&-", "write to standard output: Broken pipe",
              "exec 4<>" + pipe + "; exec 3>" + pipe + "; exec 4<&-; ");
    }
}

TEST_CASE("mbedtls_mqtt: a broker that sends what was not asked for, or too much, fills no memory") {
    World world;
    SECTION("to one that only publishes") {
        RudeBroker broker{world, "unasked", 1};
        const auto outcome = world.publish("21.5\n");
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("a message that nobody has subscribed to"));
    }
    SECTION("before it answers") {
        RudeBroker broker{world, "early", 1500, 1000};
        const auto outcome =
            run(world.client, world.arguments({"subscribe", "dt/#", "1"}), {.environment = world.environment()});
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("more messages at once than this program keeps"));
    }
}

TEST_CASE("mbedtls_mqtt: standard input that cannot be read is not its end, and a line has a length") {
    World world;
    const std::vector<std::string> publish{"publish", "dt/a"};
    const auto fails = [&](const std::string& redirections, const std::string& why) {
        const auto outcome = world.redirected(redirections, publish);
        INFO(redirections << ": " << outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring(why));
    };
    SECTION("a directory") {
        fails("</", "read standard input: Is a directory");
    }
    SECTION("none") {
        fails("<&-", "read standard input: Bad file descriptor");
    }
    constexpr std::size_t longest = (1 << 18) - 8;  // of a message to dt/a
    SECTION("the longest line") {
        const auto outcome = run(world.client, world.arguments(publish),
                                 {.environment = world.environment(), .input = std::string(longest, 'x') + "\n7"});
        INFO(outcome.both());
        CHECK(outcome.status == 0);
    }
    SECTION("a longer one, of which the end is not waited for") {
        const auto pipe = world.directory.path() / "pipe";
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        Process publisher{"sh", world.reading_from(pipe, publish), {.environment = world.environment()}};
        std::ofstream{pipe} << std::string(longest + 1, 'x') << std::flush;
        const auto outcome = publisher.wait();
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("a line of more than " + std::to_string(longest) + " bytes"));
    }
}

TEST_CASE("mbedtls_mqtt: what is wrong with the chip is said in the words of the library") {
    World world;
    SECTION("no certificate") {
        world.slot = "E0F2";
        world.refused({"E0E2", "holds no certificate"}, 0);
    }
    SECTION("a certificate of another key") {
        REQUIRE(world.gateway.run_ours("trustx", {"keygen", "E0F1", "--force"}).ok());
        world.refused({"E0F1", "not of the key that the certificate is for"}, 1);
    }
    SECTION("no signature") {
        REQUIRE(world.gateway.run_ours("trustx", {"keygen", "E0F1", "--usage", "keyagree", "--force"}).ok());
        world.refused({"CalcSign E0F1"}, 0);
    }
    SECTION("no random numbers for the connection") {
        static_cast<void>(world.gateway.chip().control({"fault", "hang,during=GetRandom,nth=2"}));
        world.configuration = world.directory.path() / "trustx.conf";
        write_file(world.configuration, "command-timeout-ms = 1500\n");
        world.refused({"GetRandom"}, 0);
    }
    SECTION("no chip") {
        world.gateway.chip().kill9();
        const auto outcome = world.publish("21.5\n");
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err,
                   ContainsSubstring("mbedtls_mqtt: ") && ContainsSubstring(world.gateway.chip().path().string()));
    }
}

TEST_CASE("mbedtls_mqtt: mistakes on the command line are shown the usage") {
    const auto client = program("examples/mbedtls_mqtt");
    const std::vector<std::string> good{"E0F1", "localhost", "8883", "ca.pem", "id", "subscribe", "t", "1"};
    for (const auto& [at, wrong] : std::vector<std::pair<std::size_t, std::string>>{
             {0, "E0E1"}, {0, "x"}, {5, "listen"}, {7, "0"}, {7, "1x"}, {7, ""}, {7, "65536"}}) {
        auto words = good;
        words.at(at) = wrong;
        CAPTURE(at, wrong);
        const auto outcome = run(client, words);
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, ContainsSubstring("usage: mbedtls_mqtt"));
    }
    CHECK(run(client, {}).status == 2);
    const auto help = run(client, {"--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.out, ContainsSubstring("usage: mbedtls_mqtt"));
    CHECK(run(client, {"--wait", "1", "E0F1", "localhost", "8883", "ca.pem", "id", "publish", "t"}).status == 2);
    CHECK(run(client, {"--timeout", "0", "E0F1", "localhost", "8883", "ca.pem", "id", "publish", "t"}).status == 2);
}
