// SPDX-License-Identifier: Apache-2.0
// Rotations of a gateway that has no account, by its operator and by a claim, interrupted at every call of every seam:
// at each moment services find an identity that the broker accepts, and the old certificate is left to the operator.
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/retirement.hpp"
#include "aws/enrolment/spare_keys.hpp"
#include "common/files/input_error.hpp"
#include "divided.hpp"
#include "enrolled_world.hpp"

#include <cstdio>

using namespace trustx;
using namespace trustx::test;

namespace {

constexpr ObjectId slot_in_use{0xE0F1};
constexpr ObjectId next_slot{0xE0F2};
aws::Order next_order(const World& world, aws::EnrolmentMethod method) {
    return {.task = aws::Task::rotate,
            .method = method,
            .thing = "gateway-1",
            .slot = next_slot,
            .region = FakeCloud::region,
            .account = FakeCloud::account,
            .endpoint = "prefix-ats.iot.eu-central-1.amazonaws.com",
            .ca_file = world.directories.roots_file()};
}

// registered leaves out certificates that AWS deletes by itself.
std::map<std::string, FakeCloud::Certificate> registered(const World& world) {
    auto found = world.cloud.certificates;
    std::erase_if(found, [](const auto& entry) { return entry.second.expires; });
    return found;
}

bool chip_holds(const World& world, const std::string& certificate) {
    return std::ranges::any_of(world.chip.objects, [&](const auto& object) {
        return !object.second.empty() && certificate == pem("CERTIFICATE", object.second.front());
    });
}

// What must hold at every moment, in words; empty: it holds.
std::string broken(const World& world) {
    if (!world.works()) {
        return "services find no identity that works";
    }
    if (world.cloud.things.size() != 1) {
        return "not one thing";
    }
    if (world.chip.keys_made > 2) {
        return "a key was made twice";
    }
    for (const auto& [id, certificate] : world.cloud.certificates) {
        if (certificate.status == "ACTIVE" && !chip_holds(world, certificate.pem)) {
            return "an active certificate that the chip does not hold: " + id;
        }
    }
    return {};
}

std::string id_in_use(const World& world) {
    const auto identity = aws::Identity::parse(world.files.content(world.directories.summary_file()), "aws.json");
    return identity ? identity->certificate_id : std::string{};
}

std::size_t sets_of(const World& world) {
    return static_cast<std::size_t>(std::ranges::count_if(world.files.files, [](const auto& file) {
        return file.first.starts_with("/identity/identities/") && file.first.ends_with("/aws.json");
    }));
}

// What is wrong with a rotation that has ended; empty: nothing.
std::string wrong_at_the_end(const World& world, const std::string& first) {
    const auto certificates = registered(world);
    const auto now = id_in_use(world);
    if (certificates.size() != 2 || !certificates.contains(first) || now == first || !certificates.contains(now)) {
        return "not the new certificate in use, and the old one beside it";
    }
    const auto& certificate = certificates.at(now);
    if (certificate.status != "ACTIVE" || certificate.things != std::set<std::string>{"gateway-1"} ||
        certificate.policies != std::set<std::string>{"trustx-gateway"}) {
        return "the new certificate is not what the old one was";
    }
    if (sets_of(world) != 1 || world.broker.accepted == 0) {
        return "files are left, or no connection was made";
    }
    return broken(world);
}

// What is left of a rotation that was taken back; empty: nothing.
std::string left_of_rotation(const World& world, const std::string& first) {
    const auto certificates = registered(world);
    if (certificates.size() != 1 || !certificates.contains(first) || id_in_use(world) != first) {
        return "not the old certificate alone";
    }
    const auto journal = world.journal();
    const auto object = world.chip.objects.find(*paired_certificate(next_slot));
    if (sets_of(world) != 1 || (journal && journal->order.task == aws::Task::rotate) ||
        (object != world.chip.objects.end() && !object->second.empty())) {
        return "a set of files, a journal or a certificate in the chip";
    }
    return broken(world);
}

void must_retire(World& world, const std::string& first) {
    const auto retired = world.with_seams([&](const aws::Seams& seams) {
        return aws::retire({.client = seams.cloud, .clock = world.clock},
                           {.thing = "gateway-1", .certificate_id = first}, [](std::string_view) {});
    });
    REQUIRE(retired);
    CHECK(registered(world).size() == 1);
    CHECK(world.works());
}

// RotatedByOperator is a gateway that an operator has enrolled, and that asks for another certificate.
struct RotatedByOperator {
    explicit RotatedByOperator(aws::EnrolmentMethod way) : pair{way} {
        REQUIRE(pair.go_on());
        first = pair.world.cloud.certificates.begin()->first;
        forget_mail();
        pair.world.order = next_order(pair.world, aws::EnrolmentMethod::by_operator);
        pair.world.broker.accepted = 0;
        pair.world.broker.refusals = 1;
    }

