// SPDX-License-Identifier: Apache-2.0
// Provisioning that is interrupted: at every call of every seam (chip, files, authority, handshake), and at every
// command of the chip. The points are counted, not listed.
#include "common/files/input_error.hpp"
#include "pki/error.hpp"
#include "provisioning/error.hpp"
#include "support/catch.hpp"
#include "world.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/objects.hpp>

#include <cstdio>
#include <functional>

#include <openssl/objects.h>

using namespace trustx;
using namespace trustx::test;
using provisioning::ProvisioningErrc;

namespace {

using World = ProvisioningWorld;

void must_succeed(World& world) {
    const auto done = world.provision();
    INFO((done ? std::string{} : done.error().message()));
    REQUIRE(done);
    CHECK(world.missing_when_done() == "");
}

// each_point calls `then` for a fresh world that was interrupted at each call, and gives their number.
std::size_t each_point(Fault fault, const std::function<void(World&)>& then) {
    for (std::size_t number = 1;; ++number) {
        World world;
        world.trap.arm(fault, number);
        static_cast<void>(world.survives());
        const bool hit = world.trap.was_hit();
        INFO("at call " << world.trap.place());
        world.trap.disarm();
        if (!hit) {
            return number - 1;
        }
        CHECK(world.violation() == "");
        then(world);
    }
}

// A power cut of the chip at each command; between its fragments where it has several.
std::size_t each_power_cut(const std::string& moment, const std::function<void(World&)>& then) {
    for (std::size_t number = 1;; ++number) {
        World world;
        CAPTURE(moment, number);
        const auto rule = world.chip->faults().add(
            sim::parse_fault_rule("power-cut," + moment + "=command,nth=" + std::to_string(number)).value());
        static_cast<void>(world.provision());
        const bool hit = world.chip->faults().entries().front().applied > 0;
        REQUIRE(world.chip->faults().remove(rule));
        if (!hit) {
            return number - 1;
        }
        CHECK(world.violation() == "");
        then(world);
    }
}

}  // namespace

TEST_CASE("a blank chip becomes what the recipe says, and nothing is left to do", "[provisioning]") {
    World world;
    const auto planned = world.plan();
    REQUIRE(planned);
    CHECK(planned->actions.size() == 10);
    CHECK(planned->actions.back().kind == provisioning::ActionKind::manifest);
    must_succeed(world);
    const auto uses = world.chip->counters().private_key_uses;
    const auto writes = world.chip->counters().nvm_writes;
    must_succeed(world);
    CHECK(world.chip->counters().nvm_writes == writes);
    CHECK(world.chip->counters().private_key_uses <= uses + 2);  // those of this test's own checks
}

TEST_CASE("provisioning that is killed at any call is taken up to its end, with a journal and without",
          "[provisioning]") {
    for (const bool journal_is_lost : {false, true}) {
        CAPTURE(journal_is_lost);
        const auto points = each_point(Fault::kill, [&](World& world) {
            if (journal_is_lost) {
                world.forget();
            }
            must_succeed(world);
        });
        std::printf("provision%s: killed at %zu points\n", journal_is_lost ? ", journal lost" : "", points);
        CHECK(points > 60);
    }
}

TEST_CASE("provisioning in which any call fails is taken up to its end", "[provisioning]") {
    for (const auto fault : {Fault::refuse, Fault::lose}) {
        CAPTURE(static_cast<int>(fault));
        each_point(fault, [](World& world) { must_succeed(world); });
    }
}

TEST_CASE("provisioning in which the chip loses its supply at any command is taken up to its end", "[provisioning]") {
    std::uint64_t torn = 0;
    for (const std::string moment : {"before", "during", "after"}) {
        const auto points = each_power_cut(moment, [&](World& world) {
            torn += world.chip->counters().torn_writes;
            must_succeed(world);
        });
        std::printf("provision: power cut %s %zu commands\n", moment.c_str(), points);
        CHECK(points > 50);
    }
    CHECK(torn > 0);
}

TEST_CASE("provisioning that ran out of disk space at any call is taken up when there is space", "[provisioning]") {
    each_point(Fault::kill, [](World& world) {
        world.files.full = true;
        const auto done = world.provision();
        CHECK(world.violation() == "");
        world.files.full = false;
        if (!done) {
            CHECK(done.error() == InputErrc::unwritable);
        }
        must_succeed(world);
    });
}

