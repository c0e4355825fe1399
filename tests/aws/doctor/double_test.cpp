// SPDX-License-Identifier: Apache-2.0
// `trustx aws doctor` with the built programs, a simulated chip and the double of AWS IoT: what the double and the
// files of a gateway can have wrong is injected, and exactly that one cause is named.
#include "../../mqtt/certificate_authority.hpp"
#include "../enrolment/gateway.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

using namespace trustx::test;
using nlohmann::json;

namespace {

using Variables = std::map<std::string, std::string>;

// Ward is an enrolled gateway in which, and in whose cloud, one thing is wrong at a time.
class Ward {
 public:
    Ward(AwsDouble& aws, const std::string& called) : cloud{aws}, gateway{aws, called}, thing{called} {
        must_succeed(gateway.enroll("csr"));
        for (const auto* name : {"aws.json", "identity-chain.pem", "identity-key.pem", "amazon-roots.pem"}) {
            sound_[name] = read_file(gateway.identity(name));
        }
        settings_ = cloud.control("GET", "/settings");
        id = json::parse(sound_.at("aws.json")).at("certificateId");
    }

    // examine is what the program answers; the exit code is checked to be the one that it names.
    json examine() {
        auto variables = gateway.environment();
        for (const auto& [name, value] : environment) {
            variables[name] = value;
        }
        std::vector<std::string> arguments{"aws", "doctor", "--json", "--watch", watch, "--timeout", "3"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        const auto outcome = run(program("trustx"), arguments, {.environment = variables});
        INFO(outcome.both());
        auto answer = json::parse(outcome.out, nullptr, false);
        REQUIRE(answer.is_object());
        CHECK(outcome.status == answer.value("exit_code", 0));
        return answer;
    }

    void heal() {
        if (undo) {
            undo();
            undo = nullptr;
        }
        for (const auto& [name, content] : sound_) {
            write_file(gateway.identity(name), content);
        }
        cloud.control("DELETE", "/faults");
        cloud.control("POST", "/settings", settings_);
        cloud.control("POST", "/tls",
                      {{"chains", {"ec", "rsa"}}, {"alert", nullptr}, {"refuse", false}, {"minVersion", "TLSv1.2"}});
        set_status("ACTIVE");
        environment.clear();
        options.clear();
        watch = "0";
    }

    void set_status(const std::string& status) { set({"certificates", id, "status"}, status); }
    void set(const std::vector<std::string>& path, const json& value) {
        cloud.control("POST", "/state", {{"path", path}, {"value", value}});
    }
    // leave_policy takes the gateway's certificate out of its policy; without_things lets no certificate be a thing's.
    void leave_policy() {
        const json target{{"target", cloud.certificates().at(id).at("arn")}};
        cloud.call("POST", "/target-policies/trustx-gateway", target);
        undo = [this, target] { cloud.call("PUT", "/target-policies/trustx-gateway", target); };
    }
    void without_things() {
        const auto associations = cloud.control("GET", "/state").at("associations");
        set({"associations"}, json::array());
        undo = [this, associations] { set({"associations"}, associations); };
    }
    // be_alone takes the operator's credentials away.
    void be_alone() {
        environment["AWS_ACCESS_KEY_ID"] = "";
        environment["AWS_SECRET_ACCESS_KEY"] = "";
    }
    void rewrite(const std::string& member, const std::string& value) {
        auto identity = json::parse(sound_.at("aws.json"));
        identity[member] = value;
        write_file(gateway.identity("aws.json"), identity.dump());
    }
    void fault(const std::string& where, const std::string& member, const std::string& value, const json& action) {
        cloud.control("POST", "/faults", {{"where", where}, {member, value}, {"times", 9}, {"action", action}});
    }
    void refuse_connect(int reason) { fault("mqtt", "packet", "connect", {{"reason", reason}}); }
    void move_clock(std::chrono::seconds by) {
        const auto moved = std::chrono::system_clock::now() + by;
        cloud.control(
            "POST", "/clock",
            {{"set", std::chrono::duration_cast<std::chrono::milliseconds>(moved.time_since_epoch()).count()}});
    }

    // as_service runs one of mosquitto's clients as a service of this gateway would.
    [[nodiscard]] Process as_service(const std::string& client, std::vector<std::string> more) const {
        const auto endpoint = json::parse(sound_.at("aws.json")).at("endpoint").get<std::string>();
        const auto colon = endpoint.rfind(':');
        auto variables = gateway.environment();
        variables.merge(foreign_program_environment());
        // Its lines come at once, not when it ends.
        std::vector<std::string> arguments{"-oL",      client,
                                           "-h",       endpoint.substr(0, colon),
                                           "-p",       endpoint.substr(colon + 1),
                                           "-i",       thing,
                                           "--cafile", gateway.identity("amazon-roots.pem"),
                                           "--cert",   gateway.identity("identity-chain.pem"),
                                           "--key",    gateway.identity("identity-key.pem")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return {"stdbuf", arguments, {.environment = variables}};
    }

    AwsDouble& cloud;
    Gateway gateway;
    std::string thing;
    std::string id;
    Variables environment{};  // of the program, on top of the gateway's
    std::vector<std::string> options{};
    std::string watch = "0";
    std::function<void()> undo{};  // what heal does not do anyway

 private:
    std::map<std::string, std::string> sound_{};
    json settings_;
};

struct Row {
    const char* cause;
    std::function<void(Ward&)> inject;
};

// alone is for a gateway without an operator's credentials.
std::function<void(Ward&)> alone(std::function<void(Ward&)> inject) {
    return [inject](Ward& ward) {
        ward.be_alone();
        inject(ward);
    };
}

std::function<void(Ward&)> tls(json change) {
    return [change](Ward& ward) { ward.cloud.control("POST", "/tls", change); };
}

std::function<void(Ward&)> without(const char* file) {
    return [file](Ward& ward) { std::filesystem::remove(ward.gateway.identity(file)); };
}

std::function<void(Ward&)> refused(int reason) {
    return [reason](Ward& ward) { ward.refuse_connect(reason); };
}

std::function<void(Ward&)> in_status(const char* status) {
    return [status](Ward& ward) { ward.set_status(status); };
}

// served is for a gateway whose service does something for which its connection is closed.
std::function<void(Ward&)> served(const std::string& client, const std::vector<std::string>& options) {
    return [client, options](Ward& ward) {
        auto arguments = options;
        if (client == "mosquitto_sub") {
            arguments.insert(arguments.end(), {"-W", "2"});  // it would connect again and again
        }
        static_cast<void>(ward.as_service(client, arguments).wait());
    };
}

std::function<void(Ward&)> published(const std::string& topic, const std::string& qos) {
    return served("mosquitto_pub", {"-t", topic, "-m", "1", "-q", qos});
}

std::vector<Row> rows_of_gateway() {
    return {
        {"not-enrolled", without("aws.json")},
        {"identity-malformed", [](Ward& w) { write_file(w.gateway.identity("aws.json"), "{"); }},
        {"certificate-file", without("identity-chain.pem")},
        {"roots-file", without("amazon-roots.pem")},
        {"key-file", without("identity-key.pem")},
        {"files-disagree", [](Ward& w) { w.rewrite("keyObject", "E0F2"); }},
        {"key-certificate-mismatch",
         [](Ward& w) { write_file(w.gateway.identity("identity-chain.pem"), read_file(w.cloud.ca_file())); }},
        {"provider-not-loaded", [](Ward& w) { w.environment["OPENSSL_CONF"] = "/dev/null"; }},
        {"endpoint-region", [](Ward& w) { w.rewrite("endpoint", "prefix-ats.iot.us-east-1.amazonaws.com"); }},
        {"chip-setting", [](Ward& w) { w.environment["TRUSTX_DEVICE"] = "nowhere"; }},
        {"chip-unreachable", [](Ward& w) { w.environment["TRUSTX_DEVICE"] = "unix:/nowhere"; }},
        {"clock-wrong", [](Ward& w) { w.move_clock(std::chrono::days{365}); }},
        {"clock-wrong", [](Ward& w) { w.move_clock(-std::chrono::days{365}); }},
    };
}

std::vector<Row> rows_of_network() {
    return {
        {"name-not-found", [](Ward& w) { w.rewrite("endpoint", "nowhere.invalid"); }},
        {"tcp-refused", [](Ward& w) { w.rewrite("endpoint", "localhost:1"); }},
        {"broker-expired", tls({{"chains", {"expired"}}})},
        {"broker-not-yet-valid", tls({{"chains", {"not-yet-valid"}}})},
        {"broker-name", tls({{"chains", {"other-name"}}})},
        {"broker-untrusted", tls({{"chains", {"stranger"}}})},
        {"root-missing",
         [](Ward& w) {
             const auto roots = read_file(w.gateway.identity("amazon-roots.pem"));
             write_file(w.gateway.identity("amazon-roots.pem"), roots.substr(roots.rfind("-----BEGIN")));
         }},
        {"tls-version", tls({{"alert", 70}})},
        {"tls-parameters", tls({{"alert", 40}})},
        {"tls-name-refused", tls({{"alert", 112}})},
        {"tls-alpn", tls({{"alert", 120}})},
        {"tls-failed", tls({{"refuse", true}})},
    };
}

std::vector<Row> rows_of_broker() {
    return {
        {"certificate-refused", alone(tls({{"alert", 46}}))},
        {"signature-refused", alone(tls({{"alert", 51}}))},
        {"not-authorised", alone(in_status("INACTIVE"))},
        {"closed-without-reason", alone([](Ward& w) {
             w.set_status("INACTIVE");
             w.cloud.control("POST", "/settings", {{"refusal5", "close"}});
         })},
        {"client-id-refused", refused(0x85)},
        {"mqtt-version", refused(0x84)},
        {"password-wanted", refused(0x86)},
        {"throttled", refused(0x9F)},
        {"broker-unavailable", refused(0x88)},
        {"broker-refuses", refused(0x83)},
        {"no-answer",
         [](Ward& w) {
             w.fault("mqtt", "packet", "connect", {{"ignore", true}});
         }},
    };
}

std::vector<Row> rows_of_account() {
    const auto other_key = [](const char* key, json account) {
        return [key, account](Ward& ward) {
            auto added = account;
            added["accessKeyId"] = key;
            added["secret"] = "secret";
            ward.cloud.control("POST", "/accounts", added);
            ward.environment["AWS_ACCESS_KEY_ID"] = key;
            ward.environment["AWS_SECRET_ACCESS_KEY"] = "secret";
        };
    };
    return {
        {"credentials-refused", [](Ward& w) { w.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"; }},
        {"credentials-expired", [](Ward& w) { w.environment["AWS_CREDENTIAL_EXPIRATION"] = "2020-01-01T00:00:00Z"; }},
        {"credentials-unusable", alone([](Ward& w) {
             w.options = {"--profile", "nobody"};
         })},
        {"cloud-unreachable", [](Ward& w) { w.environment["AWS_ENDPOINT_URL_IOT"] = "https://localhost:1"; }},
        {"cloud-access-denied",
         other_key("AKIDREADSNOTHING", {{"arn", "arn:aws:iam::123456789012:user/x"}, {"allow", json::array()}})},
        {"credentials-other-account",
         [](Ward& w) {
             w.cloud.control("POST", "/settings", {{"dataEndpoint", "other-ats.iot.eu-central-1.amazonaws.com"}});
             w.fault("control", "operation", "DescribeCertificate", {{"error", "ResourceNotFoundException"}});
         }},
    };
}

std::vector<Row> rows_of_cloud() {
    return {
        {"certificate-inactive", in_status("INACTIVE")},
        {"certificate-inactive",
         [](Ward& w) {
             w.set_status("INACTIVE");
             w.cloud.control("POST", "/tls", {{"alert", 46}});
         }},
        {"certificate-not-admitted",
         [](Ward& w) {
             w.set_status("INACTIVE");
             w.rewrite("enrolment", "jit");
         }},
        {"certificate-revoked", in_status("REVOKED")},
        {"certificate-pending-transfer", in_status("PENDING_TRANSFER")},
        {"certificate-pending-activation", in_status("PENDING_ACTIVATION")},
        {"certificate-not-registered",
         [](Ward& w) {
             w.refuse_connect(0x87);
             w.fault("control", "operation", "DescribeCertificate", {{"error", "ResourceNotFoundException"}});
         }},
        {"endpoint-other",
         [](Ward& w) {
             w.refuse_connect(0x87);
             w.cloud.control("POST", "/settings", {{"dataEndpoint", "other-ats.iot.eu-central-1.amazonaws.com"}});
         }},
        {"no-policy", [](Ward& w) { w.leave_policy(); }},
        {"thing-not-attached", [](Ward& w) { w.without_things(); }},
        {"client-id-wrong", [](Ward& w) { w.rewrite("thingName", "another"); }},
        {"policy-denies-connect",
         [](Ward& w) {
             w.refuse_connect(0x87);
             const json answer{{"authInfo", {{"actionType", "CONNECT"}, {"resources", json::array()}}},
                               {"authDecision", "EXPLICIT_DENY"}};
             w.fault("control", "operation", "TestAuthorization", {{"set", {{"authResults", json::array({answer})}}}});
         }},
        {"policy-propagating",
         [](Ward& w) {
             w.cloud.control("POST", "/settings", {{"policyDelay", 3'600'000}});
         }},
        {"policy-propagating",
         [](Ward& w) {
             w.cloud.control("POST", "/settings", {{"policyDelay", 3'600'000}, {"refusal5", "close"}});
         }},
        {"topic-denied", published("not/mine", "1")},
        {"topic-denied", served("mosquitto_sub", {"-t", "not/mine", "-q", "1"})},
        {"packet-refused", published("dt/patient/x", "2")},
        {"packet-refused", published("$SYS/x", "1")},
        {"packet-refused", published("dt/patient/1/2/3/4/5/6/7", "1")},
    };
}

std::vector<Row> every_row() {
    std::vector<Row> rows;
    for (const auto& part :
         {rows_of_gateway(), rows_of_network(), rows_of_broker(), rows_of_account(), rows_of_cloud()}) {
        rows.insert(rows.end(), part.begin(), part.end());
    }
    return rows;
}

}  // namespace

TEST_CASE("the doctor names the one thing that is wrong, and nothing once it is healed", "[aws][doctor]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    Ward ward{*cloud, "patient"};
    CHECK(ward.examine().at("cause").is_null());
    for (const auto& [cause, inject] : every_row()) {
        CAPTURE(cause);
        inject(ward);
        const auto answer = ward.examine();
        INFO(answer.dump(2));
        CHECK(answer.at("cause") == cause);
        ward.move_clock(std::chrono::seconds{0});
        ward.heal();
    }
    const auto healed = ward.examine();
    INFO(healed.dump(2));
    CHECK(healed.at("cause").is_null());
}

TEST_CASE("the doctor warns of what will be wrong", "[aws][doctor]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "warned"};
    must_succeed(gateway.enroll("csr"));
    const auto outcome = gateway.trustx({"aws", "doctor", "--json", "--watch", "0", "--days", "20000"});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    std::set<std::string> causes;
    const auto answer = json::parse(outcome.out);
    for (const auto& finding : answer.at("findings")) {
        if (finding.contains("cause")) {
            causes.insert(finding.at("cause").get<std::string>());
            CHECK(finding.at("verdict") == "warning");
        }
    }
    CHECK(causes == std::set<std::string>{"certificate-expires", "root-expires"});
}

TEST_CASE("the doctor finds another chip, an empty slot and an enrolment that has not ended", "[aws][doctor]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    Ward ward{*cloud, "mistaken"};
    const Simulator other{{.profile = "B"}};
    ward.environment["TRUSTX_DEVICE"] = other.address();
    CHECK(ward.examine().at("cause") == "chip-other");
    const Simulator blank;
    ward.environment["TRUSTX_DEVICE"] = blank.address();
    CHECK(ward.examine().at("cause") == "key-missing");
    const Gateway refused{*cloud, "unfinished"};
    ward.fault("control", "operation", "AttachThingPrincipal", {{"error", "LimitExceededException"}});
    CHECK(refused.enroll("csr").status == 8);
    ward.heal();
    const auto outcome = refused.trustx({"aws", "doctor", "--json"});
    INFO(outcome.both());
    CHECK(outcome.status == 1);
    CHECK(json::parse(outcome.out).at("cause") == "enrolment-unfinished");
}

TEST_CASE("the doctor tells what hinders a first connection", "[aws][doctor]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const TempDir files;
    const CertificateAuthority authority{files.path(), "unknown-yet"};
    const Gateway gateway{*cloud, "first-connection"};
    const std::vector<std::string> from{"--authority-cert", files / "unknown-yet.pem", "--authority-key",
                                        files / "unknown-yet-key.pem"};
    CHECK(gateway
              .trustx({"aws", "enroll", "--method", "jit", "--thing", "first-connection", "--ca", cloud->ca_file(),
                       "--endpoint", cloud->broker(), "--wait", "0", from[0], from[1], from[2], from[3]})
              .status == 10);
    const auto cause = [&gateway] {
        const auto outcome = gateway.trustx({"aws", "doctor", "--json", "--watch", "0"});
        INFO(outcome.both());
        return json::parse(outcome.out).at("cause").get<std::string>();
    };
    CHECK(cause() == "ca-not-registered");
    const auto registered = gateway.trustx({"aws", "ca", "register", "--cert", from[1], "--key", from[3]});
    must_succeed(registered);
    const auto id = registered.out.substr(0, registered.out.find('\n'));
    const auto set = [cloud, &id](const char* member, const char* value) {
        cloud->control("POST", "/state", {{"path", {"cas", id, member}}, {"value", value}});
    };
    CHECK(cause() == "ca-auto-registration-off");
    set("status", "INACTIVE");
    CHECK(cause() == "ca-inactive");
    set("status", "ACTIVE");
    set("autoRegistration", "ENABLE");
    // Its own connection registers the certificate, and nothing activates that.
    CHECK(cause() == "certificate-pending-activation");
}

TEST_CASE("the doctor finds another client with the same client id", "[aws][doctor]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    Ward ward{*cloud, "contested"};
    auto rival = ward.as_service("mosquitto_sub", {"-d", "-t", "cmd/" + ward.thing + "/order", "-q", "1"});
    rival.wait_for_line("SUBACK");
    ward.watch = "20";
    const auto answer = ward.examine();
    INFO(answer.dump(2));
    CHECK(answer.at("cause") == "client-id-taken");
}
