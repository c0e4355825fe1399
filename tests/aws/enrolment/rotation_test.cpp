// SPDX-License-Identifier: Apache-2.0
// A rotation, interrupted at every call of every seam: at each moment services find an identity that the broker
// accepts, and in the end there is one, the new one or the old one.
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/spare_keys.hpp"
#include "common/files/input_error.hpp"
#include "enrolled_world.hpp"

#include <cstdio>

using namespace trustx;
using namespace trustx::test;

namespace {

using enum aws::EnrolmentMethod;

constexpr ObjectId old_slot{0xE0F1};
constexpr ObjectId other_slot{0xE0F2};
const std::vector<aws::EnrolmentMethod> ways{csr, register_thing, own_ca};

// Rotating is a gateway whose next order is a rotation, in which the first attempt to connect comes too early.
struct Rotating : EnrolledWorld {
    explicit Rotating(aws::EnrolmentMethod way) {
        order(way, other_slot);
        world.broker.refusals = 1;
    }

    void order(aws::EnrolmentMethod way, ObjectId slot) {
        world.order = {.task = aws::Task::rotate,
                       .method = way,
                       .thing = "gateway-1",
                       .slot = slot,
                       .region = FakeCloud::region,
                       .account = FakeCloud::account,
                       .endpoint = "prefix-ats.iot.eu-central-1.amazonaws.com",
                       .ca_file = world.directories.roots_file()};
    }

    // What must hold at every moment, in words; empty: it holds.
    [[nodiscard]] std::string violation() const {
        if (!world.works()) {
            return "services find no identity that works";
        }
        if (world.cloud.things.size() != 1) {
            return "not one thing";
        }
        if (world.chip.keys_made > 1 + attempts) {
            return "a key was made twice";
        }
        for (const auto& [id, certificate] : world.cloud.certificates) {
            if (certificate.status == "ACTIVE" && !chip_holds(certificate.pem)) {
                return "an active certificate that the chip does not hold: " + id;
            }
        }
        return {};
    }

    std::size_t attempts = 1;  // at rotating, so far

    [[nodiscard]] bool chip_holds(const std::string& certificate) const {
        return std::ranges::any_of(world.chip.objects, [&](const auto& object) {
            return !object.second.empty() && certificate == pem("CERTIFICATE", object.second.front());
        });
    }

    // What is wrong with a rotation that has ended; empty: nothing.
    [[nodiscard]] std::string missing() const {
        const auto& certificates = world.cloud.certificates;
        if (certificates.size() != 1 || certificates.contains(first)) {
            return "not the new certificate alone";
        }
        const auto& [id, certificate] = *certificates.begin();
        if (certificate.status != "ACTIVE" || certificate.things != std::set<std::string>{"gateway-1"} ||
            certificate.policies != std::set<std::string>{"trustx-gateway"}) {
            return "the new certificate is not what the old one was";
        }
        const auto identity = aws::Identity::parse(identity_files().front(), "aws.json");
        if (!identity || identity->certificate_id != id || identity->slot != world.order.slot || sets() != 1) {
            return "services do not find the new identity, and it alone";
        }
        const auto old_object = world.chip.objects.find(ObjectId{0xE0E1});
        if (old_object != world.chip.objects.end() && !old_object->second.empty()) {
            return "the chip holds the old certificate";
        }
        return world.broker.accepted > 0 ? violation() : "no connection was made";
    }

    // What is left of a rotation that was taken back; empty: nothing.
    [[nodiscard]] std::string left() const {
        const auto& certificates = world.cloud.certificates;
        if (certificates.size() != 1 || !certificates.contains(first)) {
            return "not the old certificate alone";
        }
        if (identity_files() != first_files || sets() != 1 || begun()) {
            return "files are not what they were";
        }
        const auto new_object = world.chip.objects.find(*paired_certificate(other_slot));
        if (new_object != world.chip.objects.end() && !new_object->second.empty()) {
            return "a certificate in the chip";
        }
        return violation();
    }
};

// each_point calls `then` for a fresh gateway that was interrupted at each call of a rotation, and gives their number.
std::size_t each_rotation_point(aws::EnrolmentMethod way, Fault fault, const std::function<void(Rotating&)>& then) {
    for (std::size_t number = 1;; ++number) {
        const auto gateway = std::make_unique<Rotating>(way);
        const bool hit = gateway->interrupted(&World::enroll, fault, number);
        INFO(aws::name_of(way) << ", at call " << gateway->place);
        CHECK(gateway->violation() == "");
        if (!hit) {
            return number - 1;
        }
        then(*gateway);
    }
}

template <class Code>
void must_be_taken_back(Rotating& gateway, Code code) {
    const auto done = gateway.world.enroll();
    REQUIRE_FALSE(done);
    INFO(done.error().message());
    CHECK(done.error() == make_error_code(code));
    CHECK(gateway.left() == "");
}

}  // namespace

