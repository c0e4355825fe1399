// SPDX-License-Identifier: Apache-2.0
// The fields that the journal gets, of a session in virtual time.
#include "service/journal.hpp"

#include "session_world.hpp"
#include "support/catch.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

using namespace std::chrono_literals;
using namespace trustx::mqtt;
using namespace trustx::test;

namespace {

class Idle final : public Application {
 public:
    [[nodiscard]] std::vector<Subscription> subscriptions() const override { return {}; }
    [[nodiscard]] std::optional<ExitCode> over() const override { return std::nullopt; }
    void stop() override {}
    [[nodiscard]] std::string progress() const override { return {}; }
};

bool has(const JournalFields& fields, const std::string& field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
}

// journal_of is what ten minutes of a session give to the journal.
std::vector<JournalFields> journal_of(SessionWorld& world) {
    std::vector<JournalFields> entries;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "trustx-mqtt", journal_sink([&](const JournalFields& fields) { entries.push_back(fields); })));
    world.patience.timeout = 10min;
    Idle idle;
    world.run(idle);
    spdlog::set_default_logger(before);
    return entries;
}

// entry_of is the first entry of an incident.
JournalFields entry_of(const std::vector<JournalFields>& entries, Incident::Kind kind) {
    const auto found = std::find_if(entries.begin(), entries.end(), [kind](const JournalFields& fields) {
        return has(fields, std::string{"MESSAGE_ID="} + message_id(kind));
    });
    REQUIRE(found != entries.end());
    return *found;
}

}  // namespace

TEST_CASE("the journal gets a connection and its end by another client with their fields", "[mqtt][journal]") {
    SessionWorld world;
    world.broker.accepted = [&] {
        world.broker.end_after(1s, {.cause = "taken over\n", .reason = ReasonCode::session_taken_over});
    };
    const auto entries = journal_of(world);
    const auto connected = entry_of(entries, Incident::Kind::connected);
    CHECK(has(connected, "MESSAGE=connected to broker.example port 8883 as 'gateway'"));
    CHECK(has(connected, "PRIORITY=6"));
    CHECK(has(connected, "SYSLOG_IDENTIFIER=trustx-mqtt"));
    CHECK(has(connected, "TRUSTX_ENDPOINT=broker.example:8883"));
    CHECK(has(connected, "TRUSTX_CLIENT_ID=gateway"));
    CHECK(has(connected, "TRUSTX_KEY_USES=1"));
    const auto taken_over = entry_of(entries, Incident::Kind::taken_over);
    CHECK(has(taken_over, "PRIORITY=3"));
    CHECK(has(taken_over, "TRUSTX_REASON_CODE=0x8E"));
    CHECK(taken_over.front().find('\n') == std::string::npos);
}

TEST_CASE("the journal tells refusals, failed attempts and lost connections apart", "[mqtt][journal]") {
    SessionWorld world;
    int attempts = 0;
    world.broker.answer = [&]() -> std::optional<Event> {
        switch (++attempts) {
            case 1:
                return failed(5);
            case 2:
                return failed(-1);
            default:
                return Connected{};
        }
    };
    world.broker.accepted = [&] { world.broker.end_after(1s, {.cause = "lost"}); };
    const auto entries = journal_of(world);
    CHECK(has(entry_of(entries, Incident::Kind::refused), "PRIORITY=3"));
    CHECK(has(entry_of(entries, Incident::Kind::attempt_failed), "PRIORITY=3"));
    const auto lost = entry_of(entries, Incident::Kind::lost);
    CHECK(has(lost, "PRIORITY=4"));
    CHECK(std::none_of(lost.begin(), lost.end(), [](const auto& field) { return field.starts_with("TRUSTX_REASON"); }));
}

TEST_CASE("a message that is no incident has its words and its priority", "[mqtt][journal]") {
    SessionWorld world;
    const auto entries = journal_of(world);
    const auto last = entries.back();
    CHECK(last == JournalFields{"MESSAGE=gave up after 600 s: ", "PRIORITY=3", "SYSLOG_IDENTIFIER=trustx-mqtt"});
}
