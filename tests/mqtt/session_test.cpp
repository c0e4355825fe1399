// SPDX-License-Identifier: Apache-2.0
// The loop that keeps a connection, in virtual time: how often it uses the key over a day whatever network and broker
// do, how fast it publishes, and what happens at one moment.
#include "session_world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <sstream>

#include <fcntl.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

using namespace std::chrono_literals;
using namespace trustx::mqtt;
using namespace trustx::test;
using trustx::UniqueFd;

namespace {

// Burst publishes messages of one size as fast as it may, and is over when all are delivered; none: never.
class Burst final : public Application {
 public:
    Burst(std::size_t count, std::size_t size) : count_{count}, size_{size} {}

    [[nodiscard]] std::vector<Subscription> subscriptions() const override { return {{.filter = "f"}}; }
    [[nodiscard]] std::optional<OutgoingMessage> next() override {
        if (given_ == count_) {
            return std::nullopt;
        }
        return OutgoingMessage{.id = ++given_, .topic = "t", .payload = std::string(size_ - 1, 'x')};
    }
    void ended(std::uint64_t /*id*/, const PublishOutcome& outcome) override {
        ended_ += outcome.delivered() ? 1U : 0U;
    }
    [[nodiscard]] std::optional<ExitCode> over() const override {
        return stopped_ || (count_ > 0 && ended_ == count_) ? std::optional{ExitCode::done} : std::nullopt;
    }
    void stop() override { stopped_ = true; }
    [[nodiscard]] std::string progress() const override { return {}; }

 private:
    std::size_t count_;
    std::size_t size_;
    std::size_t given_ = 0;
    std::size_t ended_ = 0;
    bool stopped_ = false;
};

std::vector<Poll::TimePoint> times_of(const std::vector<FakeBroker::Published>& published) {
    std::vector<Poll::TimePoint> times;
    for (const auto& one : published) {
        times.push_back(one.at);
    }
    return times;
}

// most_bytes_in_a_second is the largest sum of sizes in any second.
std::size_t most_bytes_in_a_second(const std::vector<FakeBroker::Published>& published) {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0, sum = 0; last < published.size(); ++last) {
        sum += published[last].bytes;
        for (; published[last].at - published[first].at >= 1s; ++first) {
            sum -= published[first].bytes;
        }
        most = std::max(most, sum);
    }
    return most;
}

double seconds_taken(const std::vector<FakeBroker::Published>& published) {
    return std::chrono::duration<double>(published.back().at - published.front().at).count();
}

}  // namespace

TEST_CASE("a burst keeps to AWS IoT's hundred messages and 512 KiB in any second, and comes near one of them",
          "[mqtt][session]") {
    const auto size = GENERATE(10U, 1024U, 10U * 1024, 128U * 1024);
    CAPTURE(size);
    SessionWorld world;
    world.aws = true;
    world.max_in_flight = 100;
    Burst burst{600, size};
    REQUIRE(world.run(burst) == ExitCode::done);
    const auto& published = world.broker.published();
    REQUIRE(published.size() == 600);
    CHECK(most_within(times_of(published), 999ms) <= 100);
    CHECK(most_bytes_in_a_second(published) <= std::size_t{512} * 1024 + 1);
    const auto seconds = seconds_taken(published);
    const bool near_one = 600 / seconds > 75 || 600.0 * size / seconds > 330 * 1024;
    CHECK(near_one);
}

TEST_CASE("messages leave several at a time when the rate is kept", "[mqtt][session]") {
    SessionWorld world;
    world.aws = true;
    Burst burst{600, 10};
    REQUIRE(world.run(burst) == ExitCode::done);
    auto times = times_of(world.broker.published());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    CHECK(times.size() <= 600 / 10);
}

TEST_CASE("another broker gets messages as fast as it acknowledges them", "[mqtt][session]") {
    SessionWorld world;
    Burst burst{600, 10};
    REQUIRE(world.run(burst) == ExitCode::done);
    CHECK(most_within(times_of(world.broker.published()), 999ms) > 300);
}

TEST_CASE("the rate is kept over a lost connection", "[mqtt][session]") {
    SessionWorld world;
    world.aws = true;
    world.broker.accepted = [&] { world.broker.end_after(700ms, {.cause = "lost"}); };
    Burst burst{600, 10};
    world.patience.timeout = 60s;
    world.run(burst);
    REQUIRE(world.observer.last.counters.lost > 5);
    CHECK(most_within(times_of(world.broker.published()), 999ms) <= 100);
}

namespace {

// Listener has a descriptor until it is told to stop.
class Listener final : public Application {
 public:
    explicit Listener(int fd) : fd_{fd} {}

    [[nodiscard]] std::vector<Subscription> subscriptions() const override { return {}; }
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool /*connected*/) const override {
        return stopped_ ? std::vector<WatchedFd>{} : std::vector<WatchedFd>{{.fd = fd_, .events = POLLIN}};
    }
    void ready(int /*fd*/, short /*events*/) override { ready_after_stop = ready_after_stop || stopped_; }
    [[nodiscard]] std::optional<ExitCode> over() const override {
        return stopped_ ? std::optional{ExitCode::done} : std::nullopt;
    }
    void stop() override { stopped_ = true; }
    [[nodiscard]] std::string progress() const override { return {}; }