TEST_CASE("while trust anchors are replaced the chip has a usable one, whenever its supply fails", "[provisioning]") {
    const SoftwareKey old{Curve::p256};
    const auto usable = [](World& world, ObjectId object) {
        const auto held = world.opened->with([&](LockedDevice& device) { return read_certificates(device, object); });
        return held && !held->certificates.empty();
    };
    for (std::size_t number = 1;; ++number) {
        World world;
        CAPTURE(number);
        world.use(
            "name = 'anchors'\n[anchor.E0E8]\ncertificate = 'anchor.pem'\nreplace = true\n"
            "[anchor.E0EF]\ncertificate = 'ca.pem'\n");
        REQUIRE(world.opened->with([&](LockedDevice& device) {
            return write_trust_anchor(device, ObjectId{0xE0E8}, old.authority_certificate("old"));
        }));
        world.chip->faults().add(
            sim::parse_fault_rule("power-cut,during=SetDataObject,nth=" + std::to_string(number)).value());
        static_cast<void>(world.provision());
        const bool hit = world.chip->faults().entries().front().applied > 0;
        world.chip->faults().clear();
        CHECK((usable(world, ObjectId{0xE0E8}) || usable(world, ObjectId{0xE0EF})));
        REQUIRE(world.provision());
        CHECK(world.plan().value().actions.empty());
        if (!hit) {
            CHECK(number > 2);
            break;
        }
    }
}

TEST_CASE("a chip that can never become what the recipe says is scrap, and stays as it is", "[provisioning]") {
    World world;
    const auto close = [](LockedDevice& device) {
        return raise_object_life_cycle(device, ObjectId{0xE0E8}, LifeCycleState::operational);
    };
    REQUIRE(world.opened->with(close));
    const auto writes = world.chip->counters().nvm_writes;
    const auto done = world.provision();
    REQUIRE_FALSE(done);
    CHECK(done.error() == ProvisioningErrc::scrap);
    CHECK_THAT(done.error().operation(), ContainsSubstring("E0E8"));
    CHECK(world.chip->counters().nvm_writes == writes);
    CHECK(world.executed("GenKeyPair") == 0);
    const auto planned = world.plan();
    REQUIRE(planned);
    CHECK_FALSE(planned->scrap.empty());
    CHECK(planned->actions.empty());
}

TEST_CASE("a clock from before the recipe's certificates is told before anything is done", "[provisioning]") {
    constexpr long year = 366L * 24 * 3600;
    for (const auto* file : {"ca.pem", "anchor.pem"}) {
        CAPTURE(file);
        World world;
        const auto& key = file == std::string{"ca.pem"} ? world.authority : world.anchor;
        const auto later = key.issue({.subject = key.public_key(),
                                      .common_name = "later",
                                      .issuer_name = "later",
                                      .begins = year,
                                      .ends = 2 * year,
                                      .extensions = {{NID_basic_constraints, "critical,CA:TRUE"}}});
        write_file(world.directory / file, pem("CERTIFICATE", later));
        world.use(World::usual_recipe());
        const auto writes = world.chip->counters().nvm_writes;
        const auto done = world.provision();
        REQUIRE_FALSE(done);
        CHECK(done.error() == pki::PkiErrc::clock_wrong);
        CHECK_THAT(done.error().operation(), ContainsSubstring("CN=later"));
        CHECK(world.plan().error() == pki::PkiErrc::clock_wrong);
        CHECK(world.chip->counters().nvm_writes == writes);
    }
}

TEST_CASE("what somebody else put into a chip is not lost", "[provisioning]") {
    World world;
    const SoftwareKey stranger{Curve::p256};
    const auto write = [&](LockedDevice& device) {
        return write_certificates(device, ObjectId{0xE0E1}, certificate_object({stranger.certificate("stranger")}));
    };
    REQUIRE(world.opened->with(write));
    const auto done = world.provision();
    REQUIRE_FALSE(done);
    CHECK(done.error() == InputErrc::refused);
    CHECK_THAT(done.error().operation(), ContainsSubstring("stranger") && ContainsSubstring("replace = true"));
    CHECK(world.executed("GenKeyPair") == 0);
}
