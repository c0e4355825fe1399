// SPDX-License-Identifier: Apache-2.0
// What is written down: orders, journals, identities and requests survive being written and read.
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/journal.hpp"
#include "common/files/input_error.hpp"
#include "pki/error.hpp"
#include "pki/request.hpp"
#include "support/catch.hpp"
#include "support/fake_chip.hpp"
#include "support/software_key.hpp"
#include "support/trap.hpp"

#include <functional>
#include <utility>
#include <vector>

using namespace trustx;
using namespace trustx::aws;
using test::SoftwareKey;

namespace {

constexpr ObjectId slot{0xE0F1};
constexpr ObjectId place{0xE0E1};

std::vector<x509::Certificate> chain_of(const Bytes& der) {
    std::vector<x509::Certificate> chain;
    chain.push_back(x509::Certificate::parse(der, "test").value());
    return chain;
}

}  // namespace

TEST_CASE("a journal reads as it was written", "[enrolment]") {
    const SoftwareKey key{Curve::p384};
    Journal journal{.order = {.task = Task::rotate,
                              .method = EnrolmentMethod::register_thing,
                              .thing = "gateway:1",
                              .slot = ObjectId{0xE0F3},
                              .region = "eu-central-1",
                              .account = "123456789012",
                              .endpoint = "localhost:1234",
                              .ca_file = "/a \"b\"",
                              .template_name = "gateways",
                              .claim_certificate = "claim.pem",
                              .claim_key = "claim-key.pem",
                              .claim_slot = ObjectId{0xE0F0},
                              .device_name = "second",
                              .existing_thing = true,
                              .replace = true,
                              .revoke = true,
                              .delete_thing = true},
                    .chip = "A5A5",
                    .begun = 1'790'000'000,
                    .phase = Phase::abandoning,
                    .step = "thing"};
    CHECK(Journal::parse(journal.text(), "it").value() == journal);
    journal.facts = {.endpoint = "host",
                     .slot_was_empty = false,
                     .public_key = key.public_key(),
                     .request = "request",
                     .asked = true,
                     .token = "token",
                     .partition = "aws-cn",
                     .account = "1",
                     .certificate_id = "id",
                     .certificate_arn = "arn",
                     .certificate = "pem",
                     .certificate_existed = true,
                     .thing_existed = false,
                     .others = std::vector<std::string>{"arn", "another"},
                     .held = std::vector<Bytes>{},
                     .previous_set = "earlier",
                     .set = "set",
                     .old_certificate_id = "old",
                     .old_certificate_arn = "old arn",
                     .old_slot = slot,
                     .old_key = key.public_key(),
                     .policies = {"one", "two"},
                     .key_before = key.public_key(),
                     .client_id = "client",
                     .challenge = "A5"};
    CHECK(Journal::parse(journal.text(), "it").value() == journal);
    journal.facts.held = std::vector<Bytes>{key.certificate("held"), key.certificate("too")};
    CHECK(Journal::parse(journal.text(), "it").value() == journal);
}

TEST_CASE("an identity reads as it was written", "[enrolment]") {
    const Identity identity{.endpoint = {.host = "localhost", .port = 1234},
                            .region = "eu-central-1",
                            .account = "123456789012",
                            .thing = "gateway-1",
                            .certificate_id = "0f",
                            .slot = slot,
                            .method = EnrolmentMethod::csr};
    CHECK(Identity::parse(identity.text(), "it").value() == identity);
    CHECK(Identity::parse("{\"endpoint\":1}", "it").error() == InputErrc::malformed);
}

TEST_CASE("an endpoint is a host with or without a port", "[enrolment]") {
    CHECK(Endpoint::parse("host").value() == Endpoint{"host", 8883});
    CHECK(Endpoint::parse("host:443").value() == Endpoint{"host", 443});
    CHECK(Endpoint::parse("[::1]:1").value() == Endpoint{"::1", 1});
    CHECK(Endpoint::parse(Endpoint{"::1", 1}.text()).value() == Endpoint{"::1", 1});
    for (const auto* text : {"", ":1", "host:", "host:0", "host:65536", "host:1x", "[::1", "[::1]1", "::1"}) {
        CAPTURE(text);
        CHECK_FALSE(Endpoint::parse(text));
    }
}

