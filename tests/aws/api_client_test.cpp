// SPDX-License-Identifier: Apache-2.0
// Which failures are tried again, for how long, and what is said in the end.
#include "aws/control/api_client.hpp"

#include "aws/control/calls/operations.hpp"
#include "aws/control/calls/policies.hpp"
#include "aws/control/calls/provisioning.hpp"
#include "fake_http.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>

using namespace trustx::aws;
using namespace std::chrono_literals;
using trustx::Error;
using trustx::test::FakeHttp;
using trustx::test::VirtualClock;

namespace {

// 2026-11-22T12:00:00Z
const WallTime noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;
constexpr const char* thing_answer =
    R"({"thingName":"gw-1","thingArn":"arn:aws:iot:eu-central-1:123456789012:thing/gw-1"})";
constexpr const char* issued_answer =
    R"({"certificateArn":"arn:aws:iot:eu-central-1:123456789012:cert/aa","certificateId":"aa","certificatePem":"PEM"})";

struct Fixture {
    VirtualClock clock{};
    FakeHttp http{clock};
    WallTime now = noon;
    ApiClient client{
        {.http = http, .clock = clock, .wall_clock = [this] { return now; }, .random = [] { return 0.999; }},
        {.service = Service::iot, .url = {.host = "iot.eu-central-1.amazonaws.com"}, .region = "eu-central-1"},
        [](const trustx::Deadline&) -> trustx::Result<Credentials> {
            return Credentials{.access_key_id = "AKIDEXAMPLE", .secret_access_key = SecretText{"secret"}};
        }};

