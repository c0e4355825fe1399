// SPDX-License-Identifier: Apache-2.0
// What may go wrong around an enrolment: each ends with a message and an exit code of its kind, and nothing is lost,
// so that the same gateway is enrolled as soon as the cause is gone, by one certificate.
#include "../../mqtt/certificate_authority.hpp"
#include "aws_double.hpp"
#include "cli/exit_code.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

using namespace trustx::test;
using nlohmann::json;
using trustx::cli::ExitCode;

namespace {

constexpr int code(ExitCode exit) {
    return static_cast<int>(exit);
}

// active_certificates are counted over all things of the double.
std::size_t active_certificates(AwsDouble& cloud) {
    const auto all = cloud.certificates();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const json& one) { return one.at("status") == "ACTIVE"; }));
}

// A message says what was tried and what to do: more than a code, on standard error, with the name of the program.
void must_explain(const Outcome& outcome) {
    CHECK(outcome.out.empty());
    CHECK(outcome.err.starts_with("trustx: "));
    CHECK_FALSE(outcome.timed_out);
}

// Mishap is a fault of the cloud, and how an enrolment in which it happens ends.
struct Mishap {
    std::string name;
    json fault;
    ExitCode exit;
    bool taken_back = false;  // what was issued cannot be used: abandoned and begun again
};

json control_fault(const std::string& operation, json action) {
    return {{"where", "control"}, {"operation", operation}, {"times", 1}, {"action", std::move(action)}};
}

json altered(const char* how) {
    return control_fault("CreateCertificateFromCsr", {{"alter", {{"certificatePem", how}}}});
}

std::vector<Mishap> mishaps() {
    return {
        {"a certificate with a byte order mark", altered("bom"), ExitCode::success},
        {"a certificate with CR LF", altered("crlf"), ExitCode::success},
        {"a certificate for another key", altered("other-key"), ExitCode::mismatch, true},
        {"half a certificate", altered("truncated"), ExitCode::file, true},
        {"no certificate", altered("empty"), ExitCode::file, true},
        {"an answer that breaks off", control_fault("CreateCertificateFromCsr", {{"truncate", 200}}),
         ExitCode::success},
        {"a request that is refused", control_fault("CreateCertificateFromCsr", {{"error", "InvalidRequestException"}}),
         ExitCode::cloud},
        {"a limit", control_fault("CreateThing", {{"error", "LimitExceededException"}}), ExitCode::cloud},
        {"an account without permission", control_fault("AttachPolicy", {{"error", "UnauthorizedException"}}),
         ExitCode::cloud},
        {"a network that fails before the effect", control_fault("CreateThing", {{"hangup", "before"}}),
         ExitCode::success},
        {"a network that fails after the effect", control_fault("CreateCertificateFromCsr", {{"hangup", "after"}}),
         ExitCode::success},
        {"what is no JSON", control_fault("AttachThingPrincipal", {{"raw", "<html>"}, {"status", 200}}),
         ExitCode::network},
    };
}

}  // namespace

TEST_CASE("what the cloud may do wrong has a message and an exit code, and costs nothing", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    std::size_t number = 0;
    for (const auto& mishap : mishaps()) {
        CAPTURE(mishap.name);
        const Gateway gateway{*cloud, "mishap-" + std::to_string(++number)};
        const auto active = active_certificates(*cloud);
        cloud->control("POST", "/faults", mishap.fault);
        const auto first = gateway.enroll("csr");
        INFO(first.both());
        CHECK(first.status == code(mishap.exit));
        cloud->control("DELETE", "/faults");
        if (mishap.exit != ExitCode::success) {
            must_explain(first);
            CHECK_THAT(first.err, ContainsSubstring("trustx aws resume"));
            CHECK(active_certificates(*cloud) == active);
        }
        if (mishap.taken_back) {
            must_succeed(gateway.trustx({"aws", "abandon"}));
            must_succeed(gateway.enroll("csr"));
        } else if (mishap.exit != ExitCode::success) {
            must_succeed(gateway.trustx({"aws", "resume"}));
        }
        CHECK(gateway.registered().at("status") == "ACTIVE");
        CHECK(active_certificates(*cloud) == active + 1);
    }
}