TEST_CASE("an order with a name that AWS does not take is refused", "[enrolment]") {
    const Order good{.thing = "gw:0001_a-B"};
    CHECK(good.check());
    for (const auto& thing : {std::string{}, std::string{"a b"}, std::string{"a/b"}, std::string(129, 'a')}) {
        auto bad = good;
        bad.thing = thing;
        CHECK_FALSE(bad.check());
    }
    auto bad = good;
    bad.policy = "a b";
    CHECK_FALSE(bad.check());
    bad = good;
    bad.slot = place;
    CHECK_FALSE(bad.check());
}

TEST_CASE("an order by claim names a template, and a claim in one place", "[enrolment]") {
    const Order by_aws{.method = EnrolmentMethod::claim, .thing = "gw", .template_name = "gateways_1-a"};
    CHECK(by_aws.check());
    auto in_files = by_aws;
    in_files.claim_certificate = "claim.pem";
    in_files.claim_key = "claim-key.pem";
    in_files.endpoint = "broker.example";
    CHECK(in_files.check());
    auto in_slot = by_aws;
    in_slot.claim_slot = factory_slot;
    in_slot.endpoint = "broker.example";
    CHECK(in_slot.check());
    const std::vector<std::pair<Order, std::function<void(Order&)>>> spoilt{
        {by_aws, [](Order& order) { order.template_name.clear(); }},
        {by_aws, [](Order& order) { order.template_name = std::string(37, 'a'); }},
        {by_aws, [](Order& order) { order.template_name = "a/b"; }},
        {in_files, [](Order& order) { order.claim_key.clear(); }},
        {in_files, [](Order& order) { order.endpoint.clear(); }},
        {in_files, [](Order& order) { order.claim_slot = factory_slot; }},
        {in_slot, [](Order& order) { order.endpoint.clear(); }},
        {in_slot, [](Order& order) { order.claim_slot = order.slot; }},
        {in_slot, [](Order& order) { order.claim_slot = place; }}};
    for (const auto& [good, spoil] : spoilt) {
        auto bad = good;
        spoil(bad);
        const auto checked = bad.check();
        REQUIRE_FALSE(checked);
        CHECK(checked.error() == InputErrc::usage);
    }
}

TEST_CASE("parameters of a template are NAME=VALUE, once each, and not those that are reserved", "[enrolment]") {
    CHECK(parse_parameters({"A=1", "B=x=y"}).value() == Parameters{{"A", "1"}, {"B", "x=y"}});
    for (const std::vector<std::string>& texts : {std::vector<std::string>{"A"}, {"A=1", "A=2"}}) {
        CHECK(parse_parameters(texts).error() == InputErrc::usage);
    }
    Order order{
        .method = EnrolmentMethod::claim, .thing = "gw", .template_name = "gateways", .parameters = {{"A", "1"}}};
    CHECK(order.check());
    const Journal journal{.order = order, .chip = "A5"};
    CHECK(Journal::parse(journal.text(), "it").value() == journal);
    for (const Parameters& parameters : {Parameters{{"ThingName", "x"}},
                                         {{"SerialNumber", "x"}},
                                         {{"AWS::IoT::Certificate::Id", "x"}},
                                         {{"", "x"}},
                                         {{"A", ""}},
                                         {{"A", std::string(4097, 'x')}}}) {
        order.parameters = parameters;
        CHECK(order.check().error() == InputErrc::usage);
    }
    order = {.method = EnrolmentMethod::csr, .thing = "gw", .parameters = {{"A", "1"}}};
    CHECK(order.check().error() == InputErrc::usage);
}