    template <class Call>
    auto call(const Call& call, trustx::Duration allowed = 2min) {
        return client.call(call, clock.in(allowed));
    }
};

std::string header_of(const HttpRequest& request, std::string_view name) {
    for (const auto& header : request.headers) {
        if (header.name == name) {
            return header.value;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("A call is sent as AWS describes it, and signed", "[aws]") {
    Fixture fixture;
    fixture.http.answer(200, thing_answer);
    const auto thing = fixture.call(CreateThing{.name = "gw:1", .attributes = {{"serial", "7"}}});
    REQUIRE(thing);
    CHECK(thing->arn == "arn:aws:iot:eu-central-1:123456789012:thing/gw-1");
    const auto& sent = fixture.http.requests.at(0);
    CHECK(sent.method == Method::post);
    CHECK(sent.url.text() == "https://iot.eu-central-1.amazonaws.com/things/gw%3A1");
    CHECK(sent.body == R"({"attributePayload":{"attributes":{"serial":"7"}}})");
    CHECK(header_of(sent, "Content-Type") == "application/json");
    CHECK(header_of(sent, "X-Amz-Date") == "20261122T120000Z");
    CHECK_THAT(header_of(sent, "Authorization"), ContainsSubstring("/20261122/eu-central-1/iot/aws4_request"));
}

TEST_CASE("A path of the endpoint comes in front of the call's", "[aws]") {
    Fixture fixture;
    fixture.http.answer(200, thing_answer);
    ApiClient client{
        {.http = fixture.http, .clock = fixture.clock, .wall_clock = [] { return noon; }, .random = [] { return 0.0; }},
        {.service = Service::iot,
         .url = {.host = "localhost", .port = 4443, .path = "/iot/"},
         .region = "eu-central-1"},
        [](const trustx::Deadline&) -> trustx::Result<Credentials> { return Credentials{}; }};
    REQUIRE(client.call(DescribeThing{.name = "gw-1"}, fixture.clock.in(1s)));
    CHECK(fixture.http.requests.at(0).url.text() == "https://localhost:4443/iot/things/gw-1");
}

TEST_CASE("Being throttled for a minute is survived", "[aws]") {
    Fixture fixture;
    for (int i = 0; i < 8; ++i) {
        fixture.http.refuse(400, "ThrottlingException");
    }
    fixture.http.answer(200, thing_answer);
    std::vector<Attempt> told;
    fixture.client.observe([&told](const Attempt& attempt) { told.push_back(attempt); });
    const auto began = fixture.clock.now();
    REQUIRE(fixture.call(CreateThing{.name = "gw-1"}, 5min));
    CHECK(fixture.http.requests.size() == 9);
    CHECK(fixture.clock.now() - began > 60s);
    CHECK(fixture.clock.now() - began < 100s);
    REQUIRE(told.size() == 9);
    CHECK(told[0].failure->code() == ApiErrc::throttling);
    CHECK(told[0].wait > 0ms);
    CHECK_FALSE(told[8].failure);
}

TEST_CASE("A throttled call ends with its deadline, and does not wait for nothing", "[aws]") {
    Fixture fixture;
    fixture.http.refuse(400, "ThrottlingException");
    const auto began = fixture.clock.now();
    const auto refused = fixture.call(CreateThing{.name = "gw-1"}, 10s);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == ApiErrc::throttling);
    CHECK(fixture.clock.now() - began < 10s);
    CHECK(fixture.http.requests.size() > 2);
}

TEST_CASE("The time that a service wants to be left alone is respected", "[aws]") {
    Fixture fixture;
    fixture.http.refuse(429, "TooManyRequestsException", {{"retry-after", "45"}});
    fixture.http.answer(200, thing_answer);
    REQUIRE(fixture.call(CreateThing{.name = "gw-1"}));
    CHECK(fixture.http.times.at(1) - fixture.http.times.at(0) == 45s);
}

TEST_CASE("Failures that pass are tried again for a while", "[aws]") {
    Fixture fixture;
    const auto passing = GENERATE(HttpErrc::connect_failed, HttpErrc::name_not_found, HttpErrc::connection_lost,
                                  HttpErrc::answer_truncated);
    SECTION("and then the call succeeds") {
        fixture.http.fail_with(passing).refuse(503, "ServiceUnavailableException").answer(200, thing_answer);
        CHECK(fixture.call(CreateThing{.name = "gw-1"}));
        CHECK(fixture.http.requests.size() == 3);
    }
    SECTION("or given up after twenty seconds") {
        fixture.http.fail_with(passing);
        const auto began = fixture.clock.now();
        const auto failed = fixture.call(CreateThing{.name = "gw-1"}, 10min);
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == passing);
        CHECK(fixture.http.requests.size() > 3);
        CHECK(fixture.clock.now() - began > 10s);
        CHECK(fixture.clock.now() - began <= 20s);
    }
}

TEST_CASE("A service that hangs costs half a minute for each attempt", "[aws]") {
    Fixture fixture;
    fixture.http.hang();
    const auto failed = fixture.call(DescribeThing{.name = "gw-1"}, 10min);
    REQUIRE_FALSE(failed);
    CHECK(failed.error() == HttpErrc::timeout);
    CHECK(fixture.http.requests.size() == 2);
}

TEST_CASE("What would leave a second certificate is not sent twice", "[aws]") {
    Fixture fixture;
    const CreateCertificateFromCsr call{.csr_pem = "CSR"};
    SECTION("when its answer was lost") {
        fixture.http.fail_with(GENERATE(HttpErrc::connection_lost, HttpErrc::answer_truncated, HttpErrc::timeout));
        const auto failed = fixture.call(call);
        REQUIRE_FALSE(failed);
        CHECK(failed.error().outcome_unknown);
        CHECK(fixture.http.requests.size() == 1);
    }
    SECTION("when the service failed in the middle") {
        fixture.http.refuse(500, "InternalFailureException");
        const auto failed = fixture.call(call);
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == ApiErrc::internal_failure);
        CHECK(failed.error().outcome_unknown);
        CHECK(fixture.http.requests.size() == 1);
    }
    SECTION("but it is when nothing was done") {
        fixture.http.fail_with(HttpErrc::connect_failed).refuse(400, "ThrottlingException").answer(200, issued_answer);
        const auto issued = fixture.call(call);
        REQUIRE(issued);
        CHECK(issued->pem == "PEM");
        CHECK(fixture.http.requests.at(0).sent_once);
    }
}

TEST_CASE("A clock that is off is found out and made up for", "[aws]") {
    Fixture fixture;
    fixture.now = noon - 24h * 365;
    SECTION("by the date of the answer that refuses the signature") {
        fixture.http.refuse(403, "InvalidSignatureException", {{"date", "Sun, 22 Nov 2026 12:00:00 GMT"}});
        fixture.http.answer(200, thing_answer);
        CHECK(fixture.call(CreateThing{.name = "gw-1"}));
        CHECK(fixture.client.clock_offset() == 24h * 365);
        CHECK(header_of(fixture.http.requests.at(1), "X-Amz-Date") == "20261122T120000Z");
    }
    SECTION("once: the second refusal is not of the clock") {
        fixture.http.refuse(403, "InvalidSignatureException", {{"date", "Sun, 22 Nov 2026 12:00:00 GMT"}});
        const auto failed = fixture.call(CreateThing{.name = "gw-1"});
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == ApiErrc::signature_mismatch);
        CHECK(fixture.http.requests.size() == 2);
    }
    SECTION("and said where the service's clock moves on, too") {
        fixture.http.refuse(403, "RequestExpired", {{"date", "Sun, 22 Nov 2026 12:00:00 GMT"}});
        fixture.http.refuse(403, "RequestExpired", {{"date", "Mon, 23 Nov 2026 12:00:00 GMT"}});
        const auto failed = fixture.call(CreateThing{.name = "gw-1"});
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == ApiErrc::clock_skew);
    }
}