TEST_CASE("an account that is not the right one is refused before anything is made", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "wrong-account"};
    const auto certificates = cloud->certificates().size();
    const auto things = cloud->things().size();
    cloud->control("POST", "/accounts", {{"accessKeyId", "AKIDEXPIRED"}, {"secret", "expired"}, {"expires", 1}});
    struct Setting {
        const char* name;
        const char* value;
        ExitCode exit;
    };
    for (const auto& [name, value, exit] : {
             Setting{"AWS_SECRET_ACCESS_KEY", "another secret", ExitCode::cloud},
             Setting{"AWS_ACCESS_KEY_ID", "AKIDUNKNOWN", ExitCode::cloud},
             Setting{"AWS_REGION", "us-west-2", ExitCode::cloud},
             Setting{"AWS_REGION", "no region", ExitCode::usage},
             Setting{"AWS_PROFILE", "nobody", ExitCode::usage},
             Setting{"AWS_CA_BUNDLE", "/nowhere.pem", ExitCode::file},
         }) {
        CAPTURE(name, value);
        const auto outcome = gateway.enroll("csr", {}, {{name, value}});
        INFO(outcome.both());
        CHECK(outcome.status == code(exit));
        must_explain(outcome);
    }
    const auto expired =
        gateway.enroll("csr", {}, {{"AWS_ACCESS_KEY_ID", "AKIDEXPIRED"}, {"AWS_SECRET_ACCESS_KEY", "expired"}});
    INFO(expired.both());
    CHECK(expired.status == code(ExitCode::cloud));
    CHECK(cloud->certificates().size() == certificates);
    CHECK(gateway.enroll("csr", {"--account", "999999999999"}).status == code(ExitCode::mismatch));
    must_succeed(gateway.trustx({"aws", "abandon"}));
    CHECK(cloud->certificates().size() == certificates);
    CHECK(cloud->things().size() == things);
    must_succeed(gateway.enroll("csr"));
}

TEST_CASE("a broker that closes without a word is explained, and the enrolment resumed", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "closed-without-a-word"};
    cloud->control("POST", "/faults",
                   {{"where", "mqtt"}, {"packet", "connect"}, {"times", 2}, {"action", {{"hangup", "before"}}}});
    const auto outcome = gateway.trustx({"aws", "enroll", "--method", "csr", "--thing", "closed-without-a-word", "--ca",
                                         cloud->ca_file(), "--wait", "0"});
    INFO(outcome.both());
    CHECK(outcome.status == code(ExitCode::not_accepted));
    must_explain(outcome);
    CHECK(gateway.trustx({"aws", "status"}).status == code(ExitCode::refused));
    cloud->control("DELETE", "/faults");
    must_succeed(gateway.trustx({"aws", "resume"}));
}

TEST_CASE("a broker that does not prove who it is has the exit code of doctor", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "untrusted-broker"};
    const TempDir files;
    const CertificateAuthority others{files.path(), "others"};
    const auto outcome = gateway.trustx({"aws", "enroll", "--method", "csr", "--thing", "untrusted-broker", "--ca",
                                         others.certificate(), "--wait", "0"});
    INFO(outcome.both());
    CHECK(outcome.status == code(ExitCode::untrusted));
    CHECK(gateway.trustx({"aws", "connect"}).status == code(ExitCode::untrusted));
    CHECK(gateway.trustx({"aws", "doctor"}).status == code(ExitCode::untrusted));
    must_succeed(gateway.trustx({"aws", "abandon"}));
}

TEST_CASE("a clock that is a year off is told from a bad certificate", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "another-year"};
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    constexpr std::int64_t year = std::int64_t{366} * 24 * 3600 * 1000;
    cloud->control("POST", "/clock", {{"set", now + year}});
    const auto outcome = gateway.enroll("csr");
    cloud->control("POST", "/clock", {{"set", now}});
    INFO(outcome.both());
    CHECK(outcome.status == code(ExitCode::clock));
    must_explain(outcome);
    must_succeed(gateway.trustx({"aws", "abandon"}));
    must_succeed(gateway.enroll("csr"));
}

TEST_CASE("a connection that this gateway is at fault for is not one that the broker refuses", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "at-fault"};
    must_succeed(gateway.enroll("csr"));
    const Simulator blank;
    const auto without_key = gateway.trustx({"aws", "connect"}, {{"TRUSTX_DEVICE", blank.address()}});
    INFO(without_key.both());
    CHECK(without_key.status == code(ExitCode::unreachable));
    must_explain(without_key);
    cloud->control("POST", "/tls", {{"chains", {"not-yet-valid"}}});
    const auto behind = gateway.trustx({"aws", "connect"});
    cloud->control("POST", "/tls", {{"chains", {"ec", "rsa"}}});
    INFO(behind.both());
    CHECK(behind.status == code(ExitCode::clock));
    must_explain(behind);
    must_succeed(gateway.trustx({"aws", "connect"}));
}

