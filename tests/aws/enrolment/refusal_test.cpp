// SPDX-License-Identifier: Apache-2.0
// What ends an enrolment with a message: nothing is lost by it, and nothing becomes active.
#include "aws/control/api_error.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/identity_sets.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "support/catch.hpp"
#include "world.hpp"

#include <algorithm>

using namespace trustx;
using namespace trustx::test;

namespace {

using enum aws::EnrolmentMethod;

constexpr ObjectId first_slot{0xE0F1};
constexpr ObjectId first_object{0xE0E1};

// Methods by what they have in common.
const std::vector<aws::EnrolmentMethod> issued_by_aws{csr, register_thing};
const std::vector<aws::EnrolmentMethod> with_account{csr, register_thing, own_ca, factory_cert};
const std::vector<aws::EnrolmentMethod> with_new_certificate{csr, register_thing, own_ca, jit, claim};
const std::vector<aws::EnrolmentMethod> all{aws::all_methods.begin(), aws::all_methods.end()};

// must_fail demands an error with this code, and that nothing is active.
template <class Code>
Error must_fail(World& world, Result<void> (World::*part)(), Code code) {
    const auto done = (world.*part)();
    REQUIRE_FALSE(done);
    INFO(done.error().message());
    CHECK(done.error() == make_error_code(code));
    CHECK_FALSE(done.error().operation().empty());
    CHECK(world.violation() == "");
    for (const auto& [id, certificate] : world.cloud.certificates) {
        CHECK(certificate.status == "INACTIVE");
    }
    return done.error();
}

void must_succeed(World& world, Result<void> (World::*part)()) {
    const auto done = (world.*part)();
    INFO((done ? std::string{} : done.error().message()));
    REQUIRE(done);
}

void each_method(const std::vector<aws::EnrolmentMethod>& methods, const std::function<void(World&)>& what) {
    for (const auto method : methods) {
        CAPTURE(aws::name_of(method));
        const auto world = std::make_unique<World>(method);
        what(*world);
    }
}

}  // namespace

TEST_CASE("a certificate for another key is not used, and abandoning deletes it", "[enrolment]") {
    each_method(issued_by_aws, [](World& world) {
        world.cloud.issue_for_another_key = true;
        must_fail(world, &World::enroll, InputErrc::key_mismatch);
        CHECK(world.chip.objects[first_object].empty());
        must_fail(world, &World::resume, InputErrc::key_mismatch);
        CHECK(world.cloud.certificates.size() == 1);
        must_succeed(world, &World::abandon);
        CHECK(world.left_when_abandoned() == "");
    });
}

TEST_CASE("a certificate for an RSA key is refused, and the message says which keys chips have", "[enrolment]") {
    const auto rsa = rsa_certificate("gateway");
    const auto refused = [](World& world, InputErrc code) {
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() == code);
        CHECK_THAT(done.error().operation(), ContainsSubstring("P-256"));
        CHECK(world.chip.objects[first_object].empty());
        for (const auto& [id, certificate] : world.cloud.certificates) {
            CHECK(certificate.status != "ACTIVE");
        }
    };
    for (const auto method : {csr, register_thing, claim}) {
        CAPTURE(aws::name_of(method));
        World world{method};
        world.cloud.issues = pem("CERTIFICATE", rsa);
        refused(world, InputErrc::key_mismatch);
        must_succeed(world, &World::abandon);
    }
    World factory{factory_cert};
    factory.chip.objects[ObjectId{0xE0E0}] = {rsa};
    refused(factory, InputErrc::malformed);
    World claiming{claim, ClaimKind::slot};
    claiming.chip.objects[*paired_certificate(*claiming.order.claim_slot)] = {rsa};
    refused(claiming, InputErrc::malformed);
}

