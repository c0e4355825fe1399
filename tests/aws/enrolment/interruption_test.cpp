// SPDX-License-Identifier: Apache-2.0
// An enrolment that is interrupted, at every call of every seam: chip, files, HTTP, MQTT and clock. The points are
// counted, not listed: what a method does more is tried as well.
#include "support/catch.hpp"
#include "world.hpp"

#include <cstdio>

using namespace trustx;
using namespace trustx::test;

namespace {

// Way is a method, with what it has several of.
struct Way {
    aws::EnrolmentMethod method;
    ClaimKind claim = ClaimKind::file;
    bool token_is_bound = false;
    bool as_delivered = false;  // with the factory's identity

    [[nodiscard]] std::string name() const {
        return std::string{aws::name_of(method)} + (as_delivered ? ", as delivered" : "") +
               (claim == ClaimKind::slot  ? ", by a slot"
                : claim == ClaimKind::aws ? ", made by AWS"
                                          : "") +
               (token_is_bound ? ", bound" : "");
    }
};

std::vector<Way> all_ways() {
    using enum aws::EnrolmentMethod;
    std::vector<Way> ways;
    for (const auto method : aws::all_methods) {
        ways.push_back({.method = method});
    }
    ways.push_back({.method = jit, .as_delivered = true});
    ways.push_back({.method = claim, .token_is_bound = true});
    ways.push_back({.method = claim, .claim = ClaimKind::slot});
    ways.push_back({.method = claim, .claim = ClaimKind::aws, .token_is_bound = true});
    return ways;
}

// Place is a world in which the first attempt to connect comes too early, so that there is waiting as well.
struct Place {
    explicit Place(const Way& way) : world{way.method, way.claim} {
        world.broker.refusals = 1;
        world.broker.token_is_bound = way.token_is_bound;
        if (way.as_delivered) {
            world.use_factory_identity();
        }
    }
    World world;
};

using Part = Result<void> (World::*)();

// interrupted runs a part with a fault at the number-th call; false: it ended before that call.
bool interrupted(World& world, Part part, Fault fault, std::size_t number) {
    world.trap.arm(fault, number);
    World::survives([&] { static_cast<void>((world.*part)()); });
    const bool hit = world.trap.was_hit();
    INFO("at call " << world.trap.place());
    CHECK(world.violation() == "");
    world.trap.disarm();
    return hit;
}

void must_succeed(World& world, Part part) {
    const auto done = (world.*part)();
    INFO((done ? std::string{} : done.error().message()));
    REQUIRE(done);
}

// each_point calls `then` for a fresh world that was interrupted at each call of an enrolment, and gives their number.
std::size_t each_point(const Way& way, Fault fault, const std::function<void(World&)>& then) {
    for (std::size_t number = 1;; ++number) {
        const auto place = std::make_unique<Place>(way);
        CAPTURE(number);
        if (!interrupted(place->world, &World::enroll, fault, number)) {
            return number - 1;
        }
        then(place->world);
    }
}

// fewest_points of any way: one that writes no chip and needs no account has few steps.
std::size_t fewest_points(const Way& way) {
    return way.as_delivered ? 20 : 25;
}

}  // namespace

TEST_CASE("an enrolment that nothing interrupts ends enrolled", "[enrolment]") {
    for (const auto& way : all_ways()) {
        CAPTURE(way.name());
        const auto place = std::make_unique<Place>(way);
        must_succeed(place->world, &World::enroll);
        CHECK(place->world.missing_when_enrolled() == "");
        const bool is_there = way.as_delivered || way.method == aws::EnrolmentMethod::factory_cert;
        CHECK(place->world.chip.keys_made == (is_there ? 0 : 1));
    }
}

TEST_CASE("an enrolment that is killed at any call is resumed to its end", "[enrolment]") {
    for (const auto& way : all_ways()) {
        CAPTURE(way.name());
        const auto points = each_point(way, Fault::kill, [](World& world) {
            must_succeed(world, &World::go_on);
            CHECK(world.missing_when_enrolled() == "");
        });
        std::printf("%s: killed at %zu points\n", way.name().c_str(), points);
        CHECK(points >= fewest_points(way));
    }
}

TEST_CASE("an enrolment that is killed again while it is resumed is resumed to its end", "[enrolment]") {
    constexpr std::size_t stride = 5;  // of the second point, beginning elsewhere each time: all pairs take too long
    for (const auto& way : all_ways()) {
        CAPTURE(way.name());
        std::size_t start = 0;
        each_point(way, Fault::kill, [&](World& world) {
            for (auto second = 1 + start++ % stride; interrupted(world, &World::go_on, Fault::kill, second);
                 second += stride) {
                CAPTURE(second);
            }
            must_succeed(world, &World::go_on);
            CHECK(world.missing_when_enrolled() == "");
        });
    }
}

TEST_CASE("an enrolment in which any call fails is resumed to its end", "[enrolment]") {
    for (const auto fault : {Fault::refuse, Fault::lose}) {
        for (const auto& way : all_ways()) {
            CAPTURE(way.name(), static_cast<int>(fault));
            each_point(way, fault, [](World& world) {
                if (!world.journal() || world.journal()->phase != aws::Phase::done) {
                    must_succeed(world, &World::go_on);
                }
                CHECK(world.missing_when_enrolled() == "");
            });
        }
    }
}

TEST_CASE("an enrolment that is killed at any call can be abandoned, and abandoning be killed too", "[enrolment]") {
    constexpr std::size_t stride = 3;
    for (const auto& way : all_ways()) {
        CAPTURE(way.name());
        std::size_t start = 0;
        each_point(way, Fault::kill, [&](World& world) {
            if (!world.journal() || world.journal()->phase == aws::Phase::done) {
                return;
            }
            for (auto number = 1 + start++ % stride; interrupted(world, &World::abandon, Fault::kill, number);
                 number += stride) {
            }
            if (world.journal()) {
                must_succeed(world, &World::abandon);
            }
            CHECK(world.left_when_abandoned() == "");
        });
    }
}

TEST_CASE("an enrolment that ran out of disk space at any call is resumed when there is space", "[enrolment]") {
    for (const auto& way : all_ways()) {
        CAPTURE(way.name());
        const auto place = std::make_unique<Place>(way);
        auto& world = place->world;
        must_succeed(world, &World::enroll);
        const auto calls = world.trap.calls().size();
        for (std::size_t number = 1; number <= calls; ++number) {
            CAPTURE(number);
            const auto fresh = std::make_unique<Place>(way);
            World& filling = fresh->world;
            if (!interrupted(filling, &World::enroll, Fault::kill, number)) {
                break;
            }
            filling.files.full = true;
            const auto done = filling.go_on();
            CHECK(filling.violation() == "");
            filling.files.full = false;
            if (!done) {
                must_succeed(filling, &World::go_on);
            }
            CHECK(filling.missing_when_enrolled() == "");
        }
    }
}
