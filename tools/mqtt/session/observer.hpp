// SPDX-License-Identifier: Apache-2.0
// What a session shows of itself to those who watch over it: a service manager, a file of counters.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace trustx::mqtt {

enum class Phase : std::uint8_t { connecting, connected, waiting, reloading, stopping, ended };

// Counters count since the session began.
struct Counters {
    std::uint64_t attempts = 0;     // to connect
    std::uint64_t connections = 0;  // that the broker accepted
    std::uint64_t key_uses = 0;     // at most: what attempts and probes may have cost
    std::uint64_t lost = 0;         // connections that ended without our doing
    std::uint64_t taken_over = 0;   // of those, by another client with the same id
    std::uint64_t published = 0;    // given to Paho, each time
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;  // messages, by the broker or because it would
    std::uint64_t received = 0;
    std::uint64_t reloads = 0;  // of the credentials

    friend bool operator==(const Counters&, const Counters&) = default;
};

// View is the state of a session at a moment. `text` is for people: "connected to broker.example as 'gateway-1'".
struct View {
    Phase phase = Phase::connecting;
    std::string text;
    std::string progress;  // of the application, for people
    Counters counters;
};

class Observer {
 public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    // look is called in each turn of the session's loop, so it is quick where nothing has changed.
    virtual void look(const View& view, TimePoint now) = 0;
    // looks_at is when it wants to be called at the latest.
    [[nodiscard]] virtual std::optional<TimePoint> looks_at() const { return std::nullopt; }
};

}  // namespace trustx::mqtt
