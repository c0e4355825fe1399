// SPDX-License-Identifier: Apache-2.0
// Gateway and operator: interrupted at every call of every seam, like an enrolment on one computer; and what each of
// them refuses to take from the other.
#include "divided.hpp"

#include "aws/enrolment/error.hpp"
#include "aws/enrolment/methods.hpp"
#include "common/files/input_error.hpp"
#include "pki/request.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <set>

using namespace trustx;
using namespace trustx::test;

namespace {

using DividedPart = Result<void> (Divided::*)();

void must_succeed(Divided& pair, DividedPart part) {
    const auto done = (pair.*part)();
    INFO((done ? std::string{} : done.error().message()));
    REQUIRE(done);
}

template <class Code>
void must_fail(Divided& pair, DividedPart part, Code code) {
    const auto done = (pair.*part)();
    REQUIRE_FALSE(done);
    INFO(done.error().message());
    CHECK(done.error() == make_error_code(code));
    CHECK(pair.world.violation() == "");
}

// cut_short runs a part with a fault at the number-th call; false: it ended before that call.
bool cut_short(Divided& pair, DividedPart part, Fault fault, std::size_t number) {
    auto& world = pair.world;
    world.trap.arm(fault, number);
    World::survives([&] { static_cast<void>((pair.*part)()); });
    const bool hit = world.trap.was_hit();
    INFO("at call " << world.trap.place());
    CHECK(world.violation() == "");
    world.trap.disarm();
    return hit;
}

std::size_t each_cut(aws::EnrolmentMethod way, Fault fault, const std::function<void(Divided&)>& then) {
    for (std::size_t number = 1;; ++number) {
        const auto pair = std::make_unique<Divided>(way);
        pair->world.broker.refusals = 1;
        CAPTURE(number);
        if (!cut_short(*pair, &Divided::go_on, fault, number)) {
            return number - 1;
        }
        then(*pair);
    }
}

void each_way(const std::function<void(Divided&)>& what) {
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        const auto pair = std::make_unique<Divided>(way);
        what(*pair);
    }
}

// left_of is what both have not taken back; what went between them is nobody's concern.
std::string left_of(const Divided& pair) {
    if (!pair.world.cloud.certificates.empty()) {
        return "a certificate";
    }
    if (!pair.world.cloud.things.empty()) {
        return "a thing";
    }
    for (const auto& [path, file] : pair.world.files.files) {
        if (path.starts_with("/identity/") || path.starts_with("/records/") || path.starts_with("/state/")) {
            return path;
        }
    }
    return pair.world.violation();
}

}  // namespace

TEST_CASE("gateway and operator enrol together", "[fleet]") {
    each_way([](Divided& pair) {
        must_succeed(pair, &Divided::go_on);
        CHECK(pair.world.missing_when_enrolled() == "");
        CHECK(pair.world.chip.keys_made == 1);
        must_succeed(pair, &Divided::go_on);
        CHECK(pair.world.missing_when_enrolled() == "");
    });
}

TEST_CASE("the halves of a method are the steps of the whole", "[fleet]") {
    std::set<std::string_view> gateway;
    const aws::Order by_operator{.method = aws::EnrolmentMethod::by_operator};
    for (const auto& step : aws::steps_of(by_operator)) {
        gateway.insert(step.name);
    }
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        auto halves = gateway;
        const aws::Order whole{.method = way};
        for (const auto& step : aws::approval_steps_of(whole)) {
            CHECK_FALSE(gateway.contains(step.name));
            halves.insert(step.name);
        }
        for (const auto& step : aws::steps_of(whole)) {
            CAPTURE(step.name);
            CHECK(halves.contains(step.name));
        }
        CHECK(aws::approval_steps_of(whole).back().name == "activation");
    }
}

TEST_CASE("a divided enrolment that is killed at any call on either side goes on to its end", "[fleet]") {
    constexpr std::size_t fewest = 40;
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        const auto points = each_cut(way, Fault::kill, [](Divided& pair) {
            must_succeed(pair, &Divided::go_on);
            CHECK(pair.world.missing_when_enrolled() == "");
        });
        std::printf("%s, divided: killed at %zu points\n", std::string{aws::name_of(way)}.c_str(), points);
        CHECK(points >= fewest);
    }
}

