// SPDX-License-Identifier: Apache-2.0
// `trustx aws` from a blank chip to a gateway that publishes and receives: the built programs, a simulated chip, and
// the double of AWS IoT.
#include "aws_double.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

using namespace trustx::test;

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
    gateway.must_exchange_messages();
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
            cloud->wait_until_held(fault, process);
            static_cast<void>(process.kill9());
            cloud->release(fault);
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
