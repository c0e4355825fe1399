// SPDX-License-Identifier: Apache-2.0
// `trustx aws rotate` and `retire` beside a running mosquitto, whose bridge uses the identity: the built programs, a
// simulated chip, and the double of AWS IoT.
#include "aws/documents/provisioning_template.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <string>

#include <nlohmann/json.hpp>

using namespace trustx::test;

namespace {

// Bridge is Debian's mosquitto with a bridge to the double, as a gateway has it.
class Bridge {
 public:
    Bridge(AwsDouble& cloud, const Gateway& gateway, const std::string& thing)
        : cloud_{cloud}, thing_{thing}, since_{cloud.control("GET", "/events").size()}, process_{start(gateway)} {
        wait_until_connected(1);
    }

    // wait_until_connected returns when the bridge has connected so many times: with MQTT 3.1.1, as nobody else here.
    void wait_until_connected(int times) const {
        cloud_.control("GET", events("connected") + "&version=4&count=" + std::to_string(times));
    }

    // must_carry publishes inside, and finds it in the cloud; times is which message it is, from 1.
    void must_carry(int times) const {
        must_succeed(
            run("mosquitto_pub", {"--unix", files_ / "socket", "-q", "1", "-t", "dt/" + thing_ + "/n", "-m", "value"}));
        cloud_.control("GET", events("publish") + "&count=" + std::to_string(times));
    }

    // ended counts the connections under the bridge's name that have ended.
    [[nodiscard]] std::size_t ended() const { return cloud_.control("GET", events("disconnected")).size(); }

 private:
    [[nodiscard]] std::string events(const std::string& type) const {
        return "/events?type=" + type + "&clientId=" + thing_ + "&since=" + std::to_string(since_);
    }

    Process start(const Gateway& gateway) {
        const auto endpoint = gateway.status().at("identity").at("endpoint").get<std::string>();
        write_file(files_ / "conf", "listener 0 " + (files_ / "socket").string() +
                                        "\nallow_anonymous true\nlog_dest stderr\nlog_type all\nuser root\n"
                                        "connection aws\naddress " +
                                        endpoint + "\nremote_clientid " + thing_ + "\nbridge_cafile " +
                                        gateway.identity("amazon-roots.pem") + "\nbridge_certfile " +
                                        gateway.identity("identity-chain.pem") + "\nbridge_keyfile " +
                                        gateway.identity("identity-key.pem") +
                                        "\ntopic dt/# out 1\nbridge_protocol_version mqttv311\ncleansession true\n"
                                        "notifications false\ntry_private false\n"
                                        "bridge_attempt_unsubscribe false\nrestart_timeout 1 1\n");
        auto variables = gateway.environment();
        variables.merge(foreign_program_environment());
        return {"/usr/sbin/mosquitto", {"-c", files_ / "conf"}, {.environment = variables}};
    }

    AwsDouble& cloud_;
    std::string thing_;
    std::size_t since_;  // what the cloud has seen before
    TempDir files_;
    Process process_;
};

}  // namespace

TEST_CASE("a rotation leaves a running bridge its connection, and the next one is with the new identity", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "rotated"};
    // Of its own: another test may have made the usual one, without the second name for connections.
    must_succeed(gateway.enroll("csr", {"--policy", "rotated"}));
    const auto first = gateway.status().at("identity");
    Bridge bridge{*cloud, gateway, "rotated"};
    bridge.must_carry(1);
    // Held when all is done but the end of the old certificate: the second change of a status.
    const auto held = cloud->control(
        "POST", "/faults",
        {{"where", "control"}, {"operation", "UpdateCertificate"}, {"skip", 1}, {"action", {{"hold", "before"}}}});
    auto rotation = gateway.start({"aws", "rotate", "--wait", "60"});
    cloud->wait_until_held(held, rotation);
    CHECK(bridge.ended() == 0);
    bridge.must_carry(2);
    cloud->release(held);
    must_succeed(rotation.wait());
    // Its connection ends with the old certificate, and it makes the next one with the new identity by itself.
    bridge.wait_until_connected(2);
    bridge.must_carry(3);
    const auto second = gateway.status().at("identity");
    CHECK(second.at("certificateId") != first.at("certificateId"));
    CHECK(second.at("keyObject") == "E0F2");
    CHECK(gateway.registered().at("status") == "ACTIVE");
    CHECK_FALSE(cloud->certificates().contains(first.at("certificateId").get<std::string>()));
}