TEST_CASE("a rotation gives a gateway a new key and certificate, and back into the first slot another", "[rotation]") {
    for (const auto way : ways) {
        CAPTURE(aws::name_of(way));
        const auto gateway = std::make_unique<Rotating>(way);
        const auto old_key = gateway->world.chip.keys.at(old_slot).public_key();
        gateway->must_succeed(&World::enroll);
        CHECK(gateway->missing() == "");
        CHECK(gateway->world.broker.last_client == "gateway-1-check");
        CHECK(aws::is_spare(gateway->world.files, gateway->world.directories, old_key).value());
        gateway->order(way, old_slot);
        gateway->must_succeed(&World::enroll);
        CHECK(gateway->world.works());
        CHECK(gateway->world.chip.keys_made == 3);
        CHECK(gateway->world.chip.keys.at(old_slot).public_key() != old_key);
    }
}

TEST_CASE("a rotation that is killed at any call is resumed to its end", "[rotation]") {
    constexpr std::size_t fewest_points = 50;
    for (const auto way : ways) {
        const auto points = each_rotation_point(way, Fault::kill, [](Rotating& gateway) {
            gateway.go_on();
            CHECK(gateway.missing() == "");
        });
        std::printf("rotation, %s: killed at %zu points\n", std::string{aws::name_of(way)}.c_str(), points);
        CHECK(points >= fewest_points);
    }
}

TEST_CASE("a rotation that is killed again while it is resumed is resumed to its end", "[rotation]") {
    constexpr std::size_t stride = 7;
    std::size_t start = 0;
    each_rotation_point(csr, Fault::kill, [&](Rotating& gateway) {
        if (!gateway.begun()) {
            return;
        }
        for (auto second = 1 + start++ % stride; gateway.interrupted(&World::resume, Fault::kill, second);
             second += stride) {
            CHECK(gateway.violation() == "");
        }
        gateway.go_on();
        CHECK(gateway.missing() == "");
    });
}

TEST_CASE("a rotation in which any call fails ends with the new identity or with the old one", "[rotation]") {
    for (const auto fault : {Fault::refuse, Fault::lose}) {
        for (const auto way : ways) {
            CAPTURE(static_cast<int>(fault));
            std::size_t taken_back = 0;
            each_rotation_point(way, fault, [&](Rotating& gateway) {
                if (gateway.begun() && !gateway.has_ended()) {
                    gateway.go_on();
                }
                taken_back += gateway.has_ended() ? 0U : 1U;
                CHECK((gateway.has_ended() ? gateway.missing() : gateway.left()) == "");
            });
            CHECK(taken_back > 10);
        }
    }
}

TEST_CASE("a rotation that is killed at any call can be taken back until the old certificate is", "[rotation]") {
    constexpr std::size_t stride = 3;
    std::size_t start = 0;
    std::size_t past = 0;
    each_rotation_point(csr, Fault::kill, [&](Rotating& gateway) {
        if (!gateway.begun() || gateway.has_ended()) {
            return;
        }
        for (auto number = 1 + start++ % stride; gateway.interrupted(&World::abandon, Fault::kill, number);
             number += stride) {
            CHECK(gateway.violation() == "");
        }
        if (!gateway.begun()) {
            CHECK(gateway.left() == "");
            return;
        }
        const auto done = gateway.world.abandon();
        if (done) {
            CHECK(gateway.left() == "");
            return;
        }
        CHECK(done.error() == aws::EnrolmentErrc::no_way_back);
        ++past;
        gateway.go_on();
        CHECK(gateway.missing() == "");
    });
    CHECK(past > 0);
}

