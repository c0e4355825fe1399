// SPDX-License-Identifier: Apache-2.0
// An enrolment that replaces an identity, and is abandoned: what was there before is there again.
#include "enrolled_world.hpp"

using namespace trustx;
using namespace trustx::test;

TEST_CASE("an enrolment that replaces an identity and is abandoned at any call leaves the old one", "[enrolment]") {
    for (std::size_t number = 1;; ++number) {
        EnrolledWorld gateway;
        auto& world = gateway.world;
        world.order.replace = true;
        world.order.existing_thing = true;
        const bool hit = gateway.interrupted(&World::enroll, Fault::kill, number);
        INFO("at call " << gateway.place);
        if (!hit) {
            CHECK(gateway.sets() == 1);
            CHECK(gateway.identity_files() != gateway.first_files);
            CHECK(world.works());
            break;
        }
        if (world.journal()->phase != aws::Phase::done) {
            gateway.must_succeed(&World::abandon);
            CHECK(gateway.identity_files() == gateway.first_files);
            CHECK(world.chip.objects == gateway.first_object);
            CHECK(gateway.sets() == 1);
            CHECK(world.works());
        }
    }
}

TEST_CASE("files that were written by hand are there again when an enrolment is abandoned", "[enrolment]") {
    World world{aws::EnrolmentMethod::csr};
    const auto& names = world.directories;
    world.files.files[names.key_file()] = {.content = "key", .access = files::Access::services};
    world.files.files[names.chain_file()] = {.content = "chain", .access = files::Access::everybody};
    world.cloud.allows_connect = false;
    REQUIRE_FALSE(world.enroll());
    CHECK(world.files.content(names.key_file()) != "key");
    REQUIRE(world.abandon());
    CHECK(world.files.content(names.key_file()) == "key");
    CHECK(world.files.content(names.chain_file()) == "chain");
    CHECK(world.files.content(names.summary_file()).empty());
}
