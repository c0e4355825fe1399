// SPDX-License-Identifier: Apache-2.0
// A message for which the broker ends connections, in virtual time: it is found and left out, and no other one is.
#include "session/culprit.hpp"

#include "session_world.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <random>
#include <set>

using namespace std::chrono_literals;
using namespace trustx::mqtt;
using namespace trustx::test;

namespace {

using Ids = std::vector<std::uint64_t>;

// Backlog publishes messages as a spool does: what was lost comes first again.
class Backlog final : public Application {
 public:
    explicit Backlog(std::uint64_t count) {
        for (std::uint64_t id = 1; id <= count; ++id) {
            waiting_.insert(id);
        }
    }

    [[nodiscard]] std::vector<Subscription> subscriptions() const override { return {}; }
    [[nodiscard]] std::optional<OutgoingMessage> next() override {
        if (waiting_.empty()) {
            return std::nullopt;
        }
        const auto id = *waiting_.begin();
        waiting_.erase(waiting_.begin());
        ++in_flight_;
        // The broker knows a message by its payload, since its id is that of the session's ticket.
        return OutgoingMessage{.id = id, .topic = "t", .payload = std::to_string(id)};
    }
    [[nodiscard]] bool repeats_messages() const override { return true; }
    void ended(std::uint64_t id, const PublishOutcome& outcome) override {
        --in_flight_;
        if (outcome.delivered()) {
            delivered.push_back(id);
        } else if (outcome.kind == PublishOutcome::Kind::refused) {
            refused.push_back(id);
        } else {
            waiting_.insert(id);
        }
    }
    [[nodiscard]] std::optional<ExitCode> over() const override {
        const bool all = waiting_.empty() && in_flight_ == 0;
        return all ? std::optional{refused.empty() ? ExitCode::done : ExitCode::refused} : std::nullopt;
    }
    void stop() override {}
    [[nodiscard]] std::string progress() const override { return {}; }

    Ids delivered;
    Ids refused;

 private:
    std::set<std::uint64_t> waiting_;
    std::size_t in_flight_ = 0;
};

// Poison is a broker that ends the connection for these messages, and says why or not.
struct Poison {
    std::set<std::uint64_t> ids;
    std::optional<ReasonCode> reason;
    VirtualPoll::Duration after = 0ms;

    void put_into(SessionWorld& world) const {
        world.broker.taken = [this, &world](const OutgoingMessage& message) -> std::optional<PublishOutcome> {
            if (ids.count(std::stoull(message.payload)) == 0) {
                return PublishOutcome{};
            }
            world.broker.end_after(after, {.cause = "closed", .reason = reason});
            return std::nullopt;
        };
    }
};

Ids all_but(const std::set<std::uint64_t>& left_out, std::uint64_t count) {
    Ids ids;
    for (std::uint64_t id = 1; id <= count; ++id) {
        if (left_out.count(id) == 0) {
            ids.push_back(id);
        }
    }
    return ids;
}

}  // namespace

TEST_CASE("a message for which the broker ends each connection is left out, and does not hold up those behind it",
          "[mqtt][culprit]") {
    const auto ids =
        GENERATE(std::set<std::uint64_t>{1}, std::set<std::uint64_t>{2}, std::set<std::uint64_t>{20},
                 std::set<std::uint64_t>{60}, std::set<std::uint64_t>{7, 8}, std::set<std::uint64_t>{3, 30, 59, 60});
    const auto reason = GENERATE(std::optional<ReasonCode>{}, std::optional{ReasonCode::packet_too_large});
    CAPTURE(*ids.begin(), ids.size(), reason.has_value());
    SessionWorld world;
    const Poison poison{ids, reason};
    poison.put_into(world);
    Backlog backlog{60};
    CHECK(world.run(backlog) == ExitCode::refused);
    CHECK(backlog.refused == Ids{ids.begin(), ids.end()});
    CHECK(backlog.delivered == all_but(ids, 60));
    CHECK(world.observer.last.counters.refused == ids.size());
    const std::size_t for_each = reason ? 2 : Culprit::series + 3;
    CHECK(world.observer.last.counters.connections <= ids.size() * for_each + 1);
}

