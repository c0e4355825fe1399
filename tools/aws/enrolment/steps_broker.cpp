// SPDX-License-Identifier: Apache-2.0
// The last step: the broker accepts the gateway.
#include "aws/enrolment/attempts.hpp"
#include "aws/enrolment/certificate_removal.hpp"
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/try.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace trustx::aws {
namespace {

std::string seconds_text(Duration time) {
    return std::to_string(std::chrono::round<std::chrono::seconds>(time).count()) + " s";
}

// time_taken: the last attempt is before the time allowed is up, because of the pause that would follow.
std::string time_taken(const Broker& broker, TimePoint begun) {
    return broker.wait == std::chrono::seconds{0}
               ? " at the one attempt made (--wait)"
               : " within " + seconds_text(broker.clock.now() - begun) + "; the next attempt would be after the " +
                     seconds_text(broker.wait) + " allowed (--wait)";
}

const char* remedy_when(EnrolmentErrc late) {
    return late == EnrolmentErrc::not_activated
               ? "; the authority is not registered there for just-in-time registration, what makes the certificate "
                 "active has not run, or it refuses this chip because it is not in its list: ask the operator; `trustx "
                 "aws doctor` looks "
                 "for the cause"
               : "; a policy takes up to 8 minutes to be in force, so try again then; `trustx aws doctor` looks for "
                 "the "
                 "cause";
}

// prove shows the broker an identity until it is accepted; `late` is the error when the time is up.
Result<void> prove(const Broker& broker, const Presented& presented, Pauses pauses, EnrolmentErrc late) {
    const auto begun = broker.clock.now();
    TRY(const auto last, keep_trying(broker, std::move(pauses),
                                     [&](const Deadline& attempt) { return broker.mqtt.connect(presented, attempt); }));
    switch (last.answer) {
        case Acceptance::Answer::accepted:
            return {};
        case Acceptance::Answer::never:
            return fail(last.fault.value_or(EnrolmentErrc::not_connected), last.why);
        case Acceptance::Answer::later:
            break;
    }
    if (last.fault) {
        return fail(*last.fault, last.why);
    }
    return fail(late, "the broker " + presented.endpoint.text() + " did not accept " + presented.client_id +
                          time_taken(broker, begun) + ": " + last.why + remedy_when(late));
}

std::string plan_connection(const Order& order) {
    return "connect to the broker with the key in " + order.slot.hex() + " as " + order.thing +
           " until it accepts that; nothing is published";
}

Result<Identity> written_identity(Run& run) {
    const auto set = run.directories.set(run.set());
    TRY(auto identity, load_identity(run.seams.files, set));
    if (!identity) {
        return fail(EnrolmentErrc::nothing_begun, set.summary_file() +
                                                      " is missing, which this enrolment has written: abandon it, and "
                                                      "begin again");
    }
    return *std::move(identity);
}

// prove_connection also has another name for the connection where one was looked for.
Result<void> prove_connection(Run& run) {
    const auto& broker = run.seams.broker;
    TRY(const auto identity, written_identity(run));
    auto presented = presented_by(run.directories.set(run.set()), identity);
    if (!run.facts().client_id.empty()) {
        presented.client_id = run.facts().client_id;
    }
    return prove(broker, presented, by_backoff(broker), EnrolmentErrc::not_connected);
}

std::string plan_first_connection(const Order& order) {
    return "connect to the broker with the key in " + order.slot.hex() + " as " + order.thing +
           ", which registers the certificate there, again and again until it is active";
}

Result<void> connect_first(Run& run) {
    const auto& broker = run.seams.broker;
    TRY(const auto identity, written_identity(run));
    run.note("the broker closes first connections, which register the certificate: that is normal until it is active");
    return prove(broker, presented_by(run.directories.set(run.set()), identity), by_schedule(broker),
                 EnrolmentErrc::not_activated);
}

}  // namespace

Presented presented_by(const Directories& directories, const Identity& identity) {
    return {.endpoint = identity.endpoint,
            .client_id = identity.thing,
            .certificate_file = directories.chain_file(),
            .key_file = directories.key_file(),
            .ca_file = directories.roots_file()};
}

Result<void> connect(const Broker& broker, const Directories& directories, const Identity& identity,
                     const std::optional<Journal>& journal) {
    const bool is_first =
        journal && journal->phase == Phase::enrolling && journal->step == steps::first_connection.name;
    const auto presented = presented_by(directories, identity);
    return is_first ? prove(broker, presented, by_schedule(broker), EnrolmentErrc::not_activated)
                    : prove(broker, presented, by_backoff(broker), EnrolmentErrc::not_connected);
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
