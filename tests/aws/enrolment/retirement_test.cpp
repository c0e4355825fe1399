// SPDX-License-Identifier: Apache-2.0
// A gateway is taken out of use, interrupted at every call of every seam.
#include "aws/enrolment/error.hpp"
#include "enrolled_world.hpp"

#include <cstdio>

using namespace trustx;
using namespace trustx::test;

namespace {

struct Retiring : EnrolledWorld {
    explicit Retiring(bool revoke) {
        world.order = {.task = aws::Task::retire,
                       .thing = "gateway-1",
                       .region = FakeCloud::region,
                       .revoke = revoke,
                       .delete_thing = true};
    }

    // What is left of a gateway that was retired; empty: nothing.
    [[nodiscard]] std::string left() const {
        const auto& certificates = world.cloud.certificates;
        const bool revoked = certificates.size() == 1 && certificates.begin()->second.status == "REVOKED" &&
                             certificates.begin()->second.things.empty() &&
                             certificates.begin()->second.policies.empty();
        if (world.order.revoke ? !revoked : !certificates.empty()) {
            return "the certificate";
        }
        if (!world.cloud.things.empty()) {
            return "the thing";
        }
        if (!world.files.links.empty() || sets() != 0) {
            return "files";
        }
        const auto object = world.chip.objects.find(ObjectId{0xE0E1});
        return object == world.chip.objects.end() || object->second.empty() ? "" : "a certificate in the chip";
    }
};

}  // namespace

TEST_CASE("a retirement that is interrupted at any call is resumed, and leaves nothing", "[retirement]") {
    for (const auto fault : {Fault::kill, Fault::refuse, Fault::lose}) {
        for (const bool revoke : {false, true}) {
            std::size_t number = 0;
            for (bool hit = true; hit;) {
                const auto gateway = std::make_unique<Retiring>(revoke);
                hit = gateway->interrupted(&World::enroll, fault, ++number);
                INFO("at call " << gateway->place);
                if (!gateway->has_ended()) {
                    gateway->go_on();
                }
                CHECK(gateway->left() == "");
                CHECK(gateway->has_ended());
            }
            std::printf("retirement: interrupted at %zu points\n", number - 1);
            CHECK(number > 15);
        }
    }
}

TEST_CASE("a retirement that has begun cannot be taken back", "[retirement]") {
    const auto gateway = std::make_unique<Retiring>(false);
    std::size_t number = 1;
    while (gateway->interrupted(&World::enroll, Fault::kill, number) && !gateway->begun()) {
        ++number;
    }
    REQUIRE(gateway->begun());
    const auto abandoned = gateway->world.abandon();
    REQUIRE_FALSE(abandoned);
    CHECK(abandoned.error() == aws::EnrolmentErrc::no_way_back);
    gateway->must_succeed(&World::resume);
    CHECK(gateway->left() == "");
}

TEST_CASE("a thing that has other certificates stays when a gateway is retired", "[retirement]") {
    const auto gateway = std::make_unique<Retiring>(false);
    gateway->world.cloud.others_principals = {FakeCloud::arn_of("0f")};
    gateway->must_succeed(&World::enroll);
    CHECK(std::ranges::any_of(gateway->world.notes, [](const std::string& note) {
        return note.find("retire --thing gateway-1 --certificate 0f ") != std::string::npos;
    }));
    CHECK(gateway->world.cloud.things.size() == 1);
    CHECK(gateway->world.cloud.certificates.empty());
}

TEST_CASE("a gateway whose certificate is gone already is retired all the same", "[retirement]") {
    const auto gateway = std::make_unique<Retiring>(false);
    gateway->world.cloud.certificates.clear();
    gateway->must_succeed(&World::enroll);
    CHECK(gateway->left() == "");
}