TEST_CASE("a divided enrolment that is killed again while it goes on goes on to its end", "[fleet]") {
    constexpr std::size_t stride = 9;  // of the second point, beginning elsewhere each time
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        std::size_t start = 0;
        each_cut(way, Fault::kill, [&](Divided& pair) {
            for (auto second = 1 + start++ % stride; cut_short(pair, &Divided::go_on, Fault::kill, second);
                 second += stride) {
            }
            must_succeed(pair, &Divided::go_on);
            CHECK(pair.world.missing_when_enrolled() == "");
        });
    }
}

TEST_CASE("a divided enrolment in which any call fails goes on to its end", "[fleet]") {
    for (const auto fault : {Fault::refuse, Fault::lose}) {
        for (const auto way : operators_ways) {
            CAPTURE(aws::name_of(way), static_cast<int>(fault));
            each_cut(way, fault, [](Divided& pair) {
                must_succeed(pair, &Divided::go_on);
                CHECK(pair.world.missing_when_enrolled() == "");
            });
        }
    }
}

TEST_CASE("a divided enrolment that ran out of disk space on either side goes on when there is space", "[fleet]") {
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        each_cut(way, Fault::kill, [](Divided& pair) {
            pair.world.files.full = true;
            static_cast<void>(pair.go_on());
            CHECK(pair.world.violation() == "");
            pair.world.files.full = false;
            must_succeed(pair, &Divided::go_on);
            CHECK(pair.world.missing_when_enrolled() == "");
        });
    }
}

TEST_CASE("a divided enrolment that is killed at any call can be taken back by both", "[fleet]") {
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        each_cut(way, Fault::kill, [](Divided& pair) {
            const auto journal = pair.world.journal();
            const bool activated =
                pair.world.files.files["/records/gateway-1.journal"].content.find("\"done\"") != std::string::npos;
            const bool active = pair.world.cloud.certificates.size() == 1 &&
                                pair.world.cloud.certificates.begin()->second.status == "ACTIVE";
            if (pair.world.files.files["/records/gateway-1.journal"].content.empty()) {
                pair.world.files.files.erase("/records/gateway-1.journal");
            }
            if (activated || active || !journal || pair.mail("request").empty()) {
                return;
            }
            must_succeed(pair, &Divided::abandon);
            const auto taken = pair.take_back();
            CHECK((taken || taken.error() == aws::EnrolmentErrc::nothing_begun));
            CHECK(left_of(pair) == "");
        });
    }
}

TEST_CASE("a request that waits is given again, and another one is refused", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    const auto first = aws::parse_request(pair.mail("request"), "it").value();
    must_succeed(pair, &Divided::request);
    CHECK(aws::parse_request(pair.mail("request"), "it").value().request == first.request);
    CHECK(aws::waits_for_operator(*pair.world.journal()));
    must_fail(pair, &Divided::connect, aws::EnrolmentErrc::answer_awaited);
    pair.world.order.thing = "gateway-2";
    must_fail(pair, &Divided::request, aws::EnrolmentErrc::unfinished);
    must_succeed(pair, &Divided::abandon);
    CHECK_FALSE(pair.world.journal());
    must_succeed(pair, &Divided::request);
    CHECK(pair.world.chip.keys_made == 1);
}