    bool ready_after_stop = false;

 private:
    int fd_;
    bool stopped_ = false;
};

}  // namespace

TEST_CASE("input that is there together with SIGTERM is not given to an application that has closed it",
          "[mqtt][session]") {
    SessionWorld world;
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd input{ends[0]};
    const UniqueFd writer{ends[1]};
    REQUIRE(::write(writer.get(), "x", 1) == 1);
    world.signal(SIGTERM);
    Listener listener{input.get()};
    CHECK(world.run(listener) == ExitCode::done);
    CHECK_FALSE(listener.ready_after_stop);
}

namespace {

// The chip allows one use of its key in five seconds in the long run (chip-objects.md section 9); a burst of ten comes
// out of its credit.
constexpr std::size_t uses_in_an_hour = 720 + 10;

// day runs a session that has nothing to do for a day, and prints what it cost.
std::vector<Poll::TimePoint> day(const std::string& what, SessionWorld& world) {
    world.patience.timeout = 24h;
    Burst nothing{0, 1};
    world.run(nothing);
    const auto& counters = world.observer.last.counters;
    const auto& uses = world.broker.key_uses();
    std::printf("%s: in 24 h %lu attempts, %lu connections, %zu uses of the key, at most %zu in an hour\n",
                what.c_str(), static_cast<unsigned long>(counters.attempts),
                static_cast<unsigned long>(counters.connections), uses.size(), most_within(uses, 1h));
    CHECK(uses.size() > 20);
    CHECK(uses.size() <= counters.key_uses);  // none is forgotten
    return uses;
}

}  // namespace

