// SPDX-License-Identifier: Apache-2.0
#include "held_sessions.hpp"

#include "common/try.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

namespace trustx::provider {
namespace {

enum class State : std::uint64_t {
    none = 0,
    changing = 1,  // in the hands of one thread: used, or given back
    key = 2,       // waits for its agreement
    secret = 3,    // of what is agreed
    session = 4,   // the same, when the handshake has all that it needs
};

// A place's word is a number that is never given twice, the process, and the state. A forked child finds places of
// another process, which are free to it: what its parent leased is its parent's.
constexpr unsigned state_bits = 3;
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

bool of_this_process(std::uint64_t word) {
    return (word >> state_bits & ((1U << process_bits) - 1)) == static_cast<std::uint64_t>(::getpid());
}

std::uint64_t with(std::uint64_t word, State state) {
    return packed_state(number_of(word), state);
}

// One for each thread, so that its address tells threads apart.
constinit thread_local char mark_of_this_thread = 0;

bool waits_for_a_peer(std::uint64_t word) {
    return (state_of(word) == State::key || state_of(word) == State::secret) && of_this_process(word);
}

// The numbers of all chips and library contexts are different ones, and a forked child goes on behind its parent's.
std::uint64_t new_number() {
    static std::atomic<std::uint64_t> next{1};
    return next.fetch_add(1);
}

}  // namespace

HeldSessions::~HeldSessions() {
    for (Place& place : places_) {
        if (const auto seen = place.state.load(); waits_for_a_peer(seen)) {
            give_back(place, seen);
        }
    }
}

bool HeldSessions::move(Place& place, std::uint64_t from, std::uint64_t to) noexcept {
    return place.state.compare_exchange_strong(from, to);
}

bool HeldSessions::give_back(Place& place, std::uint64_t from) noexcept {
    if (!move(place, from, with(from, State::changing))) {
        return false;
    }
    device_.stop_setting_aside(place.object, place.lease_number.load());
    place.state.store(0);
    return true;
}

// The caller made the state `changing`.
void HeldSessions::set_aside(Place& place, SessionLease lease, std::uint64_t state) noexcept {
    place.lease_number.store(lease.number());
    place.since.store(std::chrono::steady_clock::now());
    std::move(lease).set_aside(place.time);
    place.state.store(state);
}

std::shared_ptr<const HeldSession> HeldSessions::hold(SessionLease lease) {
    return std::make_shared<const HeldSession>(nullptr, std::move(lease), 0);
}

// What the place is left from has lost the session object, or does not want it any more.
std::shared_ptr<const HeldSession> HeldSessions::hold_for_handshake(SessionLease lease,
                                                                    std::chrono::milliseconds time) {
    const auto number = new_number();
    auto session = std::make_shared<const HeldSession>(this, std::nullopt, number);
    Place& place = places_.at(static_cast<std::size_t>(lease.object().value - object::session_1.value));
    // Another thread that has the place notices that it lost the object, and leaves the place.
    for (auto seen = place.state.load();;) {
        const bool in_use = state_of(seen) == State::changing && of_this_process(seen);
        if (!in_use && place.state.compare_exchange_weak(seen, packed_state(number, State::changing))) {
            break;
        }
        std::this_thread::yield();
        seen = place.state.load();
    }
    place.secret = {};
    place.time = time;
    place.thread.store(&mark_of_this_thread);
    set_aside(place, std::move(lease), packed_state(number, State::key));
    return session;
}

// A number that no place has is that of none.
HeldSessions::Place& HeldSessions::place_of(std::uint64_t number) noexcept {
    const auto found =
        std::ranges::find_if(places_, [&](const Place& place) { return number_of(place.state.load()) == number; });
    return found == places_.end() ? places_.front() : *found;
}

Result<std::optional<HandshakeUse>> HeldSessions::use(LockedDevice& device, std::uint64_t number) {
    Place& place = place_of(number);
    const auto seen = place.state.load();
    const bool has_secret = state_of(seen) == State::secret || state_of(seen) == State::session;
    const bool found = has_secret && seen == packed_state(number, state_of(seen));
    if (!found || !move(place, seen, with(seen, State::changing))) {
        return std::nullopt;
    }
    TRY(auto lease, lease_again(device, place));
    if (!lease) {
        return std::nullopt;
    }
    return HandshakeUse{place, *std::move(lease), seen};
}

Result<std::optional<SessionLease>> HeldSessions::lease_again(LockedDevice& device, Place& place) {
    // Whatever comes: an exception as well.
    class Freed {
     public:
        Freed(HeldSessions& sessions, Place& place) : sessions_{sessions}, place_{place} {}
        Freed(const Freed&) = delete;
        Freed& operator=(const Freed&) = delete;
        ~Freed() {
            if (frees) {
                sessions_.device_.stop_setting_aside(place_.object, place_.lease_number.load());
                place_.state.store(0);
            }
        }
        bool frees = true;

     private:
        HeldSessions& sessions_;
        Place& place_;
    } freed{*this, place};
    auto lease = device.lease_session_again(place.object, place.lease_number.load());
    freed.frees = !lease || !*lease;
    return lease;
}

void HeldSessions::end_handshake(std::uint64_t number) noexcept {
    give_back(place_of(number), packed_state(number, State::secret));
}

bool HeldSessions::wait_for_this_thread() const noexcept {
    return std::ranges::any_of(places_, [&](const Place& place) {
        return waits_for_a_peer(place.state.load()) && place.thread.load() == &mark_of_this_thread &&
               device_.is_set_aside(place.object, place.lease_number.load());
    });
}

Result<std::optional<SessionLease>> HeldSessions::take_oldest(LockedDevice& device, std::chrono::milliseconds age) {
    Place* oldest = nullptr;
    std::uint64_t state = 0;
    for (Place& place : places_) {
        const auto seen = place.state.load();
        const bool old = waits_for_a_peer(seen) && std::chrono::steady_clock::now() - place.since.load() >= age &&
                         device_.is_set_aside(place.object, place.lease_number.load());
        if (old && (oldest == nullptr || number_of(seen) < number_of(state))) {
            oldest = &place;
            state = seen;
        }
    }
    if (oldest == nullptr || !move(*oldest, state, with(state, State::changing))) {
        return std::nullopt;
    }
    auto lease = lease_again(device, *oldest);
    if (lease && *lease) {
        oldest->state.store(0);
    }
    return lease;
}

HandshakeUse::HandshakeUse(HandshakeUse&& other) noexcept
    : place_{std::exchange(other.place_, nullptr)}, lease_{std::move(other.lease_)}, state_{other.state_} {}

HandshakeUse::~HandshakeUse() {
    if (place_ != nullptr) {
        HeldSessions::set_aside(*place_, std::move(lease_), state_);
    }
}

void HandshakeUse::rest() noexcept {
    state_ = with(state_, State::session);
    place_->time = std::chrono::milliseconds::zero();
}

// The place is free before the session object is: whoever leases that has the place at once.
void HandshakeUse::drop() noexcept {
    const SessionLease ended{std::move(lease_)};
    std::exchange(place_, nullptr)->state.store(0);
}

HeldSession::HeldSession(HeldSessions* sessions, std::optional<SessionLease> lease, std::uint64_t number) noexcept
    : sessions_{sessions}, lease_{std::move(lease)}, number_{number}, process_{::getpid()} {}

HeldSession::~HeldSession() {
    if (of_handshake()) {
        sessions_->give_back(sessions_->place_of(number_), packed_state(number_, State::key));
    }
}

Outcome<void> HeldSession::check_process() const {
    if (process_ != ::getpid()) {
        return fail(Reason::session_lost, "use a key in a session object, made by process " + std::to_string(process_) +
                                              ": it is not inherited by a forked process; make one here");
    }
    return {};
}

Outcome<std::uint64_t> HeldSession::become_secret(const PublicKey& peer) const {
    TRYV(check_process());
    auto& place = sessions_->place_of(number_);
    const auto key = packed_state(number_, State::key);
    AgreedSecret agreed{.peer = peer};  // before the place is taken: it needs memory
    if (!HeldSessions::move(place, key, with(key, State::changing))) {
        return fail(Reason::session_lost,
                    "use an ephemeral key in a session object: it is used once, and was, or another handshake took the "
                    "session object because none of the four was free; begin a new handshake");
    }
    place.secret = std::move(agreed);
    place.state.store(with(key, State::secret));
    return number_;
}

}  // namespace trustx::provider
