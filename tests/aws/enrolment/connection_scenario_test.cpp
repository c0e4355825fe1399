// SPDX-License-Identifier: Apache-2.0
// What `trustx aws connect` and `doctor` say of a broker that is not reached, or is none: one cause, one exit code.
#include "cli/exit_code.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "tls_listener.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

using namespace trustx::test;
using nlohmann::json;
using trustx::cli::ExitCode;

namespace {

constexpr int code(ExitCode exit) {
    return static_cast<int>(exit);
}

// Sent is a gateway that is enrolled, and sent to another broker then.
class Sent {
 public:
    Sent(AwsDouble& cloud, const std::string& thing) : gateway{cloud, thing} { must_succeed(gateway.enroll("csr")); }

    void send_to(const std::string& place, const std::string& root = {}) const {
        auto identity = json::parse(read_file(gateway.identity("aws.json")));
        identity["endpoint"] = place;
        write_file(gateway.identity("aws.json"), identity.dump());
        if (!root.empty()) {
            write_file(gateway.identity("amazon-roots.pem"), read_file(root));
        }
    }
    [[nodiscard]] Outcome connect() const { return gateway.trustx({"aws", "connect", "--timeout", "2"}, alone); }
    [[nodiscard]] Outcome examine() const {
        return gateway.trustx({"aws", "doctor", "--json", "--watch", "0", "--timeout", "2"}, alone);
    }

    // An operator's credentials would explain what a broker does not.
    const Gateway::Variables alone{{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}};
    Gateway gateway;
};

void must_agree(const Sent& sent, ExitCode expected, const std::string& cause) {
    const auto connected = sent.connect();
    const auto examined = sent.examine();
    INFO(connected.both() << examined.both());
    CHECK(connected.status == code(expected));
    CHECK(connected.out.empty());
    CHECK_FALSE(connected.timed_out);
    CHECK(examined.status == code(expected));
    const auto found = json::parse(examined.out, nullptr, false);
    REQUIRE(found.is_object());
    CHECK(found.at("cause") == cause);
    // Where nobody judged the gateway its policies are not to blame.
    const bool speaks_of_policies = connected.err.find("polic") != std::string::npos;
    CHECK((expected == ExitCode::network && speaks_of_policies) == false);
}

using namespace std::string_literals;

struct Broken {
    const char* name;
    std::string answer;
    TlsListener::After after;
    const char* cause;
};

std::vector<Broken> broken_brokers() {
    using enum TlsListener::After;
    return {
        {"no word, and closed", "", closes, "closed-without-reason"},
        {"no word at all", "", is_silent, "no-answer"},
        {"another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n", closes, "closed-without-reason"},
        {"another protocol, kept open", "HTTP/1.1 400 Bad Request\r\n\r\n", is_silent, "no-answer"},
        {"half a CONNACK", "\x20\x03\x00"s, closes, "closed-without-reason"},
        {"half a CONNACK, kept open", "\x20\x03\x00"s, is_silent, "no-answer"},
        {"a length that never ends", "\x20\xFF\xFF\xFF\xFF\xFF\xFF"s, closes, "closed-without-reason"},
        {"another packet", "\xD0\x00"s, closes, "closed-without-reason"},
        {"CONNACK of MQTT 3.1.1: not authorised", "\x20\x02\x00\x05"s, closes, "not-authorised"},
        {"CONNACK: not authorised", "\x20\x03\x00\x87\x00"s, closes, "not-authorised"},
        {"CONNACK: server busy", "\x20\x03\x00\x89\x00"s, closes, "broker-unavailable"},
        {"CONNACK: a reason that MQTT does not have", "\x20\x03\x00\xEE\x00"s, closes, "broker-refuses"},
        {"CONNACK: a reason for another packet", "\x20\x03\x00\x92\x00"s, closes, "broker-refuses"},
    };
}

}  // namespace

TEST_CASE("connect and doctor agree about a broker that is not reached", "[aws][connection]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Sent sent{*cloud, "not-reached"};
    sent.send_to("broker.invalid:8883");
    must_agree(sent, ExitCode::network, "name-not-found");
    DeafPort port;
    sent.send_to(port.place());
    const auto late = sent.connect();
    INFO(late.both());
    CHECK(late.status == code(ExitCode::network));
    port.close();
    must_agree(sent, ExitCode::network, "tcp-refused");
}

TEST_CASE("connect and doctor agree about a broker that ends TLS", "[aws][connection]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Sent sent{*cloud, "ends-tls"};
    struct Alert {
        int number;
        ExitCode exit;
        const char* cause;
    };
    // RFC 8446 section 6.2.
    for (const auto& [number, exit, cause] : {Alert{40, ExitCode::network, "tls-parameters"},
                                              {46, ExitCode::not_accepted, "certificate-refused"},
                                              {51, ExitCode::mismatch, "signature-refused"},
                                              {70, ExitCode::network, "tls-version"},
                                              {112, ExitCode::network, "tls-name-refused"},
                                              {120, ExitCode::network, "tls-alpn"}}) {
        CAPTURE(number);
        cloud->control("POST", "/tls", {{"alert", number}});
        must_agree(sent, exit, cause);
    }
    cloud->control("POST", "/tls", {{"alert", nullptr}});
    CHECK(sent.connect().status == 0);
}

TEST_CASE("connect and doctor agree about what is no broker", "[aws][connection]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Sent sent{*cloud, "no-broker"};
    const TempDir files;
    CertificateAuthority authority{files.path(), "authority"};
    const auto server = authority.issue_server("server", "DNS:localhost");
    for (const auto& broken : broken_brokers()) {
        CAPTURE(broken.name);
        const TlsListener listener{server, broken.answer, broken.after};
        sent.send_to("localhost:" + std::to_string(listener.port()), authority.certificate());
        must_agree(sent, ExitCode::not_accepted, broken.cause);
    }
}

TEST_CASE("mosquitto connects by a bridge to an IPv6 address", "[aws][connection]") {
    if (!has_ipv6()) {
        WARN("this computer has no IPv6");
        return;
    }
    const TempDir files;
    CertificateAuthority authority{files.path(), "authority"};
    const auto server = authority.issue_server("server", "IP:::1");
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch", "-subj",
             "/CN=gateway", "-keyout", files / "identity-key.pem", "-out", files / "csr"});
    std::filesystem::copy_file(authority.issue_client(files / "csr"), files / "identity-chain.pem");
    std::filesystem::copy_file(authority.certificate(), files / "amazon-roots.pem");
    // CONNACK of MQTT 3.1.1, which bridges speak: accepted.
    const TlsListener listener{server, "\x20\x02\x00\x00"s, TlsListener::After::is_silent, "::1"};
    must_succeed(run(program("trustx"), {"aws", "make", "bridge", "--thing", "gateway-6", "--endpoint",
                                         "[::1]:" + std::to_string(listener.port()), "--identity-dir", files.path(),
                                         "--out", files / "bridge.conf"}));
    write_file(files / "mosquitto.conf", "listener 0 " + (files / "socket").string() +
                                             "\nallow_anonymous true\nlog_dest stderr\nlog_type all\nuser root\n" +
                                             read_file(files / "bridge.conf"));
    Process mosquitto{
        "/usr/sbin/mosquitto", {"-c", files / "mosquitto.conf"}, {.environment = foreign_program_environment()}};
    CHECK_NOTHROW(mosquitto.wait_for_error_line("Received CONNACK on connection local.gateway-6"));
}
