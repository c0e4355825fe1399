// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/attempts.hpp"

#include "common/try.hpp"
#include "connection/backoff.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace trustx::aws {

Pauses by_backoff(const Broker& broker) {
    return [&broker, backoff = mqtt::Backoff{{}, broker.random}]() mutable -> Duration {
        return backoff.next(broker.clock.now());
    };
}

Pauses by_schedule(const Broker& broker) {
    return [&broker, next = std::chrono::seconds{2}]() mutable -> Duration {
        constexpr std::chrono::seconds longest{60};
        constexpr std::chrono::seconds before_longest{30};
        const auto pause = next;
        next = next >= before_longest ? longest : std::min(2 * next, before_longest);
        return std::chrono::duration_cast<Duration>((0.75 + broker.random() / 2) * pause);
    };
}

Result<Acceptance> keep_trying(const Broker& broker, Pauses pause_after, const TryOnce& attempt) {
    const auto end = Deadline::after(broker.clock, broker.wait);
    std::string told;
    for (;;) {
        TRY(auto acceptance, attempt(Deadline::after(broker.clock, broker.attempt)));
        if (acceptance.answer != Acceptance::Answer::later) {
            return acceptance;
        }
        const auto pause = pause_after();
        if (end.left(broker.clock) < pause) {
            return acceptance;
        }
        if (acceptance.why != told) {
            broker.note("not yet, trying again: " + acceptance.why);
            told = acceptance.why;
        }
        broker.clock.sleep_for(pause);
    }
}

}  // namespace trustx::aws