TEST_CASE("A signature for another region than the endpoint's is told from a wrong secret", "[aws]") {
    Fixture fixture;
    fixture.http.refuse(403, "InvalidSignatureException", {{"date", "Sun, 22 Nov 2026 12:00:01 GMT"}});
    CHECK(fixture.call(DescribeThing{.name = "gw-1"}).error() == ApiErrc::signature_mismatch);
    ApiClient other{
        {.http = fixture.http, .clock = fixture.clock, .wall_clock = [] { return noon; }, .random = [] { return 0.0; }},
        {.service = Service::iot, .url = {.host = "iot.us-east-1.amazonaws.com"}, .region = "eu-central-1"},
        [](const trustx::Deadline&) -> trustx::Result<Credentials> { return Credentials{}; }};
    CHECK(other.call(DescribeThing{.name = "gw-1"}, fixture.clock.in(1s)).error() == ApiErrc::wrong_scope);
}

TEST_CASE("Refusals have a code, AWS's words, and what AWS's support asks for", "[aws]") {
    Fixture fixture;
    fixture.http.answer(409, R"({"message":"it is there","resourceId":"gw-1","resourceArn":"arn:x"})",
                        {{"x-amzn-errortype", "ResourceAlreadyExistsException:http://internal.amazon.com/"},
                         {"x-amzn-requestid", "abc-123"}});
    const auto refused = fixture.call(CreateThing{.name = "gw-1"});
    REQUIRE_FALSE(refused);
    const auto& error = refused.error();
    CHECK(error == ApiErrc::resource_already_exists);
    CHECK(error.http_status == 409);
    CHECK(error.resource_arn == "arn:x");
    CHECK(error.request_id == "abc-123");
    CHECK_FALSE(error.outcome_unknown);
    CHECK_THAT(error.message(), ContainsSubstring("CreateThing") && ContainsSubstring("it is there"));
    const Error plain = refused.error();
    CHECK(plain == ApiErrc::resource_already_exists);
    CHECK(fixture.http.requests.size() == 1);
}

