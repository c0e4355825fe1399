// SPDX-License-Identifier: Apache-2.0
// Journals that another version of the program has written: those of earlier ones are gone on with or taken back, at
// every point; those of later ones are refused by name. Nothing is lost by either.
#include "common/files/input_error.hpp"
#include "enrolled_world.hpp"
#include "support/catch.hpp"
#include "world.hpp"

#include <nlohmann/json.hpp>

using namespace trustx;
using namespace trustx::test;

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* journal_path = "/state/enroll.journal";

Json journal_json(const World& world) {
    return Json::parse(world.files.content(journal_path));
}

void put(World& world, const Json& json) {
    world.files.files.at(journal_path).content = json.dump(2) + "\n";
}

// as_before makes a journal what a version of format 1 would have written: without members that came later, and with
// the names that two steps had.
Json as_before(Json json) {
    json["format"] = 1;
    for (const auto* member : {"task", "template", "claimCertificate", "claimKey", "parameters", "revoke",
                               "deleteThing", "rules", "clients"}) {
        // What is not empty, the version of then knew.
        const auto found = json["order"].find(member);
        if (found != json["order"].end() && (found->empty() || *found == "" || *found == false || *found == "enroll")) {
            json["order"].erase(member);
        }
    }
    for (const auto* member : {"region", "roots", "clientId", "challenge", "others"}) {
        const auto found = json["facts"].find(member);
        if (found != json["facts"].end() && (found->empty() || *found == "")) {
            json["facts"].erase(member);
        }
    }
    const std::string step = json["step"];
    json["step"] = step == "remove-files" ? "no-files" : step == "spare-key" ? "old-key" : step;
    return json;
}

// each_kill calls `then` for a world in which an enrolment was killed at each call, where that left one to go on with.
void each_kill(aws::EnrolmentMethod method, const std::function<void(World&)>& then) {
    for (std::size_t number = 1;; ++number) {
        const auto world = std::make_unique<World>(method);
        CAPTURE(aws::name_of(method), number);
        world->trap.arm(Fault::kill, number);
        World::survives([&] { static_cast<void>(world->enroll()); });
        const bool hit = world->trap.was_hit();
        world->trap.disarm();
        if (!hit) {
            return;
        }
        if (world->journal() && world->journal()->phase == aws::Phase::enrolling) {
            then(*world);
        }
    }
}

void must_succeed(const Result<void>& done) {
    INFO((done ? std::string{} : done.error().message()));
    REQUIRE(done);
}

}  // namespace

TEST_CASE("an enrolment that an earlier version began is resumed, or abandoned, wherever it was", "[enrolment]") {
    for (const auto method : aws::all_methods) {
        each_kill(method, [](World& world) {
            put(world, as_before(journal_json(world)));
            must_succeed(world.resume());
            CHECK(world.missing_when_enrolled() == "");
            CHECK(journal_json(world).at("format") == 2);
        });
        each_kill(method, [](World& world) {
            put(world, as_before(journal_json(world)));
            must_succeed(world.abandon());
            CHECK(world.left_when_abandoned() == "");
        });
    }
}

TEST_CASE("a retirement that an earlier version began at a step with another name ends", "[enrolment][retirement]") {
    bool met = false;
    for (std::size_t number = 1;; ++number) {
        const auto gateway = std::make_unique<EnrolledWorld>();
        gateway->world.order = {
            .task = aws::Task::retire, .thing = "gateway-1", .region = FakeCloud::region, .delete_thing = true};
        if (!gateway->interrupted(&World::enroll, Fault::kill, number)) {
            break;
        }
        if (!gateway->begun() || gateway->begun()->phase == aws::Phase::done) {
            continue;
        }
        const auto before = as_before(journal_json(gateway->world));
        met = met || before.at("step") == "no-files";
        put(gateway->world, before);
        gateway->must_succeed(&World::resume);
        CHECK(gateway->world.cloud.certificates.empty());
        CHECK(gateway->sets() == 0);
    }
    CHECK(met);
}

TEST_CASE("a step that got another name is known by both, in journals that are old enough", "[enrolment]") {
    const World world{aws::EnrolmentMethod::csr};
    const aws::Journal journal{.order = world.order, .chip = "A5", .step = "spare-key"};
    auto json = Json::parse(journal.text());
    CHECK(aws::Journal::parse(as_before(json).dump(), "it").value() == journal);
    json["step"] = "old-key";
    CHECK(aws::Journal::parse(json.dump(), "it").value().step == "old-key");
}

TEST_CASE("a member that this version always writes may not be missing", "[enrolment]") {
    const World world{aws::EnrolmentMethod::csr};
    const aws::Journal journal{.order = world.order, .chip = "A5"};
    for (const auto* record : {"order", "facts"}) {
        const auto whole = Json::parse(journal.text());
        for (const auto& [name, value] : whole.at(record).items()) {
            CAPTURE(name);
            auto damaged = whole;
            damaged[record].erase(name);
            const auto read = aws::Journal::parse(damaged.dump(), "it");
            CHECK((!read && read.error() == InputErrc::malformed));
        }
    }
}

TEST_CASE("a format that is no number of ours is refused, however it would be cut", "[enrolment]") {
    const World world{aws::EnrolmentMethod::csr};
    const aws::Journal journal{.order = world.order, .chip = "A5"};
    auto text = Json::parse(journal.text());
    for (const Json& format :
         {Json(4294967298), Json(18446744073709551615U), Json(true), Json(2.9), Json("2"), Json(0), Json(-1)}) {
        text["format"] = format;
        const auto read = aws::Journal::parse(text.dump(), "it");
        CAPTURE(text["format"].dump());
        CHECK((!read && read.error() == InputErrc::malformed));
    }
}

TEST_CASE("what a later version began is neither resumed nor abandoned, and nothing of it is lost", "[enrolment]") {
    for (const auto method : aws::all_methods) {
        each_kill(method, [](World& world) {
            const auto own = journal_json(world);
            auto later = own;
            later["format"] = 3;
            auto renamed = own;
            renamed["step"] = "step-of-tomorrow";
            for (const auto& foreign : {later, renamed}) {
                put(world, foreign);
                for (const auto part : {&World::resume, &World::abandon}) {
                    const auto done = (world.*part)();
                    REQUIRE_FALSE(done);
                    CHECK(done.error() == InputErrc::malformed);
                    CHECK_THAT(done.error().operation(), ContainsSubstring("version"));
                    CHECK(journal_json(world) == foreign);
                }
                CHECK(world.violation() == "");
            }
            put(world, own);
            must_succeed(world.resume());
            CHECK(world.missing_when_enrolled() == "");
        });
    }
}