TEST_CASE("a request that is approved twice gets the same answer, on any computer", "[fleet]") {
    each_way([](Divided& pair) {
        must_succeed(pair, &Divided::request);
        must_succeed(pair, &Divided::approve);
        const auto answer = pair.mail("answer");
        const auto without_challenge = pair.answered();
        must_succeed(pair, &Divided::approve);
        CHECK(pair.mail("answer") == answer);
        pair.records = "/other-computer";
        must_succeed(pair, &Divided::approve);
        CHECK(pair.answered() == without_challenge);
        CHECK(pair.world.cloud.certificates.size() == 1);
        must_succeed(pair, &Divided::install);
        must_succeed(pair, &Divided::activate);
        pair.records = "/third-computer";
        must_succeed(pair, &Divided::approve);
        CHECK(pair.answered() == without_challenge);
        must_succeed(pair, &Divided::connect);
        CHECK(pair.world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a proof is taken on a computer that has no record of the approval, if that is asked for", "[fleet]") {
    each_way([](Divided& pair) {
        must_succeed(pair, &Divided::request);
        must_succeed(pair, &Divided::approve);
        must_succeed(pair, &Divided::install);
        pair.records = "/other-computer";
        must_fail(pair, &Divided::activate, aws::EnrolmentErrc::nothing_begun);
        pair.unrecorded = aws::Unrecorded::taken;
        pair.world.cloud.allows_connect = false;
        must_fail(pair, &Divided::activate, aws::EnrolmentErrc::policy_denies);
        pair.world.cloud.allows_connect = true;
        must_succeed(pair, &Divided::activate);
        must_succeed(pair, &Divided::connect);
        CHECK(pair.world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a policy that does not let the gateway connect ends the approval, which goes on later", "[fleet]") {
    each_way([](Divided& pair) {
        must_succeed(pair, &Divided::request);
        pair.world.cloud.allows_connect = false;
        must_fail(pair, &Divided::approve, aws::EnrolmentErrc::policy_denies);
        CHECK(pair.mail("answer").empty());
        pair.world.cloud.allows_connect = true;
        must_succeed(pair, &Divided::go_on);
        CHECK(pair.world.missing_when_enrolled() == "");
    });
}

TEST_CASE("a certificate for another key is neither answered nor installed", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    pair.world.cloud.issue_for_another_key = true;
    must_fail(pair, &Divided::approve, InputErrc::key_mismatch);
    must_succeed(pair, &Divided::take_back);
    CHECK(pair.world.cloud.certificates.empty());
    // An answer with somebody else's certificate, all else being right.
    pair.world.cloud.issue_for_another_key = false;
    must_succeed(pair, &Divided::approve);
    auto answer = aws::parse_answer(pair.mail("answer"), "it").value();
    const auto good = pair.mail("answer");
    answer.certificate = pem("CERTIFICATE", SoftwareKey{Curve::p256}.certificate("gateway-1"));
    pair.put_mail("answer", aws::answer_text(answer));
    must_fail(pair, &Divided::install, InputErrc::key_mismatch);
    answer.certificate = pem("CERTIFICATE", rsa_certificate("gateway-1"));
    pair.put_mail("answer", aws::answer_text(answer));
    must_fail(pair, &Divided::install, InputErrc::key_mismatch);
    pair.put_mail("answer", good);
    must_succeed(pair, &Divided::install);
}

TEST_CASE("an answer for another chip, thing, slot, account or region is not installed", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    pair.world.order.account = FakeCloud::account;
    pair.world.order.region = FakeCloud::region;
    must_succeed(pair, &Divided::request);
    must_succeed(pair, &Divided::approve);
    const auto good = aws::parse_answer(pair.mail("answer"), "it").value();
    const auto refused = [&](const std::function<void(aws::OperatorAnswer&)>& change, auto code) {
        auto bad = good;
        change(bad);
        pair.put_mail("answer", aws::answer_text(bad));
        must_fail(pair, &Divided::install, code);
        CHECK(aws::waits_for_operator(*pair.world.journal()));
    };
    refused([](aws::OperatorAnswer& bad) { bad.chip.back() = '0'; }, aws::EnrolmentErrc::other_chip);
    refused([](aws::OperatorAnswer& bad) { bad.thing = bad.client_id = "gateway-2"; }, InputErrc::check_failed);
    refused([](aws::OperatorAnswer& bad) { bad.slot = ObjectId{0xE0F2}; }, InputErrc::check_failed);
    const auto moved = [](aws::OperatorAnswer& bad, const std::string& from, const std::string& to) {
        auto& arn = bad.certificate_arn;
        arn.replace(arn.find(from), from.size(), to);
    };
    refused(
        [&](aws::OperatorAnswer& bad) {
            bad.account = "999999999999";
            moved(bad, FakeCloud::account, bad.account);
        },
        aws::EnrolmentErrc::other_account);
    refused(
        [&](aws::OperatorAnswer& bad) {
            bad.region = "us-east-1";
            moved(bad, FakeCloud::region, bad.region);
        },
        aws::EnrolmentErrc::other_account);
    pair.put_mail("answer", aws::answer_text(good));
    must_succeed(pair, &Divided::go_on);
    CHECK(pair.world.missing_when_enrolled() == "");
}

TEST_CASE("another chip between request and install is refused, and so is a new key", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    must_succeed(pair, &Divided::approve);
    const auto identity = pair.world.chip.identity;
    pair.world.chip.identity.bytes.fill(0x01);
    must_fail(pair, &Divided::install, aws::EnrolmentErrc::other_chip);
    must_fail(pair, &Divided::abandon, aws::EnrolmentErrc::other_chip);
    pair.world.chip.identity = identity;
    pair.world.chip.keys.erase(ObjectId{0xE0F1});
    pair.world.chip.keys.try_emplace(ObjectId{0xE0F1}, Curve::p256);
    must_fail(pair, &Divided::install, InputErrc::key_mismatch);
    CHECK(pair.world.chip.objects[ObjectId{0xE0E1}].empty());
}

TEST_CASE("a thing that was approved is not approved for another key", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    must_succeed(pair, &Divided::approve);
    Divided other{aws::EnrolmentMethod::csr};
    must_succeed(other, &Divided::request);
    const auto before = pair.mail("request");
    pair.put_mail("request", other.mail("request"));
    must_fail(pair, &Divided::approve, aws::EnrolmentErrc::thing_taken);
    pair.records = "/other-computer";
    must_fail(pair, &Divided::approve, aws::EnrolmentErrc::thing_taken);
    CHECK(pair.world.cloud.certificates.size() == 1);
    pair.put_mail("request", before);
    pair.records = "/records";
    must_succeed(pair, &Divided::go_on);
}

TEST_CASE("after its certificate was retired a thing is approved for another key", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::go_on);
    Divided other{aws::EnrolmentMethod::csr};
    must_succeed(other, &Divided::request);
    pair.put_mail("request", other.mail("request"));
    must_fail(pair, &Divided::approve, aws::EnrolmentErrc::thing_taken);
    auto& certificates = pair.world.cloud.certificates;
    SECTION("revoked") {
        certificates.begin()->second.status = "REVOKED";
        certificates.begin()->second.things.clear();
    }
    SECTION("deleted") {
        certificates.clear();
    }
    const auto before = certificates.size();
    pair.world.cloud.things.clear();
    must_succeed(pair, &Divided::approve);
    CHECK(certificates.size() == before + 1);
}

TEST_CASE("a proof that is not the certificate's is refused", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    must_succeed(pair, &Divided::approve);
    must_succeed(pair, &Divided::install);
    const auto good = aws::parse_proof(pair.mail("proof"), "it").value();
    const auto refused = [&](const std::function<void(aws::Signed<aws::Proof>&)>& change, auto code) {
        for (const std::string records : {"/records", "/other-computer"}) {
            auto bad = good;
            change(bad);
            pair.records = records;
            pair.put_mail("proof", aws::proof_text(bad));
            pair.unrecorded = records == "/records" ? aws::Unrecorded::refused : aws::Unrecorded::taken;
            must_fail(pair, &Divided::activate, code);
            CHECK(pair.world.cloud.certificates.begin()->second.status == "INACTIVE");
        }
    };
    refused([](auto& bad) { bad.signature.back() = bad.signature.back() == '0' ? '1' : '0'; }, InputErrc::check_failed);
    refused([](auto& bad) { bad.message.slot = ObjectId{0xE0F2}; }, InputErrc::check_failed);
    refused([](auto& bad) { bad.message.certificate_id = std::string(64, 'a'); }, InputErrc::check_failed);
    refused([](auto& bad) { bad.message.account = "999999999999"; }, aws::EnrolmentErrc::other_account);
    refused([](auto& bad) { bad.message.challenge.assign(pki::challenge_digits, '0'); }, InputErrc::check_failed);
    pair.put_mail("proof", aws::proof_text(good));
    pair.records = "/records";
    must_succeed(pair, &Divided::activate);
}

TEST_CASE("a proof does not bring back a certificate that was made inactive or revoked", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::go_on);
    auto& certificate = pair.world.cloud.certificates.begin()->second;
    certificate.status = "INACTIVE";
    must_fail(pair, &Divided::activate, aws::EnrolmentErrc::enrolled_already);
    certificate.status = "REVOKED";
    must_fail(pair, &Divided::activate, aws::EnrolmentErrc::certificate_revoked);
    pair.records = "/other-computer";
    must_fail(pair, &Divided::activate, aws::EnrolmentErrc::certificate_revoked);
    must_fail(pair, &Divided::approve, aws::EnrolmentErrc::certificate_revoked);
    CHECK(certificate.status == "REVOKED");
}

TEST_CASE("a proof does not bring back a certificate where no record is", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::go_on);
    auto& certificate = pair.world.cloud.certificates.begin()->second;
    certificate.status = "INACTIVE";
    pair.records = "/other-computer";
    must_fail(pair, &Divided::activate, aws::EnrolmentErrc::nothing_begun);
    CHECK(certificate.status == "INACTIVE");
    // Who asks for it is believed once.
    pair.unrecorded = aws::Unrecorded::taken;
    must_succeed(pair, &Divided::activate);
    must_succeed(pair, &Divided::activate);
    certificate.status = "INACTIVE";
    must_fail(pair, &Divided::activate, aws::EnrolmentErrc::enrolled_already);
    CHECK(certificate.status == "INACTIVE");
    must_fail(pair, &Divided::approve, aws::EnrolmentErrc::enrolled_already);
}

TEST_CASE("a proof of an earlier approval is none for a later one", "[fleet]") {
    each_way([](Divided& pair) {
        must_succeed(pair, &Divided::go_on);
        auto& certificate = pair.world.cloud.certificates.begin()->second;
        certificate.status = "INACTIVE";
        // Both files are old, and the records are new.
        pair.records = "/other-computer";
        must_succeed(pair, &Divided::approve);
        must_fail(pair, &Divided::activate, InputErrc::check_failed);
        CHECK(certificate.status == "INACTIVE");
        // The gateway that takes the new answer has another proof.
        must_succeed(pair, &Divided::install);
        must_succeed(pair, &Divided::activate);
        CHECK(certificate.status == "ACTIVE");
        pair.records = "/records";
        must_fail(pair, &Divided::activate, InputErrc::check_failed);
        CHECK(pair.world.missing_when_enrolled() == "");
    });
}

namespace {

// each_kill_of_activation calls `then` for what is left when an operator without the record, who activates, is killed
// at each call.
void each_kill_of_activation(const std::function<void(Divided&)>& then) {
    for (std::size_t number = 1;; ++number) {
        CAPTURE(number);
        const auto pair = std::make_unique<Divided>(aws::EnrolmentMethod::csr);
        must_succeed(*pair, &Divided::request);
        must_succeed(*pair, &Divided::approve);
        must_succeed(*pair, &Divided::install);
        pair->records = "/other-computer";
        pair->unrecorded = aws::Unrecorded::taken;
        if (!cut_short(*pair, &Divided::activate, Fault::kill, number)) {
            CHECK(number > 5);
            return;
        }
        then(*pair);
        must_succeed(*pair, &Divided::activate);
        must_succeed(*pair, &Divided::connect);
        CHECK(pair->world.missing_when_enrolled() == "");
    }
}

}  // namespace

TEST_CASE("an interrupted activation without a record takes back nothing of another operator's", "[fleet]") {
    each_kill_of_activation([](Divided& pair) {
        const auto taken = pair.take_back();
        CHECK((taken || taken.error() == aws::EnrolmentErrc::nothing_begun ||
               taken.error() == aws::EnrolmentErrc::enrolled_already));
        REQUIRE(pair.world.cloud.certificates.size() == 1);
        CHECK(pair.world.cloud.certificates.begin()->second.things.contains("gateway-1"));
        CHECK(pair.world.cloud.certificates.begin()->second.policies.size() == 1);
        pair.records = "/records";
    });
}

TEST_CASE("an activation without a record that is killed at any call goes on", "[fleet]") {
    each_kill_of_activation([](const Divided& /*pair*/) {});
}

TEST_CASE("of two operators who approve one thing at the same time, at most one activates", "[fleet]") {
    each_way([](Divided& pair) {
        must_succeed(pair, &Divided::request);
        auto& cloud = pair.world.cloud;
        cloud.another_is_faster = true;
        must_fail(pair, &Divided::approve, aws::EnrolmentErrc::thing_taken);
        CHECK(cloud.certificates.begin()->second.things.empty());
        // The other one made way too.
        cloud.another_is_faster = false;
        cloud.others_principals.clear();
        must_succeed(pair, &Divided::approve);
        must_succeed(pair, &Divided::install);
        cloud.others_principals = {FakeCloud::arn_of("0f")};
        must_fail(pair, &Divided::activate, aws::EnrolmentErrc::thing_taken);
        CHECK(cloud.certificates.begin()->second.status == "INACTIVE");
        cloud.others_principals.clear();
        must_succeed(pair, &Divided::activate);
        must_succeed(pair, &Divided::connect);
        CHECK(pair.world.missing_when_enrolled() == "");
    });
}

TEST_CASE("what is activated is not taken back", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    must_fail(pair, &Divided::take_back, aws::EnrolmentErrc::nothing_begun);
    must_succeed(pair, &Divided::go_on);
    must_fail(pair, &Divided::take_back, aws::EnrolmentErrc::enrolled_already);
    must_fail(pair, &Divided::abandon, aws::EnrolmentErrc::enrolled_already);
    CHECK(pair.world.missing_when_enrolled() == "");
}

TEST_CASE("credentials of another account or region than before end an approval", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    must_succeed(pair, &Divided::request);
    pair.wishes.account = "999999999999";
    must_fail(pair, &Divided::approve, aws::EnrolmentErrc::other_account);
    must_succeed(pair, &Divided::take_back);
    CHECK(left_of(pair) == "/state/enroll.journal");
}

TEST_CASE("methods that have no half for an operator are refused", "[fleet]") {
    for (const auto method :
         {aws::EnrolmentMethod::jit, aws::EnrolmentMethod::factory_cert, aws::EnrolmentMethod::by_operator}) {
        Divided pair{aws::EnrolmentMethod::csr};
        pair.wishes.method = method;
        pair.wishes.endpoint = "broker.example";
        must_succeed(pair, &Divided::request);
        must_fail(pair, &Divided::approve, InputErrc::usage);
    }
}

TEST_CASE("a connection ends an enrolment that has waited for nothing else", "[fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    auto& world = pair.world;
    CHECK(aws::conclude(world.files, world.directories));
    must_succeed(pair, &Divided::request);
    CHECK(aws::conclude(world.files, world.directories));
    CHECK(aws::waits_for_operator(*world.journal()));
    must_succeed(pair, &Divided::approve);
    must_succeed(pair, &Divided::install);
    CHECK(aws::is_installed(*world.journal()));
    CHECK(aws::conclude(world.files, world.directories));
    CHECK(world.journal()->phase == aws::Phase::done);
}

TEST_CASE("an approval that is repeated with other wishes is refused", "[enrolment][fleet]") {
    Divided pair{aws::EnrolmentMethod::csr};
    REQUIRE(pair.request());
    REQUIRE(pair.approve());
    const auto answer = pair.mail("answer");
    const auto approved = pair.wishes;
    const std::vector<std::function<void(aws::Order&)>> changes{
        [](aws::Order& wishes) { wishes.ca_file = "/other.pem"; },
        [](aws::Order& wishes) { wishes.policy = "other"; },
        [](aws::Order& wishes) { wishes.existing_thing = true; },
        [](aws::Order& wishes) { wishes.endpoint = "other.example"; },
        [](aws::Order& wishes) { wishes.method = aws::EnrolmentMethod::register_thing; },
        [](aws::Order& wishes) { wishes.authority_key = "/other-key.pem"; },
        [](aws::Order& wishes) { wishes.account = "999999999999"; },
    };
    for (const auto& change : changes) {
        pair.wishes = approved;
        change(pair.wishes);
        const auto again = pair.approve();
        REQUIRE_FALSE(again);
        CHECK(again.error() == aws::EnrolmentErrc::unfinished);
    }
    CHECK(pair.mail("answer") == answer);
    pair.wishes.account = FakeCloud::account;  // as it is
    REQUIRE(pair.approve());
    pair.wishes = {};  // nothing is said again
    REQUIRE(pair.approve());
    CHECK(pair.mail("answer") == answer);
    pair.wishes = approved;
    pair.wishes.policy = "other";
    REQUIRE(pair.take_back());
    REQUIRE(pair.approve());
}