    void forget_mail() {
        for (const auto* name : {"request", "answer", "proof"}) {
            pair.world.files.files.erase(std::string{"/mail/"} + name + ".json");
        }
    }

    bool cut_short(Result<void> (Divided::*part)(), Fault fault, std::size_t number) {
        auto& world = pair.world;
        world.trap.arm(fault, number);
        World::survives([&] { static_cast<void>((pair.*part)()); });
        const bool hit = world.trap.was_hit();
        INFO("at call " << world.trap.place());
        CHECK(broken(world) == "");
        world.trap.disarm();
        return hit;
    }

    void must(Result<void> (Divided::*part)()) {
        const auto done = (pair.*part)();
        INFO((done ? std::string{} : done.error().message()));
        REQUIRE(done);
    }

    template <class Code>
    void must_not(Result<void> (Divided::*part)(), Code code) {
        const auto done = (pair.*part)();
        REQUIRE_FALSE(done);
        INFO(done.error().message());
        CHECK(done.error() == make_error_code(code));
        CHECK(broken(pair.world) == "");
    }

    void must_end() {
        must(&Divided::go_on);
        CHECK(wrong_at_the_end(pair.world, first) == "");
    }

    Divided pair;
    std::string first;  // the id of the certificate in use
};

std::size_t each_cut_of_operators(aws::EnrolmentMethod way, Fault fault,
                                  const std::function<void(RotatedByOperator&)>& then) {
    for (std::size_t number = 1;; ++number) {
        const auto gateway = std::make_unique<RotatedByOperator>(way);
        CAPTURE(aws::name_of(way), number);
        if (!gateway->cut_short(&Divided::go_on, fault, number)) {
            return number - 1;
        }
        then(*gateway);
    }
}

// RotatedByClaim is an enrolled gateway with a claim, and without an account.
struct RotatedByClaim : EnrolledWorld {
    RotatedByClaim() {
        world.order = next_order(world, aws::EnrolmentMethod::claim);
        world.prepare_claim(ClaimKind::file);
        world.broker.refusals = 1;
    }
};

std::size_t each_cut_of_claims(Fault fault, const std::function<void(RotatedByClaim&)>& then) {
    for (std::size_t number = 1;; ++number) {
        const auto gateway = std::make_unique<RotatedByClaim>();
        const bool hit = gateway->interrupted(&World::enroll, fault, number);
        INFO("at call " << gateway->place);
        CHECK(broken(gateway->world) == "");
        if (!hit) {
            return number - 1;
        }
        then(*gateway);
    }
}

constexpr std::size_t fewest_points = 40;

}  // namespace

TEST_CASE("a rotation by the operator gives a gateway without an account another certificate", "[rotation][fleet]") {
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        const auto gateway = std::make_unique<RotatedByOperator>(way);
        auto& world = gateway->pair.world;
        const auto old_key = world.chip.keys.at(slot_in_use).public_key();
        gateway->must_end();
        CHECK(world.broker.last_client == "gateway-1-check");
        CHECK(aws::is_spare(world.files, world.directories, old_key).value());
        must_retire(world, gateway->first);
        gateway->must(&Divided::go_on);
        CHECK(world.works());
        // And back into the first slot.
        gateway->forget_mail();
        world.order.slot = slot_in_use;
        gateway->must(&Divided::go_on);
        CHECK(world.works());
        CHECK(world.chip.keys.at(slot_in_use).public_key() != old_key);
    }
}

TEST_CASE("a rotation by the operator that is killed at any call on either side goes on", "[rotation][fleet]") {
    for (const auto way : operators_ways) {
        const auto points =
            each_cut_of_operators(way, Fault::kill, [](RotatedByOperator& gateway) { gateway.must_end(); });
        std::printf("rotation by the operator, %s: killed at %zu points\n", std::string{aws::name_of(way)}.c_str(),
                    points);
        CHECK(points >= fewest_points);
    }
}

TEST_CASE("a rotation by the operator that is killed again while it goes on goes on", "[rotation][fleet]") {
    constexpr std::size_t stride = 9;
    std::size_t start = 0;
    each_cut_of_operators(aws::EnrolmentMethod::csr, Fault::kill, [&](RotatedByOperator& gateway) {
        for (auto second = 1 + start++ % stride; gateway.cut_short(&Divided::go_on, Fault::kill, second);
             second += stride) {
        }
        gateway.must_end();
    });
}

