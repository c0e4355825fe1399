// SPDX-License-Identifier: Apache-2.0
// `trustx aws` from a blank chip to a gateway that publishes and receives: the built programs, a simulated chip, and
// the double of AWS IoT.
#include "aws_double.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

using namespace trustx::test;

namespace {

using Arguments = std::vector<std::string>;

// Gateway is a chip and the directories of a gateway.
class Gateway {
 public:
    Gateway(AwsDouble& cloud, std::string thing) : cloud_{cloud}, thing_{std::move(thing)} {}

    [[nodiscard]] Outcome trustx(Arguments arguments) const {
        return run(program("trustx"), arguments, {.environment = environment(), .directory = files_.path()});
    }

    [[nodiscard]] Outcome enroll(const std::string& method, const Arguments& more = {}) const {
        Arguments arguments{"aws",  "enroll", "--method",       method,   "--thing",
                            thing_, "--ca",   cloud_.ca_file(), "--wait", "60"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return trustx(std::move(arguments));
    }

    [[nodiscard]] Process start_to_enroll(const std::string& method) const {
        return {program("trustx"),
                {"aws", "enroll", "--method", method, "--thing", thing_, "--ca", cloud_.ca_file(), "--wait", "60"},
                {.environment = environment(), .directory = files_.path()}};
    }

    [[nodiscard]] std::map<std::string, std::string> environment() const {
        auto variables = cloud_.environment();
        variables["TRUSTX_DEVICE"] = chip_.address();
        variables["TRUSTX_LOCK_DIRECTORY"] = files_.path();
        variables["TRUSTX_CONF"] = "/dev/null";
        variables["TRUSTX_AWS_IDENTITY"] = files_ / "identity";
        variables["TRUSTX_AWS_STATE"] = files_ / "state";
        variables["OPENSSL_CONF"] = module_directory().parent_path() / "conf" / "openssl-trustx.cnf";
        return variables;
    }

    [[nodiscard]] std::string identity(const std::string& name) const { return files_ / "identity" / name; }
    [[nodiscard]] nlohmann::json status() const {
        return nlohmann::json::parse(trustx({"aws", "status", "--json"}).out);
    }

    // registered is this thing's only certificate in the cloud, which is checked.
    [[nodiscard]] nlohmann::json registered() const {
        const auto id = status().at("identity").at("certificateId").get<std::string>();
        return cloud_.certificates().at(id);
    }

 private:
    AwsDouble& cloud_;
    std::string thing_;
    TempDir files_;
    Simulator chip_;
};

void must_succeed(const Outcome& outcome) {
    INFO(outcome.both());
    REQUIRE(outcome.status == 0);
}

}  // namespace

TEST_CASE("a blank chip becomes a gateway that the broker accepts", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    for (const std::string method : {"csr", "register-thing"}) {
        CAPTURE(method);
        const Gateway gateway{*cloud, "blank-" + method};
        CHECK(gateway.trustx({"aws", "status"}).status == 6);
        must_succeed(gateway.enroll(method));
        must_succeed(gateway.trustx({"aws", "status"}));
        must_succeed(gateway.trustx({"aws", "connect"}));
        CHECK(gateway.registered().at("status") == "ACTIVE");
        const auto again = gateway.enroll(method);
        INFO(again.both());
        CHECK(again.status == 1);
        must_succeed(gateway.trustx({"aws", "status"}));
    }
}

TEST_CASE("a gateway that was enrolled publishes and receives with unmodified programs", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "talker"};
    must_succeed(gateway.enroll("csr"));
    const auto endpoint = gateway.status().at("identity").at("endpoint").get<std::string>();
    const auto colon = endpoint.rfind(':');
    auto variables = gateway.environment();
    variables.merge(foreign_program_environment());
    const Arguments common{"-h",       endpoint.substr(0, colon),
                           "-p",       endpoint.substr(colon + 1),
                           "-i",       "talker",
                           "--cafile", gateway.identity("amazon-roots.pem"),
                           "--cert",   gateway.identity("identity-chain.pem"),
                           "--key",    gateway.identity("identity-key.pem")};
    // Its lines come at once, not when it ends.
    Arguments arguments{"-oL", "mosquitto_sub"};
    arguments.insert(arguments.end(), common.begin(), common.end());
    arguments.insert(arguments.end(), {"-t", "cmd/talker/order", "-C", "1", "-W", "30", "-d"});
    Process subscriber{"stdbuf", arguments, {.environment = variables}};
    subscriber.wait_for_line("SUBACK");
    cloud->control("POST", "/publish", {{"topic", "cmd/talker/order"}, {"payload", "open"}});
    const auto received = subscriber.wait();
    INFO(received.both());
    CHECK(received.status == 0);
    CHECK_THAT(received.out, ContainsSubstring("open"));
    arguments = common;
    arguments.insert(arguments.end(), {"-t", "dt/talker/data", "-m", "21", "-q", "1"});
    must_succeed(run("mosquitto_pub", arguments, {.environment = variables}));
}

TEST_CASE("a program that is killed while the cloud works is resumed, and leaves nothing behind", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const auto before = cloud->certificates().size();
    std::size_t enrolled = 0;
    for (const std::string operation :
         {"CreateCertificateFromCsr", "CreateThing", "AttachPolicy", "AttachThingPrincipal", "UpdateCertificate"}) {
        for (const std::string when : {"before", "after"}) {
            CAPTURE(operation, when);
            const Gateway gateway{*cloud, "killed-" + std::to_string(++enrolled)};
            const auto fault = cloud->control(
                "POST", "/faults",
                {{"where", "control"}, {"operation", operation}, {"times", 1}, {"action", {{"hold", when}}}});
            auto process = gateway.start_to_enroll("csr");
            const auto id = fault.at("id").dump();
            while (!cloud->control("GET", "/holding?id=" + id).at("holding").get<bool>()) {
                REQUIRE(process.running());
            }
            static_cast<void>(process.kill9());
            cloud->control("POST", "/release", {{"id", fault.at("id")}});
            CHECK(gateway.trustx({"aws", "status"}).status == 1);
            must_succeed(gateway.trustx({"aws", "resume"}));
            CHECK(gateway.registered().at("status") == "ACTIVE");
            CHECK(cloud->certificates().size() == before + enrolled);
        }
    }
}

TEST_CASE("an enrolment that the cloud refuses says so and is taken back", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const auto certificates = cloud->certificates().size();
    const auto things = cloud->things().size();
    const Gateway gateway{*cloud, "refused"};
    cloud->control("POST", "/faults",
                   {{"where", "control"},
                    {"operation", "AttachThingPrincipal"},
                    {"times", 1},
                    {"action", {{"error", "LimitExceededException"}}}});
    const auto refused = gateway.enroll("csr");
    INFO(refused.both());
    CHECK(refused.status == 8);
    must_succeed(gateway.trustx({"aws", "abandon"}));
    CHECK(cloud->certificates().size() == certificates);
    CHECK(cloud->things().size() == things);
    CHECK(gateway.trustx({"aws", "status"}).status == 6);
    must_succeed(gateway.enroll("csr"));
}

// The last one: it judges what all others sent.
TEST_CASE("every request of the others is one that AWS's model allows", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    constexpr int no_botocore = 77;
    const auto outcome = cloud->judged();
    INFO(outcome.both());
    CHECK((outcome.status == 0 || outcome.status == no_botocore));
}
