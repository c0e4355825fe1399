// SPDX-License-Identifier: Apache-2.0
// A gateway that is enrolled, for tests of what is done with it afterwards.
#pragma once

#include "support/catch.hpp"
#include "world.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trustx::test {

struct EnrolledWorld {
    EnrolledWorld() : world{aws::EnrolmentMethod::csr} {
        REQUIRE(world.enroll());
        first = world.cloud.certificates.begin()->first;
        first_object = world.chip.objects;
        first_files = identity_files();
        world.broker.accepted = 0;
    }

    using Part = Result<void> (World::*)();

    // interrupted runs a part with a fault at the number-th call; false: it ended before that call.
    bool interrupted(Part part, Fault fault, std::size_t number) {
        world.trap.arm(fault, number);
        World::survives([&] { static_cast<void>((world.*part)()); });
        place = world.trap.place();
        const bool hit = world.trap.was_hit();
        world.trap.disarm();
        return hit;
    }

    void must_succeed(Part part) {
        const auto done = (world.*part)();
        INFO("after call " << place << ": " << (done ? std::string{} : done.error().message()));
        REQUIRE(done);
    }

    // begun is the journal of what this test began; nothing: it has none, or not any more.
    [[nodiscard]] std::optional<aws::Journal> begun() const {
        auto journal = world.journal();
        return journal && journal->order.task == world.order.task ? std::move(journal) : std::nullopt;
    }
    [[nodiscard]] bool has_ended() const {
        const auto journal = begun();
        return journal && journal->phase == aws::Phase::done;
    }

    // go_on is what an operator does after an interruption.
    void go_on() {
        const auto journal = begun();
        if (!journal) {
            must_succeed(&World::enroll);
        } else if (journal->phase == aws::Phase::abandoning) {
            must_succeed(&World::abandon);
        } else {
            must_succeed(&World::resume);
        }
    }

    // identity_files are what services find.
    [[nodiscard]] std::vector<std::string> identity_files() const {
        const auto& names = world.directories;
        return {world.files.content(names.summary_file()), world.files.content(names.key_file()),
                world.files.content(names.chain_file()), world.files.content(names.roots_file())};
    }

    // sets is how many sets of files there are.
    [[nodiscard]] std::size_t sets() const {
        return static_cast<std::size_t>(std::ranges::count_if(world.files.files, [](const auto& file) {
            return file.first.starts_with("/identity/identities/") && file.first.ends_with("/aws.json");
        }));
    }

    World world;
    std::string first;                                    // the id of its certificate
    std::map<ObjectId, std::vector<Bytes>> first_object;  // what the chip holds
    std::vector<std::string> first_files;
    std::string place;
};

}  // namespace trustx::test