TEST_CASE("rules and further clients of a policy are recorded, where the enrolment makes one", "[enrolment]") {
    Order order{.thing = "gw", .rules = {"climate"}, .clients = {"shadow", "jobs"}};
    CHECK(order.check());
    const Journal journal{.order = order, .chip = "A5"};
    CHECK(Journal::parse(journal.text(), "it").value() == journal);
    order.rules = {"a/b"};
    CHECK(order.check().error() == InputErrc::usage);
    order = {.method = EnrolmentMethod::claim, .thing = "gw", .clients = {"jobs"}, .template_name = "gateways"};
    CHECK(order.check().error() == InputErrc::usage);
}

TEST_CASE("the key is where the factory put it unless an authority issues for another", "[enrolment]") {
    Order order{.method = EnrolmentMethod::jit, .thing = "gw"};
    CHECK(order.usual_slot() == factory_slot);
    CHECK_FALSE(order.needs_authority());
    order.authority_certificate = "ca.pem";
    CHECK(order.usual_slot() == first_free_slot);
    CHECK(order.needs_authority());
    order.method = EnrolmentMethod::factory_cert;
    CHECK(order.usual_slot() == factory_slot);
    order.method = EnrolmentMethod::claim;
    CHECK(order.usual_slot() == first_free_slot);
}

TEST_CASE("a request is for the key that signed it, and names the curve", "[enrolment]") {
    for (const auto curve : {Curve::p256, Curve::p384}) {
        test::Trap trap;
        test::FakeChip chip{trap};
        const auto key = chip.generate(slot, curve, KeyUsage::sign).value();
        for (int i = 0; i < 20; ++i) {  // signatures differ, in length too
            const auto request = pki::make_request(chip, slot, key, pki::Subject::common_name("gateway")).value();
            CHECK(pki::is_request_for(request, key));
            CHECK_FALSE(pki::is_request_for(request, SoftwareKey{curve}.public_key()));
        }
        const auto other =
            pki::make_request(chip, slot, SoftwareKey{curve}.public_key(), pki::Subject::common_name("gateway"));
        REQUIRE_FALSE(other);
        CHECK(other.error() == InputErrc::key_mismatch);
    }
    CHECK_FALSE(pki::is_request_for("nothing", SoftwareKey{Curve::p256}.public_key()));
}

TEST_CASE("a certificate is judged before it is used", "[enrolment]") {
    const SoftwareKey ca{Curve::p256};
    const auto key = SoftwareKey{Curve::p256}.public_key();
    const auto now = std::time(nullptr);
    const auto judge = [&](const Bytes& der) {
        const auto judged = pki::check_certificate(chain_of(der), key, place, now, "test");
        return judged ? std::error_code{} : judged.error().code();
    };
    CHECK(judge(ca.issue({.subject = key})) == std::error_code{});
    CHECK(judge(ca.issue({.subject = ca.public_key()})) == InputErrc::key_mismatch);
    CHECK(judge(ca.issue({.subject = key, .begins = 3600})) == pki::PkiErrc::clock_wrong);
    // An issuer whose clock is a little ahead says nothing about the one here.
    CHECK(judge(ca.issue({.subject = key, .begins = 60})) == std::error_code{});
    CHECK(judge(ca.issue({.subject = key, .begins = -7200, .ends = -3600})) == InputErrc::check_failed);
    // The chip verifies with certificates of 1300 bytes at most (chip-objects.md section 7), and keeps longer ones.
    CHECK(judge(ca.certificate_for(key, "gateway", "authority", 1100)) == std::error_code{});
    CHECK(judge(ca.certificate_for(key, "gateway", "authority", 2000)) == InputErrc::check_failed);
}

TEST_CASE("certificates that are no chain are refused", "[enrolment]") {
    const SoftwareKey ca{Curve::p256};
    const auto key = SoftwareKey{Curve::p256}.public_key();
    auto chain = chain_of(ca.issue({.subject = key}));
    chain.push_back(x509::Certificate::parse(SoftwareKey{Curve::p256}.authority_certificate("authority"), "t").value());
    const auto judged = pki::check_certificate(chain, key, place, std::time(nullptr), "test");
    REQUIRE_FALSE(judged);
    CHECK(judged.error() == InputErrc::check_failed);
}
