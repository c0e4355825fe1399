// SPDX-License-Identifier: Apache-2.0
// The last step: the broker accepts the gateway.
#include "aws/enrolment/certificate_removal.hpp"
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/try.hpp"
#include "connection/backoff.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace trustx::aws {
namespace {

// A broker that does not answer must not use up the time of all attempts.
constexpr std::chrono::seconds one_attempt{30};

// Pauses are how long to wait before each further attempt.
using Pauses = std::function<Duration()>;

// by_backoff is for a gateway that is known: aws-iot.md section 2.1.
Pauses by_backoff(const Broker& broker) {
    return [&broker, backoff = mqtt::Backoff{{}, broker.random}]() mutable -> Duration {
        return backoff.next(broker.clock.now());
    };
}

// by_schedule is for one that is being registered: 2, 4, 8, 16, 30, then 60 s, with jitter (section 7.4).
Pauses by_schedule(const Broker& broker) {
    return [&broker, next = std::chrono::seconds{2}]() mutable -> Duration {
        constexpr std::chrono::seconds longest{60};
        constexpr std::chrono::seconds before_longest{30};
        const auto pause = next;
        next = next >= before_longest ? longest : std::min(2 * next, before_longest);
        return std::chrono::duration_cast<Duration>((0.75 + broker.random() / 2) * pause);
    };
}

// keep_trying makes attempts until one is accepted, one will never be, or the time is up, which is `late`. The first is
// made even without any time.
Result<void> keep_trying(const Broker& broker, const Presented& presented, Pauses pause_after, EnrolmentErrc late) {
    const auto end = Deadline::after(broker.clock, broker.wait);
    for (;;) {
        const auto attempt = Deadline::after(broker.clock, one_attempt);
        TRY(const auto acceptance, broker.mqtt.connect(presented, attempt));
        if (acceptance.answer == Acceptance::Answer::accepted) {
            return {};
        }
        if (acceptance.answer == Acceptance::Answer::never) {
            return fail(EnrolmentErrc::not_connected, acceptance.why);
        }
        const auto pause = pause_after();
        if (end.left(broker.clock) < pause) {
            return fail(late, "the broker " + presented.endpoint.text() + " did not accept " + presented.client_id +
                                  " within " + std::to_string(broker.wait.count()) + " s: " + acceptance.why +
                                  (late == EnrolmentErrc::not_activated
                                       ? "; the authority is not registered there for just-in-time registration, or "
                                         "what makes the certificate active has not run: ask the operator"
                                       : "; a policy takes up to 8 minutes to be in force, so try again then"));
        }
        broker.note("not yet: " + acceptance.why);
        broker.clock.sleep_for(pause);
    }
}

Presented presented_by(const Directories& directories, const Identity& identity) {
    return {.endpoint = identity.endpoint,
            .client_id = identity.thing,
            .certificate_file = directories.chain_file(),
            .key_file = directories.key_file(),
            .ca_file = directories.roots_file()};
}

std::string plan_connection(const Order& order) {
    return "connect to the broker with the key in " + order.slot.hex() + " as " + order.thing +
           " until it accepts that; nothing is published";
}

Result<Identity> written_identity(Run& run) {
    TRY(auto identity, load_identity(run.seams.files, run.directories));
    if (!identity) {
        return fail(EnrolmentErrc::nothing_begun, run.directories.summary_file() +
                                                      " is missing, which this enrolment has written: abandon it, and "
                                                      "begin again");
    }
    return *std::move(identity);
}

Result<void> prove_connection(Run& run) {
    TRY(const auto identity, written_identity(run));
    return connect(run.seams.broker, run.directories, identity);
}

std::string plan_first_connection(const Order& order) {
    return "connect to the broker with the key in " + order.slot.hex() + " as " + order.thing +
           ", which registers the certificate there, again and again until it is active";
}

Result<void> connect_first(Run& run) {
    const auto& broker = run.seams.broker;
    TRY(const auto identity, written_identity(run));
    return keep_trying(broker, presented_by(run.directories, identity), by_schedule(broker),
                       EnrolmentErrc::not_activated);
}

}  // namespace

Result<void> connect(const Broker& broker, const Directories& directories, const Identity& identity) {
    return keep_trying(broker, presented_by(directories, identity), by_backoff(broker), EnrolmentErrc::not_connected);
}

const Step steps::connection{.name = "connection",
                             .place = Place::broker,
                             .plan = plan_connection,
                             .perform = prove_connection,
                             .undo = nullptr};
const Step steps::first_connection{.name = "first-connection",
                                   .place = Place::broker,
                                   .plan = plan_first_connection,
                                   .perform = connect_first,
                                   .undo = remove_certificate};

}  // namespace trustx::aws