TEST_CASE("a rotation by the operator in which any call fails, or the disk is full, goes on", "[rotation][fleet]") {
    for (const auto fault : {Fault::refuse, Fault::lose}) {
        each_cut_of_operators(aws::EnrolmentMethod::csr, fault, [](RotatedByOperator& gateway) { gateway.must_end(); });
    }
    each_cut_of_operators(aws::EnrolmentMethod::csr, Fault::kill, [](RotatedByOperator& gateway) {
        gateway.pair.world.files.full = true;
        static_cast<void>(gateway.pair.go_on());
        CHECK(broken(gateway.pair.world) == "");
        gateway.pair.world.files.full = false;
        gateway.must_end();
    });
}

TEST_CASE("a rotation by the operator that is killed at any call can be taken back by both", "[rotation][fleet]") {
    std::size_t taken_back = 0;
    each_cut_of_operators(aws::EnrolmentMethod::csr, Fault::kill, [&](RotatedByOperator& gateway) {
        auto& world = gateway.pair.world;
        const auto journal = world.journal();
        const auto certificates = registered(world);
        const bool active =
            std::ranges::all_of(certificates, [](const auto& entry) { return entry.second.status == "ACTIVE"; });
        if (!journal || journal->order.task != aws::Task::rotate || gateway.pair.mail("request").empty() ||
            (active && certificates.size() == 2)) {
            return;
        }
        gateway.must(&Divided::abandon);
        const auto taken = gateway.pair.take_back();
        // Nothing was approved: the record is that of the identity in use, of another slot.
        CHECK((taken || taken.error() == aws::EnrolmentErrc::thing_taken));
        CHECK(left_of_rotation(world, gateway.first) == "");
        ++taken_back;
    });
    CHECK(taken_back > 10);
}

TEST_CASE("a rotation is approved for the gateway that has the certificate in use, and nobody else",
          "[rotation][fleet]") {
    RotatedByOperator gateway{aws::EnrolmentMethod::csr};
    auto& pair = gateway.pair;
    gateway.must(&Divided::request);
    const auto good = pair.mail("request");
    const auto asked = aws::parse_request(good, "it").value();
    auto& in_use = pair.world.cloud.certificates.at(gateway.first);
    for (const std::string records : {"/records", "/other-computer"}) {
        CAPTURE(records);
        pair.records = records;
        // Somebody who has another key, and says that it replaces this one.
        auto signature = asked.by_replaced;
        signature.back() = signature.back() == '0' ? '1' : '0';
        pair.change_mail("request", asked.by_replaced, signature);
        gateway.must_not(&Divided::approve, InputErrc::check_failed);
        pair.put_mail("request", good);
        in_use.status = "INACTIVE";
        pair.put_mail("request", good);
        CHECK(pair.approve().error() == InputErrc::check_failed);
        in_use.status = "REVOKED";
        CHECK(pair.approve().error() == aws::EnrolmentErrc::certificate_revoked);
        in_use.status = "ACTIVE";
        const auto things = std::exchange(in_use.things, {});
        CHECK(pair.approve().error() == InputErrc::check_failed);
        in_use.things = things;
    }
    CHECK(registered(pair.world).size() == 1);
    gateway.must(&Divided::approve);
    const auto answer = pair.answered();
    pair.records = "/records";
    gateway.must(&Divided::approve);
    CHECK(pair.answered() == answer);
    CHECK(registered(pair.world).size() == 2);
    gateway.must_end();
}

TEST_CASE("of two operators who approve one rotation at the same time, at most one activates", "[rotation][fleet]") {
    for (const auto way : operators_ways) {
        CAPTURE(aws::name_of(way));
        RotatedByOperator gateway{way};
        auto& cloud = gateway.pair.world.cloud;
        gateway.must(&Divided::request);
        cloud.another_is_faster = true;
        gateway.must_not(&Divided::approve, aws::EnrolmentErrc::thing_taken);
        cloud.another_is_faster = false;
        cloud.others_principals.clear();
        gateway.must(&Divided::approve);
        gateway.must(&Divided::install);
        cloud.others_principals = {FakeCloud::arn_of("0f")};
        gateway.must_not(&Divided::activate, aws::EnrolmentErrc::thing_taken);
        cloud.others_principals.clear();
        gateway.must_end();
    }
}

TEST_CASE("a rotation waits for its answer, and services use the old identity until the broker accepts",
          "[rotation][fleet]") {
    RotatedByOperator gateway{aws::EnrolmentMethod::csr};
    auto& pair = gateway.pair;
    gateway.must(&Divided::request);
    gateway.must_not(&Divided::connect, aws::EnrolmentErrc::answer_awaited);
    gateway.must(&Divided::approve);
    const auto good = pair.mail("answer");
    pair.change_mail("answer", "\"slot\": \"E0F2\"", "\"slot\": \"E0F1\"");
    gateway.must_not(&Divided::install, InputErrc::check_failed);
    pair.put_mail("answer", good);
    gateway.must(&Divided::install);
    CHECK(id_in_use(pair.world) == gateway.first);
    gateway.must_not(&Divided::connect, aws::EnrolmentErrc::not_connected);  // nobody has activated it
    CHECK(id_in_use(pair.world) == gateway.first);
    gateway.must_end();
    gateway.must_not(&Divided::abandon, aws::EnrolmentErrc::enrolled_already);
}