TEST_CASE("a request that is refused can be made again", "[enrolment]") {
    each_method(issued_by_aws, [](World& world) {
        world.cloud.refusal = "InvalidRequestException";
        must_fail(world, &World::enroll, aws::ApiErrc::invalid_request);
        world.cloud.refusal.clear();
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("an account that is throttled for a minute is waited for", "[enrolment]") {
    each_method(with_account, [](World& world) {
        world.cloud.throttled = 8;
        must_succeed(world, &World::enroll);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a thing that has another certificate is refused unless that is wanted", "[enrolment]") {
    each_method(with_account, [](World& world) {
        world.cloud.things["gateway-1"] = nlohmann::json::object();
        world.cloud.others_principals = {FakeCloud::arn_of("0f")};
        must_fail(world, &World::enroll, aws::EnrolmentErrc::thing_taken);
        must_succeed(world, &World::abandon);
        CHECK(world.cloud.things.size() == 1);
        CHECK(world.cloud.certificates.empty());
        world.order.existing_thing = true;
        must_succeed(world, &World::enroll);
    });
}

TEST_CASE("a thing that may have other certificates gets none that nobody knew of when it was begun", "[enrolment]") {
    each_method(with_account, [](World& world) {
        auto& cloud = world.cloud;
        cloud.things["gateway-1"] = nlohmann::json::object();
        const std::set<std::string> known{FakeCloud::arn_of("0a")};
        cloud.others_principals = known;
        cloud.another_is_faster = true;
        world.order.existing_thing = true;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::thing_taken);
        CHECK(cloud.certificates.begin()->second.things.empty());
        must_fail(world, &World::resume, aws::EnrolmentErrc::thing_taken);
        cloud.another_is_faster = false;
        cloud.others_principals = known;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a thing that was there and has no certificate is used, and abandoning leaves it", "[enrolment]") {
    each_method(with_account, [](World& world) {
        world.cloud.things["gateway-1"] = nlohmann::json::object();
        world.cloud.allows_connect = false;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::policy_denies);
        must_succeed(world, &World::abandon);
        CHECK(world.cloud.things.size() == 1);
        CHECK(world.cloud.certificates.empty());
    });
}

TEST_CASE("a policy that does not let the gateway connect keeps the certificate inactive", "[enrolment]") {
    each_method(with_account, [](World& world) {
        world.cloud.allows_connect = false;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::policy_denies);
        world.cloud.allows_connect = true;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("an identity that is there is not replaced unasked", "[enrolment]") {
    each_method(with_new_certificate, [](World& world) {
        must_succeed(world, &World::enroll);
        const auto before = world.chip.objects[first_object];
        const auto again = world.enroll();
        REQUIRE_FALSE(again);
        CHECK(again.error() == aws::EnrolmentErrc::enrolled_already);
        CHECK(world.chip.objects[first_object] == before);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("credentials of another account than the one asked for end it, and nothing of it stays", "[enrolment]") {
    each_method(with_account, [](World& world) {
        world.order.account = "999999999999";
        must_fail(world, &World::enroll, aws::EnrolmentErrc::other_account);
        must_succeed(world, &World::abandon);
        CHECK(world.left_when_abandoned() == "");
    });
}

TEST_CASE("another chip than the one that an enrolment began with is refused", "[enrolment]") {
    each_method(with_account, [](World& world) {
        world.cloud.allows_connect = false;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::policy_denies);
        world.chip.identity.bytes.fill(0x01);
        must_fail(world, &World::resume, aws::EnrolmentErrc::other_chip);
        must_fail(world, &World::abandon, aws::EnrolmentErrc::other_chip);
    });
}

TEST_CASE("a key that was generated anew in the meantime is found before its certificate is installed", "[enrolment]") {
    each_method(issued_by_aws, [](World& world) {
        world.cloud.refusal = "LimitExceededException";
        must_fail(world, &World::enroll, aws::ApiErrc::limit_exceeded);
        world.cloud.refusal.clear();
        world.chip.keys.erase(first_slot);
        world.chip.keys.try_emplace(first_slot, Curve::p256);
        must_fail(world, &World::resume, InputErrc::key_mismatch);
        CHECK(world.chip.objects[first_object].empty());
    });
}

TEST_CASE("a key that is in the slot is used", "[enrolment]") {
    each_method(with_new_certificate, [](World& world) {
        const auto key = world.chip.keys.try_emplace(first_slot, Curve::p384).first->second.public_key();
        must_succeed(world, &World::enroll);
        CHECK(world.missing_when_enrolled() == "");
        CHECK(world.chip.keys.at(first_slot).public_key() == key);
        CHECK(world.chip.keys_made == 0);
    });
}

TEST_CASE("two enrolments at one time exclude each other", "[enrolment]") {
    each_method(all, [](World& world) {
        world.files.locked.insert(world.directories.state + "/enroll.lock");
        must_fail(world, &World::enroll, aws::EnrolmentErrc::busy);
        must_fail(world, &World::resume, aws::EnrolmentErrc::busy);
        CHECK(world.cloud.certificates.empty());
    });
}

TEST_CASE("an enrolment that has not ended is not begun again, and one that has is not abandoned", "[enrolment]") {
    each_method(with_account, [](World& world) {
        must_fail(world, &World::resume, aws::EnrolmentErrc::nothing_begun);
        must_fail(world, &World::abandon, aws::EnrolmentErrc::nothing_begun);
        world.cloud.allows_connect = false;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::policy_denies);
        must_fail(world, &World::enroll, aws::EnrolmentErrc::unfinished);
        world.cloud.allows_connect = true;
        must_succeed(world, &World::resume);
        const auto abandoned = world.abandon();
        REQUIRE_FALSE(abandoned);
        CHECK(abandoned.error() == aws::EnrolmentErrc::enrolled_already);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a broker that does not accept in time leaves an enrolment that is resumed", "[enrolment]") {
    each_method(all, [](World& world) {
        world.broker.refusals = 1000;
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() ==
              (world.broker.just_in_time ? aws::EnrolmentErrc::not_activated : aws::EnrolmentErrc::not_connected));
        CHECK(world.violation() == "");
        world.broker.refusals = 0;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("connect says of a first connection that is still to come what enroll says", "[enrolment]") {
    each_method(all, [](World& world) {
        world.broker.refusals = 1000;
        REQUIRE_FALSE(world.enroll());
        const auto late = world.with_seams([&](const aws::Seams& seams) -> Result<void> {
            TRY(const auto identity, aws::load_identity(world.files, world.directories));
            return aws::connect(seams.broker, world.directories, identity.value(), world.journal());
        });
        REQUIRE_FALSE(late);
        CHECK(late.error() ==
              (world.broker.just_in_time ? aws::EnrolmentErrc::not_activated : aws::EnrolmentErrc::not_connected));
    });
}

TEST_CASE("a broker that does not prove who it is has a code that says so", "[enrolment]") {
    each_method(all, [](World& world) {
        world.broker.untrusted = true;
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() == aws::EnrolmentErrc::broker_untrusted);
        CHECK(world.violation() == "");
        world.broker.untrusted = false;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("nothing is begun without the file of the broker's CA", "[enrolment]") {
    each_method(all, [](World& world) {
        world.order.ca_file = "/nowhere/ca.pem";
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() == InputErrc::unreadable);
        CHECK_FALSE(world.journal());
    });
}

TEST_CASE("a journal that cannot be read ends it, and is left as it is", "[enrolment]") {
    each_method(all, [](World& world) {
        const std::string path = "/state/enroll.journal";
        for (const auto* text : {"", "{", "{\"format\":2}", "{\"format\":1,\"order\":{}}"}) {
            CAPTURE(text);
            world.files.files[path] = {.content = text, .access = files::Access::owner};
            const auto done = world.resume();
            REQUIRE_FALSE(done);
            CHECK(done.error() == InputErrc::malformed);
            CHECK_THAT(done.error().operation(), ContainsSubstring(path) && ContainsSubstring("move it away") &&
                                                     !ContainsSubstring("json.exception"));
            CHECK(world.files.files[path].content == text);
        }
    });
}

TEST_CASE("a plan names every step, and changes nothing", "[enrolment]") {
    each_method(all, [](World& world) {
        const auto lines = aws::plan(world.order);
        CHECK(lines.size() >= 8);
        for (const auto& line : lines) {
            CHECK_FALSE(line.name.empty());
            CHECK_FALSE(line.what.empty());
        }
        CHECK(world.trap.calls().empty());
    });
}

TEST_CASE("a factory certificate that is registered already stays so when the enrolment is abandoned", "[enrolment]") {
    each_method({factory_cert}, [](World& world) {
        const auto der = world.chip.objects[ObjectId{0xE0E0}].front();
        const auto id = world.cloud.add(pem("CERTIFICATE", der), "INACTIVE");
        world.cloud.allows_connect = false;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::policy_denies);
        must_succeed(world, &World::abandon);
        CHECK(world.cloud.certificates.contains(id));
        CHECK(world.cloud.things.empty());
    });
}

TEST_CASE("a certificate that is revoked is not enrolled", "[enrolment]") {
    each_method({factory_cert}, [](World& world) {
        const auto der = world.chip.objects[ObjectId{0xE0E0}].front();
        const auto id = world.cloud.add(pem("CERTIFICATE", der), "REVOKED");
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() == aws::EnrolmentErrc::certificate_revoked);
        CHECK(world.cloud.certificates[id].status == "REVOKED");
    });
}

TEST_CASE("a chip without a certificate of the factory is told so", "[enrolment]") {
    each_method({factory_cert}, [](World& world) {
        world.chip.objects.clear();
        must_fail(world, &World::enroll, InputErrc::nothing_there);
        CHECK_FALSE(world.journal());
    });
}

TEST_CASE("a claim that the broker does not take ends it, and it is resumed", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.broker.takes_claims = false;
        must_fail(world, &World::enroll, aws::EnrolmentErrc::claim_not_accepted);
        world.broker.takes_claims = true;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a claim that the hook refuses leaves nothing that is active", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.broker.rejection = "AccessDenied";
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() == aws::EnrolmentErrc::provisioning_refused);
        CHECK_FALSE(world.journal()->facts.asked);
        world.broker.rejection.clear();
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

namespace {

aws::Identity identity_of(World& world) {
    return aws::load_identity(world.files, world.directories).value().value();
}

}  // namespace

TEST_CASE("the template of a claim gets the parameters of the order, also after a resume", "[enrolment]") {
    World world{claim};
    world.order.parameters = {{"Location", "hall=7"}};
    world.broker.rejection = "AccessDenied";
    REQUIRE_FALSE(world.enroll());
    world.broker.rejection.clear();
    must_succeed(world, &World::resume);
    CHECK(world.broker.parameters == nlohmann::json{{"Location", "hall=7"},
                                                    {"ThingName", world.order.thing},
                                                    {"SerialNumber", world.journal()->chip}});
}

TEST_CASE("the account is known where somebody with credentials made the claim, and left out otherwise",
          "[enrolment]") {
    World by_aws{claim, ClaimKind::aws};
    must_succeed(by_aws, &World::enroll);
    CHECK(identity_of(by_aws).account == "123456789012");

    World by_files{claim, ClaimKind::file};
    must_succeed(by_files, &World::enroll);
    CHECK(identity_of(by_files).account.empty());
    CHECK_THAT(identity_of(by_files).text(), !ContainsSubstring("account"));

    World other{claim, ClaimKind::aws};
    other.order.account = "999999999999";
    const auto refused = other.enroll();
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == aws::EnrolmentErrc::other_account);
    CHECK(other.cloud.certificates.size() == 1);
    CHECK(other.cloud.certificates.begin()->second.status != "ACTIVE");
}

TEST_CASE("a claim that was refused is taken back without any call of the cloud", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.broker.rejection = "AccessDenied";
        REQUIRE_FALSE(world.enroll());
        must_succeed(world, &World::abandon);
        CHECK(world.left_when_abandoned() == "");
        for (const auto& call : world.trap.calls()) {
            CHECK_FALSE(call.starts_with("http"));
        }
    });
}

TEST_CASE("a claim that is throttled is repeated", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.broker.throttled = 3;
        must_succeed(world, &World::enroll);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a certificate for another key that a claim got is not used", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.cloud.issue_for_another_key = true;
        const auto done = world.enroll();
        REQUIRE_FALSE(done);
        CHECK(done.error() == InputErrc::key_mismatch);
        CHECK(world.chip.objects[first_object].empty());
        world.cloud.issue_for_another_key = false;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("the name that a template gave is the one that services use", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.broker.thing_named = "named-by-hook";
        must_succeed(world, &World::enroll);
        world.order.thing = "named-by-hook";
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a token that is too old is replaced, with its certificate", "[enrolment]") {
    each_method({claim}, [](World& world) {
        world.broker.rejection = "AccessDenied";
        REQUIRE_FALSE(world.enroll());
        world.broker.rejection.clear();
        world.broker.forget_tokens();
        const auto first = world.journal()->facts.certificate_id;
        must_succeed(world, &World::resume);
        CHECK(world.missing_when_enrolled() == "");
        CHECK(world.journal()->facts.certificate_id != first);
    });
}

TEST_CASE("a vendor's authority that lets in everybody ends the enrolment of its chip", "[enrolment]") {
    each_method({factory_cert}, [](World& world) {
        world.cloud.jitp_authority = world.issuer.own_certificate();
        must_fail(world, &World::enroll, aws::EnrolmentErrc::vendor_authority);
        CHECK(world.cloud.certificates.empty());
        world.cloud.jitp_authority = pem("CERTIFICATE", SoftwareKey{Curve::p256}.authority_certificate("authority"));
        must_succeed(world, &World::enroll);
        CHECK(world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a policy that is made allows the rules and clients that were wanted; one that is there is left",
          "[enrolment]") {
    World world{aws::EnrolmentMethod::csr};
    world.order.rules = {"climate"};
    world.order.clients = {"jobs"};
    REQUIRE(world.enroll());
    const auto made = world.cloud.policies.at(world.order.policy);
    CHECK_THAT(made, ContainsSubstring("$aws/rules/climate/*") && ContainsSubstring("ThingName}-jobs"));

    World second{aws::EnrolmentMethod::csr};
    second.cloud.policies[second.order.policy] = "{}";
    second.order.clients = {"jobs"};
    REQUIRE(second.enroll());
    CHECK(second.cloud.policies.at(second.order.policy) == "{}");
    CHECK(std::any_of(second.notes.begin(), second.notes.end(),
                      [](const std::string& note) { return note.find("--client") != std::string::npos; }));
}

TEST_CASE("a name of a file that cannot be recorded is refused before anything is done", "[enrolment]") {
    World world{aws::EnrolmentMethod::csr};
    const auto good = world.order;
    world.order.ca_file = "/caf\xE9.pem";
    must_fail(world, &World::enroll, InputErrc::usage);
    world.order = good;
    world.order.device_name = "second\n";
    must_fail(world, &World::enroll, InputErrc::usage);
    CHECK_FALSE(world.journal());
    CHECK(world.cloud.things.empty());
    World claiming{aws::EnrolmentMethod::claim};
    claiming.order.parameters = {{"Site", "caf\xE9"}};
    must_fail(claiming, &World::enroll, InputErrc::usage);
    claiming.order.parameters = {{"Site", "line 1\nline 2"}};
    must_succeed(claiming, &World::enroll);
}