TEST_CASE("a rotation that ran out of disk space at any call leaves an identity, and is resumed", "[rotation]") {
    each_rotation_point(csr, Fault::kill, [](Rotating& gateway) {
        gateway.world.files.full = true;
        const auto done = gateway.begun() ? gateway.world.resume() : gateway.world.enroll();
        CHECK(gateway.violation() == "");
        gateway.world.files.full = false;
        if (!done && gateway.begun()) {
            gateway.go_on();
        }
        CHECK((gateway.has_ended() ? gateway.missing() : gateway.left()) == "");
    });
}

TEST_CASE("a rotation that the cloud or the broker refuses is taken back", "[rotation]") {
    for (const auto way : ways) {
        CAPTURE(aws::name_of(way));
        const auto gateway = std::make_unique<Rotating>(way);
        gateway->world.cloud.allows_connect = false;
        must_be_taken_back(*gateway, aws::EnrolmentErrc::policy_denies);
        gateway->world.cloud.allows_connect = true;
        ++gateway->attempts;
        gateway->world.broker.refusals = 1000;
        must_be_taken_back(*gateway, aws::EnrolmentErrc::not_connected);
        gateway->world.broker.refusals = 0;
        gateway->must_succeed(&World::enroll);
        CHECK(gateway->world.works());
    }
    const auto gateway = std::make_unique<Rotating>(csr);
    gateway->world.cloud.issue_for_another_key = true;
    must_be_taken_back(*gateway, InputErrc::key_mismatch);
}

TEST_CASE(
    "a rotation makes way for another one of the same thing, and leaves certificates that were there before alone",
    "[rotation]") {
    for (const auto way : ways) {
        CAPTURE(aws::name_of(way));
        const auto gateway = std::make_unique<Rotating>(way);
        auto& cloud = gateway->world.cloud;
        cloud.another_is_faster = true;
        must_be_taken_back(*gateway, aws::EnrolmentErrc::thing_taken);
        cloud.another_is_faster = false;
        REQUIRE(cloud.others_principals.size() == 1);
        ++gateway->attempts;
        gateway->must_succeed(&World::enroll);
        CHECK(gateway->missing() == "");
    }
}

TEST_CASE("a key that somebody may need is not destroyed by a rotation unasked", "[rotation]") {
    const auto gateway = std::make_unique<Rotating>(csr);
    auto& world = gateway->world;
    const auto key = world.chip.keys.try_emplace(other_slot, Curve::p384).first->second.public_key();
    must_be_taken_back(*gateway, aws::EnrolmentErrc::slot_taken);
    CHECK(world.chip.keys.at(other_slot).public_key() == key);
    world.order.slot = old_slot;
    must_be_taken_back(*gateway, InputErrc::usage);
    gateway->order(csr, other_slot);
    world.order.replace = true;
    gateway->must_succeed(&World::enroll);
    CHECK(gateway->missing() == "");
    CHECK(world.chip.keys.at(other_slot).public_key() != key);
}

TEST_CASE("a rotation needs an identity that is registered in this account", "[rotation]") {
    const auto gateway = std::make_unique<Rotating>(csr);
    auto& world = gateway->world;
    world.order.account = "999999999999";
    must_be_taken_back(*gateway, aws::EnrolmentErrc::other_account);
    gateway->order(csr, other_slot);
    const auto registered = std::exchange(world.cloud.certificates, {});
    const auto unknown = world.enroll();
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error() == aws::EnrolmentErrc::nothing_begun);
    world.cloud.certificates = registered;
    world.files.links.clear();
    world.order.ca_file = "/ca.pem";
    const auto without = world.enroll();
    REQUIRE_FALSE(without);
    CHECK(without.error() == aws::EnrolmentErrc::nothing_begun);
}

TEST_CASE("a rotation connects as the thing where no policy allows another name", "[rotation]") {
    const auto gateway = std::make_unique<Rotating>(csr);
    gateway->world.cloud.allows_client_beside = false;
    gateway->must_succeed(&World::enroll);
    CHECK(gateway->missing() == "");
    CHECK(gateway->world.broker.last_client == "gateway-1");
}