TEST_CASE("The name of an error is found wherever a service puts it", "[aws]") {
    Fixture fixture;
    fixture.http.answer(403, R"({"__type":"com.amazon.coral.service#ExpiredTokenException","Message":"expired"})");
    CHECK(fixture.call(DescribeThing{.name = "gw-1"}).error() == ApiErrc::expired_token);
    Fixture nameless;
    nameless.http.answer(418, "<html>");
    const auto refused = nameless.call(DescribeThing{.name = "gw-1"});
    CHECK(refused.error() == ApiErrc::unknown);
    CHECK(refused.error().http_status == 418);
}

TEST_CASE("An answer that is not what was promised is an error", "[aws]") {
    Fixture fixture;
    fixture.http.answer(
        200, GENERATE("", "{}", "[]", "no JSON", R"({"thingName":"gw-1"})", R"({"thingName":1,"thingArn":2})"));
    const auto failed = fixture.call(CreateThing{.name = "gw-1"});
    REQUIRE_FALSE(failed);
    CHECK(failed.error() == ApiErrc::answer_malformed);
    CHECK(failed.error().outcome_unknown);
}

TEST_CASE("A call for another service is not sent", "[aws]") {
    Fixture fixture;
    fixture.http.answer(200);
    CHECK_FALSE(fixture.call(DeleteConnection{.client_id = "gw-1"}));
    CHECK(fixture.http.requests.empty());
}

TEST_CASE("Credentials that cannot be had are the error of the call", "[aws]") {
    Fixture fixture;
    ApiClient client{
        {.http = fixture.http, .clock = fixture.clock, .wall_clock = [] { return noon; }, .random = [] { return 0.0; }},
        fixture.client.endpoint(),
        [](const trustx::Deadline&) -> trustx::Result<Credentials> {
            return trustx::fail(AccountErrc::credentials_expired, "too late");
        }};
    CHECK(client.call(DescribeThing{.name = "gw-1"}, fixture.clock.in(1s)).error() == AccountErrc::credentials_expired);
    CHECK(fixture.http.requests.empty());
}

TEST_CASE("The key of a claim comes out of its answer", "[aws]") {
    Fixture fixture;
    fixture.http.answer(
        200, R"({"certificateId":"aa","certificatePem":"PEM","keyPair":{"PublicKey":"p","PrivateKey":"the key"},
        "expiration":1795348800.5})");
    const auto claim = fixture.call(CreateProvisioningClaim{.template_name = "fleet"});
    REQUIRE(claim);
    CHECK(claim->private_key_pem.view() == "the key");
    CHECK(claim->expiration == noon + 500ms);
}

TEST_CASE("What a policy allows is read with its questions", "[aws]") {
    Fixture fixture;
    fixture.http.answer(200, R"({"authResults":[
        {"authInfo":{"actionType":"CONNECT","resources":["arn:1"]},"authDecision":"ALLOWED"},
        {"authInfo":{"actionType":"PUBLISH","resources":["arn:2"]},"authDecision":"EXPLICIT_DENY","missingContextValues":["iot:ClientId"]}]})");
    const auto answers = fixture.call(TestAuthorization{.principal = "arn:cert",
                                                        .client_id = "gw-1",
                                                        .questions = {{AuthAction::connect, {"arn:1"}}},
                                                        .policies_to_add = {"p"}});
    REQUIRE(answers);
    REQUIRE(answers->size() == 2);
    CHECK(answers->at(0).decision == AuthDecision::allowed);
    CHECK(answers->at(1).decision == AuthDecision::explicit_deny);
    CHECK(answers->at(1).missing_context == std::vector<std::string>{"iot:ClientId"});
    CHECK(fixture.http.requests.at(0).url.query == "clientId=gw-1");
    CHECK(
        fixture.http.requests.at(0).body ==
        R"({"authInfos":[{"actionType":"CONNECT","resources":["arn:1"]}],"policyNamesToAdd":["p"],"principal":"arn:cert"})");
}