TEST_CASE("for the only message that is left, no other connection is made where the broker says why",
          "[mqtt][culprit]") {
    SessionWorld world;
    const Poison poison{{2}, ReasonCode::not_authorised};
    poison.put_into(world);
    Backlog backlog{2};
    CHECK(world.run(backlog) == ExitCode::refused);
    CHECK(backlog.refused == Ids{2});
    CHECK(world.observer.last.counters.connections == 1);
}

TEST_CASE("a broker that takes no message at all leaves no message out", "[mqtt][culprit]") {
    SessionWorld world;
    std::set<std::uint64_t> all;
    for (std::uint64_t id = 1; id <= 60; ++id) {
        all.insert(id);
    }
    world.patience.timeout = 24h;
    Backlog backlog{60};
    SECTION("and ends the program where the broker says so, with few uses of the key") {
        const Poison poison{all, ReasonCode::not_authorised};
        poison.put_into(world);
        CHECK(world.run(backlog) == ExitCode::refused);
        CHECK(world.broker.key_uses().size() <= Culprit::too_many + 1);
    }
    SECTION("and is tried again where it does not") {
        const Poison poison{all, std::nullopt};
        poison.put_into(world);
        CHECK(world.run(backlog) == ExitCode::unfinished);
        CHECK(world.broker.key_uses().size() > 100);
        CHECK(most_within(world.broker.key_uses(), 1h) <= 730);
    }
    CHECK(backlog.refused.empty());
    CHECK(backlog.delivered.empty());
}

TEST_CASE("a message is not left out for a connection that falls silent after it", "[mqtt][culprit]") {
    SessionWorld world;
    const Poison poison{{1}, std::nullopt, 90s};
    poison.put_into(world);
    world.patience.timeout = 6h;
    Backlog backlog{2};
    CHECK(world.run(backlog) == ExitCode::unfinished);
    CHECK(world.observer.last.counters.lost > 20);
    CHECK(backlog.refused.empty());
}

TEST_CASE("a network that breaks at messages again and again leaves no message out", "[mqtt][culprit]") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U);
    CAPTURE(seed);
    SessionWorld world;
    std::mt19937 generator{seed};
    std::uniform_real_distribution<double> fraction{0.0, 1.0};
    world.broker.answer = [&]() -> std::optional<Event> {
        if (fraction(generator) < 0.15) {
            return failed(-1);
        }
        return Connected{};
    };
    world.broker.taken = [&](const OutgoingMessage& /*message*/) -> std::optional<PublishOutcome> {
        if (fraction(generator) < 0.25) {
            world.broker.end_after(0ms, {.cause = "lost"});
            return std::nullopt;
        }
        return PublishOutcome{};
    };
    Backlog backlog{3000};
    CHECK(world.run(backlog) == ExitCode::done);
    CHECK(world.observer.last.counters.lost > 500);
    CHECK(backlog.refused.empty());
    CHECK(backlog.delivered == all_but({}, 3000));
}

TEST_CASE("an application that does not repeat messages ends where the broker refuses one", "[mqtt][culprit]") {
    class Once final : public Application {
     public:
        [[nodiscard]] std::vector<Subscription> subscriptions() const override { return {}; }
        [[nodiscard]] std::optional<OutgoingMessage> next() override {
            return OutgoingMessage{.id = ++given, .topic = "t", .payload = {}};
        }
        [[nodiscard]] std::optional<ExitCode> over() const override { return std::nullopt; }
        void stop() override {}
        [[nodiscard]] std::string progress() const override { return {}; }
        std::uint64_t given = 0;
    };
    SessionWorld world;
    world.broker.taken = [&](const OutgoingMessage& /*message*/) -> std::optional<PublishOutcome> {
        world.broker.end_after(0ms, {.cause = "refused", .reason = ReasonCode::not_authorised});
        return std::nullopt;
    };
    Once application;
    CHECK(world.run(application) == ExitCode::refused);
    CHECK(world.observer.last.counters.connections == 1);
}