TEST_CASE("a rotation by claim gives a gateway another certificate, by a template", "[rotation]") {
    const auto gateway = std::make_unique<RotatedByClaim>();
    const auto old_key = gateway->world.chip.keys.at(slot_in_use).public_key();
    gateway->must_succeed(&World::enroll);
    CHECK(wrong_at_the_end(gateway->world, gateway->first) == "");
    CHECK(aws::is_spare(gateway->world.files, gateway->world.directories, old_key).value());
    must_retire(gateway->world, gateway->first);
}

TEST_CASE("a rotation by claim that is killed at any call is resumed to its end", "[rotation]") {
    const auto points = each_cut_of_claims(Fault::kill, [](RotatedByClaim& gateway) {
        gateway.go_on();
        CHECK(wrong_at_the_end(gateway.world, gateway.first) == "");
    });
    std::printf("rotation by claim: killed at %zu points\n", points);
    CHECK(points >= fewest_points);
    constexpr std::size_t stride = 7;
    std::size_t start = 0;
    each_cut_of_claims(Fault::kill, [&](RotatedByClaim& gateway) {
        if (!gateway.begun()) {
            return;
        }
        for (auto second = 1 + start++ % stride; gateway.interrupted(&World::resume, Fault::kill, second);
             second += stride) {
            CHECK(broken(gateway.world) == "");
        }
        gateway.go_on();
        CHECK(wrong_at_the_end(gateway.world, gateway.first) == "");
    });
}

TEST_CASE("a rotation by claim in which any call fails ends with the new identity or with the old one", "[rotation]") {
    for (const auto fault : {Fault::refuse, Fault::lose}) {
        std::size_t taken_back = 0;
        each_cut_of_claims(fault, [&](RotatedByClaim& gateway) {
            if (gateway.begun() && !gateway.has_ended()) {
                gateway.go_on();
            }
            taken_back += gateway.has_ended() ? 0U : 1U;
            CHECK((gateway.has_ended() ? wrong_at_the_end(gateway.world, gateway.first)
                                       : left_of_rotation(gateway.world, gateway.first)) == "");
        });
        CHECK(taken_back > 5);
    }
    each_cut_of_claims(Fault::kill, [](RotatedByClaim& gateway) {
        gateway.world.files.full = true;
        const auto done = gateway.begun() ? gateway.world.resume() : gateway.world.enroll();
        CHECK(broken(gateway.world) == "");
        gateway.world.files.full = false;
        if (!done && gateway.begun()) {
            gateway.go_on();
        }
        CHECK((gateway.has_ended() ? wrong_at_the_end(gateway.world, gateway.first)
                                   : left_of_rotation(gateway.world, gateway.first)) == "");
    });
}

TEST_CASE("a rotation by claim that is killed at any call can be taken back", "[rotation]") {
    std::size_t past = 0;
    each_cut_of_claims(Fault::kill, [&](RotatedByClaim& gateway) {
        if (!gateway.begun() || gateway.has_ended()) {
            return;
        }
        const auto done = gateway.world.abandon();
        if (done) {
            CHECK(left_of_rotation(gateway.world, gateway.first) == "");
            return;
        }
        CHECK(done.error() == aws::EnrolmentErrc::no_way_back);
        ++past;
    });
    CHECK(past > 0);
}

TEST_CASE("a rotation by claim that is refused leaves the identity in use", "[rotation]") {
    const auto gateway = std::make_unique<RotatedByClaim>();
    gateway->world.broker.takes_claims = false;
    const auto refused = gateway->world.enroll();
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == aws::EnrolmentErrc::claim_not_accepted);
    CHECK(left_of_rotation(gateway->world, gateway->first) == "");
    // The template makes it another thing's: that is not taken back without an account, but by abandoning.
    gateway->world.broker.takes_claims = true;
    gateway->world.broker.thing_named = "gateway-2";
    const auto renamed = gateway->world.enroll();
    REQUIRE_FALSE(renamed);
    CHECK(renamed.error() == aws::EnrolmentErrc::provisioning_refused);
    CHECK(id_in_use(gateway->world) == gateway->first);
    REQUIRE(gateway->world.abandon());
    CHECK(registered(gateway->world).size() == 1);
}
