// SPDX-License-Identifier: Apache-2.0
#include "held_sessions.hpp"

#include <utility>

#include <unistd.h>

namespace trustx::provider {
namespace {

enum class State : std::uint64_t {
    free = 0,
    changing = 1,  // in the hands of one thread: used, or given back
    kept = 2,      // until its key is freed
    waiting = 3,   // for its agreement; may be evicted
};

// A place's word is a number that is never given twice, the process, and the state. A forked child finds places of
// another process, which are free to it: what its parent leased is its parent's.
constexpr unsigned state_bits = 2;
constexpr unsigned process_bits = 22;  // more than Linux has processes (PID_MAX_LIMIT)

std::uint64_t packed_state(std::uint64_t number, State state) {
    const auto process = static_cast<std::uint64_t>(::getpid());
    return number << (process_bits + state_bits) | process << state_bits | static_cast<std::uint64_t>(state);
}

State state_of(std::uint64_t word) {
    return static_cast<State>(word & ((1U << state_bits) - 1));
}

std::uint64_t number_of(std::uint64_t word) {
    return word >> (process_bits + state_bits);
}

std::uint64_t process_of(std::uint64_t word) {
    return word >> state_bits & ((1U << process_bits) - 1);
}

bool of_this_process(std::uint64_t word) {
    return process_of(word) == static_cast<std::uint64_t>(::getpid());
}

std::uint64_t with(std::uint64_t word, State state) {
    return packed_state(number_of(word), state);
}

}  // namespace

bool HeldSessions::move(Place& place, std::uint64_t from, std::uint64_t to) noexcept {
    return place.state.compare_exchange_strong(from, to);
}

// The place is free before the session object is: whoever leases that object finds a place.
bool HeldSessions::give_back(Place& place, std::uint64_t from) noexcept {
    if (!move(place, from, with(from, State::changing))) {
        return false;
    }
    const std::optional<SessionLease> lease = std::exchange(place.lease, std::nullopt);
    place.state.store(0);
    return true;
}

std::shared_ptr<const HeldSession> HeldSessions::hold(SessionLease lease, KeyOf owner) {
    const auto object = lease.object();
    const auto number = next_number_.fetch_add(1);
    const auto changing = packed_state(number, State::changing);
    const auto held = packed_state(number, owner == KeyOf::program ? State::kept : State::waiting);
    for (;;) {
        for (Place& place : places_) {
            auto seen = place.state.load();
            const bool usable = state_of(seen) == State::free || !of_this_process(seen);
            if (!usable || !place.state.compare_exchange_strong(seen, changing)) {
                continue;
            }
            place.lease.emplace(std::move(lease));
            place.since.store(std::chrono::steady_clock::now());
            auto session = std::make_shared<const HeldSession>(place, held, object);
            place.state.store(held);
            return session;
        }
    }
}

std::optional<ObjectId> HeldSessions::evict_oldest(std::chrono::milliseconds age) {
    Place* oldest = nullptr;
    std::uint64_t state = 0;
    for (Place& place : places_) {
        const auto seen = place.state.load();
        const bool evictable = state_of(seen) == State::waiting && of_this_process(seen) &&
                               std::chrono::steady_clock::now() - place.since.load() >= age;
        if (evictable && (oldest == nullptr || number_of(seen) < number_of(state))) {
            oldest = &place;
            state = seen;
        }
    }
    if (oldest == nullptr || !move(*oldest, state, with(state, State::changing))) {
        return std::nullopt;
    }
    const auto object = oldest->lease->object();
    give_back(*oldest, with(state, State::changing));
    return object;
}

SessionUse::SessionUse(SessionUse&& other) noexcept
    : place_{std::exchange(other.place_, nullptr)}, waiting_{other.waiting_} {}

SessionUse::~SessionUse() {
    if (place_ != nullptr) {
        place_->state.store(waiting_);
    }
}

void SessionUse::agreed() noexcept {
    if (HeldSessions::Place* const place = std::exchange(place_, nullptr)) {
        HeldSessions::give_back(*place, with(waiting_, State::changing));
    }
}

HeldSession::~HeldSession() {
    if (of_this_process(state_)) {
        HeldSessions::give_back(place_, state_);
    }
}

Outcome<SessionUse> HeldSession::use() const {
    const auto key = "use the key in session object " + object_.hex();
    if (!of_this_process(state_)) {
        return fail(Reason::session_lost, key + ", made by process " + std::to_string(process_of(state_)) +
                                              ": it is not inherited by a forked process; make one here");
    }
    if (state_of(state_) == State::kept) {
        return SessionUse{};
    }
    if (!HeldSessions::move(place_, state_, with(state_, State::changing))) {
        return fail(Reason::session_lost,
                    key +
                        ": an ephemeral key is used once, and was, or another handshake took the session object "
                        "because none of the four was free; begin a new handshake");
    }
    return SessionUse{place_, state_};
}

}  // namespace trustx::provider