TEST_CASE("an enrolment is resumed from another directory than it was begun in", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "elsewhere"};
    std::filesystem::create_directory(gateway.identity(""));
    std::filesystem::copy_file(cloud->ca_file(), gateway.identity("../ca.pem"));
    cloud->control("POST", "/faults", control_fault("CreateThing", {{"error", "LimitExceededException"}}));
    CHECK(gateway.trustx({"aws", "enroll", "--method", "csr", "--thing", "elsewhere", "--ca", "ca.pem"}).status ==
          code(ExitCode::cloud));
    must_succeed(run(program("trustx"), {"aws", "resume"}, {.environment = gateway.environment(), .directory = "/"}));
}

TEST_CASE("a chip that is pulled in the middle, and put back, goes on where it was", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    Gateway gateway{*cloud, "pulled"};
    const auto certificates = cloud->certificates().size();
    const auto fault = cloud->control("POST", "/faults", control_fault("AttachPolicy", {{"hold", "after"}}));
    auto process = gateway.start_to_enroll("csr");
    cloud->wait_until_held(fault, process);
    gateway.chip().kill9();
    cloud->release(fault);
    const auto outcome = process.wait();
    INFO(outcome.both());
    CHECK(outcome.status == code(ExitCode::unreachable));
    must_explain(outcome);
    gateway.chip().restart();
    must_succeed(gateway.trustx({"aws", "resume"}));
    CHECK(cloud->certificates().size() == certificates + 1);
    // What was begun after it and killed at once has left this journal as it was: nothing was resumed then.
    const auto again = gateway.trustx({"aws", "resume"});
    must_succeed(again);
    CHECK_THAT(again.err, ContainsSubstring("nothing to carry on") && ContainsSubstring("enrolment of pulled"));
}

TEST_CASE("a second enrolment at the same time is refused, and does not disturb the first", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "twice-at-once"};
    const auto fault =
        cloud->control("POST", "/faults", control_fault("CreateCertificateFromCsr", {{"hold", "before"}}));
    auto process = gateway.start_to_enroll("csr");
    cloud->wait_until_held(fault, process);
    const auto second = gateway.enroll("csr");
    cloud->release(fault);
    INFO(second.both());
    CHECK(second.status == code(ExitCode::refused));
    must_explain(second);
    must_succeed(process.wait());
}

TEST_CASE("a program that has read credentials leaves them in no core, argument or file", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "no-core"};
    const auto fault = cloud->control("POST", "/faults", control_fault("CreateThing", {{"hold", "before"}}));
    auto process = gateway.start_to_enroll("csr");
    cloud->wait_until_held(fault, process);
    const auto of_process = "/proc/" + std::to_string(process.pid());
    const auto limits = read_file(of_process + "/limits");
    const auto arguments = read_file(of_process + "/cmdline");
    cloud->release(fault);
    const auto outcome = process.wait();
    must_succeed(outcome);
    const std::regex no_core{R"(Max core file size +[01] )"};
    CHECK(std::regex_search(limits, no_core));
    const auto secret = cloud->facts().at("secretAccessKey").get<std::string>();
    CHECK((arguments + outcome.both()).find(secret) == std::string::npos);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{gateway.identity("..")}) {
        CAPTURE(entry.path());
        CHECK((!entry.is_regular_file() || read_file(entry.path()).find(secret) == std::string::npos));
    }
}

TEST_CASE("directories that cannot be written leave nothing behind in the cloud", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "read-only"};
    const auto certificates = cloud->certificates().size();
    // Where nobody can make a directory, root neither.
    const auto state = gateway.enroll("csr", {"--state-dir", "/proc/trustx"});
    INFO(state.both());
    CHECK(state.status == code(ExitCode::file));
    must_explain(state);
    const auto identity = gateway.enroll("csr", {"--identity-dir", "/proc/trustx"});
    INFO(identity.both());
    CHECK(identity.status == code(ExitCode::file));
    must_explain(identity);
    if (gateway.trustx({"aws", "status"}).status == code(ExitCode::refused)) {
        must_succeed(gateway.trustx({"aws", "abandon", "--identity-dir", "/proc/trustx"}));
    }
    CHECK(cloud->certificates().size() == certificates);
    must_succeed(gateway.enroll("csr"));
}

TEST_CASE("a configuration of OpenSSL that cannot be read is named", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "unreadable-configuration"};
    const TempDir directory;
    const auto file = (directory / "openssl.cnf").string();
    write_file(file, "openssl_conf = x\n[x\n");
    const auto outcome = gateway.enroll("csr", {}, {{"OPENSSL_CONF", file}});
    INFO(outcome.both());
    CHECK(outcome.status == code(ExitCode::file));
    CHECK_THAT(outcome.err, ContainsSubstring(file));
    must_explain(outcome);
}