TEST_CASE("a gateway goes to and fro between two slots, by each way to a certificate", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "to-and-fro"};
    must_succeed(gateway.enroll("register-thing"));
    const auto certificates = cloud->certificates().size();
    must_succeed(gateway.trustx({"aws", "rotate", "--wait", "60"}));
    must_succeed(gateway.trustx({"aws", "rotate", "--wait", "60", "--via", "csr"}));
    CHECK(gateway.status().at("identity").at("keyObject") == "E0F1");
    CHECK(cloud->certificates().size() == certificates);
    must_succeed(gateway.trustx({"aws", "connect"}));
    gateway.must_exchange_messages();
}

TEST_CASE("a rotation that the cloud refuses leaves the identity in use", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "kept"};
    must_succeed(gateway.enroll("csr"));
    const auto before = gateway.status().at("identity");
    const auto certificates = cloud->certificates().size();
    cloud->control("POST", "/faults",
                   {{"where", "control"},
                    {"operation", "AttachThingPrincipal"},
                    {"times", 1},
                    {"action", {{"error", "LimitExceededException"}}}});
    CHECK(gateway.trustx({"aws", "rotate", "--wait", "60"}).status == 8);
    CHECK(cloud->certificates().size() == certificates);
    CHECK(gateway.status().at("identity") == before);
    must_succeed(gateway.trustx({"aws", "connect"}));
}

TEST_CASE("a gateway that is retired says so first, and leaves nothing", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const auto certificates = cloud->certificates().size();
    const auto things = cloud->things().size();
    const Gateway gateway{*cloud, "retired"};
    must_succeed(gateway.enroll("csr"));
    must_succeed(gateway.trustx({"aws", "retire", "--plan"}));
    CHECK(gateway.trustx({"aws", "retire"}).status == 1);
    must_succeed(gateway.trustx({"aws", "connect"}));
    must_succeed(gateway.trustx({"aws", "retire", "--delete-thing", "--force"}));
    CHECK(gateway.trustx({"aws", "status"}).status == 6);
    CHECK(cloud->certificates().size() == certificates);
    CHECK(cloud->things().size() == things);
    const Gateway other{*cloud, "retired-by-name"};
    must_succeed(other.enroll("csr"));
    const auto id = other.status().at("identity").at("certificateId").get<std::string>();
    CHECK(gateway.trustx({"aws", "retire", "--thing", "retired", "--certificate", id, "--force"}).status == 5);
    must_succeed(
        gateway.trustx({"aws", "retire", "--thing", "retired-by-name", "--certificate", id, "--revoke", "--force"}));
    CHECK(cloud->certificates().at(id).at("status") == "REVOKED");
    CHECK(other.trustx({"aws", "connect"}).status != 0);
}

TEST_CASE("a rotation by a claim that is killed while the cloud works is resumed", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "rotated-by-claim"};
    must_succeed(gateway.enroll("csr"));
    const auto body =
        trustx::aws::provisioning_template({.use = trustx::aws::TemplateUse::fleet, .policy = "trustx-gateway"});
    cloud->call("POST", "/provisioning-templates",
                {{"templateName", "rotations"},
                 {"enabled", true},
                 {"provisioningRoleArn", "arn:aws:iam::123456789012:role/provisioning"},
                 {"templateBody", body.value()}});
    for (const std::string operation : {"CreateCertificateFromCsr", "RegisterThing"}) {
        for (const std::string when : {"before", "after"}) {
            CAPTURE(operation, when);
            const auto before = gateway.status().at("identity").at("certificateId").get<std::string>();
            const auto fault = cloud->control(
                "POST", "/faults",
                {{"where", "service"}, {"operation", operation}, {"times", 1}, {"action", {{"hold", when}}}});
            auto process =
                gateway.start({"aws", "rotate", "--via", "claim", "--template", "rotations", "--wait", "60"});
            cloud->wait_until_held(fault, process);
            static_cast<void>(process.kill9());
            // Services go on with the identity that they have.
            must_succeed(gateway.trustx({"aws", "connect"}));
            cloud->release(fault);
            must_succeed(gateway.trustx({"aws", "resume"}));
            CHECK(gateway.status().at("identity").at("certificateId") != before);
            CHECK(gateway.registered().at("status") == "ACTIVE");
            must_succeed(gateway.trustx({"aws", "connect"}));
            must_succeed(
                gateway.trustx({"aws", "retire", "--thing", "rotated-by-claim", "--certificate", before, "--force"}));
        }
    }
}
