// SPDX-License-Identifier: Apache-2.0
// Enrolment: from a chip without identity to one with which a broker accepts this gateway, by a sequence of steps that
// can be interrupted anywhere and resumed. Errors are those of the steps; the journal then tells how far it is, and
// nothing is lost.
#pragma once

#include "aws/enrolment/journal.hpp"
#include "aws/enrolment/run.hpp"
#include "aws/identity/identity.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::aws {

// PlannedStep is a line of a plan.
struct PlannedStep {
    std::string name;
    std::string where;  // "chip", "cloud", "files", "broker"; empty: it only looks
    std::string what;
};

// plan says what enroll would do. It needs neither chip nor cloud, and changes nothing.
std::vector<PlannedStep> plan(const Order& order);

// State is how far an enrolment is.
struct State {
    std::optional<Journal> journal;    // the last enrolment, finished or not
    std::optional<Identity> identity;  // what services use
};

// read_state looks at the files alone. InputErrc::malformed, InputErrc::unreadable.
Result<State> read_state(files::FileStore& files, const Directories& directories);

class Enrolment {
 public:
    // What the seams refer to must outlive it.
    explicit Enrolment(Seams seams, Directories directories) : seams_{std::move(seams)}, directories_{directories} {}

    // begin begins what the order says, and carries it to its end: an enrolment or a rotation to where the broker has
    // accepted the gateway. EnrolmentErrc::unfinished: another one has not ended; EnrolmentErrc::not_connected: all of
    // an enrolment is done but that. A rotation that fails is taken back, as long as there is a way back and nobody
    // else has a part in it: the identity in use stays what it was. until names the step before which it stops; empty:
    // none.
    Result<void> begin(const Order& order, std::string_view until = {});
    Result<void> enroll(const Order& order, std::string_view until = {}) { return begin(order, until); }

    // resume carries on where an enrolment was interrupted. EnrolmentErrc::nothing_begun, EnrolmentErrc::other_chip.
    Result<void> resume(std::string_view until = {});

    // abandon takes back what an enrolment that has not ended did in the cloud, in the chip and in files; the key
    // stays. It can be interrupted and repeated. EnrolmentErrc::nothing_begun, EnrolmentErrc::enrolled_already,
    // EnrolmentErrc::no_way_back.
    Result<void> abandon();

 private:
    Result<Run> taken_up(const JournalFile& file);

    Seams seams_;
    Directories directories_;
};

// past_return says whether a step was begun that cannot be taken back: then nothing of it can be abandoned.
bool past_return(const Journal& journal);

// presented_by is what a gateway shows the broker: its files.
Presented presented_by(const Directories& directories, const Identity& identity);

// connect proves the identity in the files: attempts until the broker accepts it or the time is up. The journal says
// whether its first connection is still to come, where it can be read. EnrolmentErrc::not_connected, not_activated,
// no_network and broker_untrusted; pki::PkiErrc::clock_wrong; InputErrc::chip_failed and key_mismatch.
Result<void> connect(const Broker& broker, const Directories& directories, const Identity& identity,
                     const std::optional<Journal>& journal);

// conclude ends an enrolment that waits for nothing but such a connection, which has been made. Without one, or where
// the journal is not for this user's eyes, it does nothing. Errors: those of writing the journal.
Result<void> conclude(files::FileStore& store, const Directories& directories);

}  // namespace trustx::aws