TEST_CASE("a network that flaps for a day costs no more uses of the key than the chip allows", "[mqtt][session]") {
    const auto [what, draws] =
        GENERATE(table<const char*, bool>({{"flapping network, shortest waits", false}, {"flapping network", true}}));
    SessionWorld world;
    std::mt19937 generator{7};  // NOLINT: the same every time
    std::uniform_real_distribution<double> fraction{0.0, 1.0};
    if (draws) {
        world.random = [&] { return fraction(generator); };
    }
    world.broker.answer = [&]() -> std::optional<Event> {
        const double kind = fraction(generator);
        if (kind < 0.7) {
            return Connected{};
        }
        if (kind < 0.85) {
            world.broker.use_key();  // lost after the client's signature
        }
        return failed(-1);
    };
    world.broker.accepted = [&] {
        const auto life = std::chrono::milliseconds{static_cast<long>(fraction(generator) * 90'000)};
        world.broker.end_after(life, {.cause = "lost"});
    };
    world.probe = [&](const ProbeTarget& target) {
        if (!target.key_file.empty()) {
            world.broker.use_key();
        }
        ProbeResult result;
        result.obstacle = ProbeResult::Obstacle::tcp;
        return result;
    };
    CHECK(most_within(day(what, world), 1h) <= uses_in_an_hour);
}

TEST_CASE("a broker that refuses for a day costs no more uses of the key than the chip allows", "[mqtt][session]") {
    SessionWorld world;
    std::mt19937 generator{7};  // NOLINT: the same every time
    std::uniform_real_distribution<double> fraction{0.0, 1.0};
    const bool draws = GENERATE(false, true);
    if (draws) {
        world.random = [&] { return fraction(generator); };
    }
    world.broker.answer = [&]() -> std::optional<Event> {
        world.broker.use_key();
        return failed(5);
    };
    std::string what = "broker that refuses each connection";
    std::size_t allowed = uses_in_an_hour;
    SECTION("by a CONNACK") {}
    SECTION("without a word") {
        what = "broker that closes before CONNACK";
        world.broker.answer = [&]() -> std::optional<Event> {
            world.broker.use_key();
            return failed(-1);
        };
        world.probe = [&](const ProbeTarget& target) {
            if (!target.key_file.empty()) {
                world.broker.use_key();
            }
            return ProbeResult{};
        };
    }
    SECTION("after it has accepted it") {
        what = "broker that closes after CONNACK";
        world.broker.answer = [] { return Connected{}; };
        world.broker.accepted = [&] { world.broker.end_after(100ms, {.cause = "closed"}); };
    }
    SECTION("because another client has the same id") {
        what = "another client with the same id";
        world.broker.answer = [] { return Connected{}; };
        world.broker.accepted = [&] {
            world.broker.end_after(100ms, {.cause = "taken over", .reason = ReasonCode::session_taken_over});
        };
        allowed = 12;
    }
    CHECK(most_within(day(what + (draws ? "" : ", shortest waits"), world), 1h) <= allowed);
}

TEST_CASE("a session that the broker kept is asked for filters that this process has not been granted",
          "[mqtt][session]") {
    SessionWorld world;
    world.persistent_session = GENERATE(true, false);
    world.broker.answer = [] { return Connected{.session_present = true}; };
    world.broker.accepted = [&] { world.broker.end_after(1s, {.cause = "lost"}); };
    world.patience.timeout = 20s;
    Burst nothing{0, 1};
    world.run(nothing);
    REQUIRE(world.observer.last.counters.connections > 2);
    // Without --persistent-session the session is none of ours, whatever the broker says.
    CHECK(world.broker.asked().size() == (world.persistent_session ? 1 : world.observer.last.counters.connections));
}

TEST_CASE("a session that the broker lost is asked for all filters again", "[mqtt][session]") {
    SessionWorld world;
    world.persistent_session = true;
    world.broker.accepted = [&] { world.broker.end_after(1s, {.cause = "lost"}); };
    world.patience.timeout = 20s;
    Burst nothing{0, 1};
    world.run(nothing);
    CHECK(world.broker.asked().size() == world.observer.last.counters.connections);
}

TEST_CASE("a broker that takes no message at all is left, and tried again later", "[mqtt][session]") {
    SessionWorld world;
    world.broker.answer = [] { return Connected{.receive_maximum = 0}; };
    world.patience.timeout = 60s;
    Burst burst{1, 10};
    CHECK(world.run(burst) == ExitCode::unfinished);
    CHECK(world.broker.published().empty());
    CHECK(world.observer.last.counters.connections > 2);
}

TEST_CASE("a message that is larger than the broker takes is not sent, and costs no connection", "[mqtt][session]") {
    SessionWorld world;
    world.patience.timeout = 10s;
    const std::size_t payload = 1000;
    const std::size_t packet = 1 + 2 + 2 + 1 + 2 + 1 + payload;
    const std::size_t spare = GENERATE(0U, 1U);
    world.broker.answer = [&] {
        Connected event;
        event.maximum_packet = static_cast<std::uint32_t>(packet - spare);
        return event;
    };
    Burst burst{1, payload + 1};
    world.run(burst);
    CHECK(world.broker.published().size() == 1 - spare);
    CHECK(world.observer.last.counters.refused == spare);
    CHECK(world.observer.last.counters.lost == 0);
}

TEST_CASE("an attempt that Paho does not end is given up with the session", "[mqtt][session]") {
    SessionWorld world;
    world.broker.answer = []() -> std::optional<Event> { return std::nullopt; };
    Burst burst{1, 10};
    CHECK(world.run(burst) == ExitCode::connect);
}

TEST_CASE("a broker that ends the connection for a subscription is said to have been asked for it", "[mqtt][session]") {
    SessionWorld world;
    std::ostringstream log;
    const auto former = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("log", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    // Before it answers the SUBSCRIBE.
    world.broker.accepted = [&] {
        world.broker.end_after(1ms, {.cause = "closed", .reason = ReasonCode::not_authorised});
    };
    Burst nothing{0, 1};
    CHECK(world.run(nothing) == ExitCode::refused);
    spdlog::set_default_logger(former);
    CHECK_THAT(log.str(), ContainsSubstring("it was asked for f;"));
}

TEST_CASE("a connection on which the broker breaks the protocol is left with the reason", "[mqtt][session]") {
    SessionWorld world;
    world.patience.timeout = 20s;
    bool first = true;
    world.broker.accepted = [&] {
        if (std::exchange(first, false)) {
            world.events.push(ProtocolBroken{"alias", ReasonCode::topic_alias_invalid});
        }
    };
    Burst nothing{0, 1};
    world.run(nothing);
    CHECK(world.observer.last.counters.connections == 2);
    CHECK(world.broker.goodbyes().front() == ReasonCode::topic_alias_invalid);
}

TEST_CASE("a broker that stops acknowledging is left, and gets its messages again", "[mqtt][session]") {
    SessionWorld world;
    world.broker.taken = [&](const OutgoingMessage& /*message*/) {
        const bool lost = world.observer.last.counters.connections == 1 && world.broker.published().size() > 3;
        return lost ? std::nullopt : std::optional{PublishOutcome{}};
    };
    Burst burst{4, 10};
    const auto start = world.poll.now();
    world.patience.timeout = 1h;
    CHECK(world.run(burst) == ExitCode::unfinished);  // the burst does not send again
    CHECK(world.observer.last.counters.connections == 2);
    CHECK(world.broker.goodbyes().front() == ReasonCode::unspecified);
    CHECK(world.observer.last.counters.lost == 1);
    CHECK(world.poll.now() - start == 1h);
}

TEST_CASE("a broker that acknowledges slowly is not left", "[mqtt][session]") {
    SessionWorld world;
    auto last = world.poll.now();
    world.broker.taken = [&](const OutgoingMessage& message) {
        last = std::max(last, world.poll.now()) + 110s;
        const auto wait = std::chrono::duration_cast<VirtualPoll::Duration>(last - world.poll.now());
        world.poll.after(wait, [&world, id = message.id] { world.events.push(PublishEnded{id, {}}); });
        return std::optional<PublishOutcome>{};
    };
    Burst burst{5, 10};
    CHECK(world.run(burst) == ExitCode::done);
    CHECK(world.observer.last.counters.lost == 0);
}
