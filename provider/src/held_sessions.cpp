// SPDX-License-Identifier: Apache-2.0
#include "held_sessions.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace trustx::provider {
namespace {

enum class State : std::uint64_t {
    free = 0,
    changing = 1,  // in the hands of one thread: used, or given back
    kept = 2,      // until its key is freed
    waiting = 3,   // for its agreement; may be evicted
    secret = 4,    // of what is agreed; may be evicted
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

std::uint64_t process_of(std::uint64_t word) {
    return word >> state_bits & ((1U << process_bits) - 1);
}

bool of_this_process(std::uint64_t word) {
    return process_of(word) == static_cast<std::uint64_t>(::getpid());
}

std::uint64_t with(std::uint64_t word, State state) {
    return packed_state(number_of(word), state);
}

// One for each thread, so that its address tells threads apart.
constinit thread_local char mark_of_this_thread = 0;

bool is_of_handshake(std::uint64_t word) {
    return state_of(word) == State::waiting || state_of(word) == State::secret;
}

// The numbers of all chips and library contexts are different ones, and a forked child goes on behind its parent's.
std::uint64_t new_number() {
    static std::atomic<std::uint64_t> next{1};
    return next.fetch_add(1);
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
    place.secret.reset();
    place.state.store(0);
    return true;
}

HeldSessions::Taken HeldSessions::take_place(SessionLease lease, std::uint64_t number) {
    const auto changing = packed_state(number, State::changing);
    for (;;) {
        for (Place& place : places_) {
            auto seen = place.state.load();
            const bool usable = state_of(seen) == State::free || !of_this_process(seen);
            if (!usable || !place.state.compare_exchange_strong(seen, changing)) {
                continue;
            }
            place.lease.emplace(std::move(lease));
            place.secret.reset();
            place.since.store(std::chrono::steady_clock::now());
            place.thread.store(&mark_of_this_thread);
            return {.place = &place, .changing = changing};
        }
    }
}

std::shared_ptr<const HeldSession> HeldSessions::hold(SessionLease lease, KeyOf owner) {
    const auto object = lease.object();
    const auto taken = take_place(std::move(lease), new_number());
    const auto held = with(taken.changing, owner == KeyOf::program ? State::kept : State::waiting);
    auto session = std::make_shared<const HeldSession>(*taken.place, held, object);
    taken.place->state.store(held);
    return session;
}

void HeldSessions::hold_again(SessionLease lease, std::uint64_t number) {
    const auto taken = take_place(std::move(lease), number);
    taken.place->secret = AgreedSecret{};
    taken.place->state.store(with(taken.changing, State::secret));
}

HeldSessions::Place* HeldSessions::find(std::uint64_t number) noexcept {
    const auto has_it = [number](const Place& place) {
        const auto seen = place.state.load();
        return state_of(seen) != State::free && number_of(seen) == number && of_this_process(seen);
    };
    const auto found = std::ranges::find_if(places_, has_it);
    return found == places_.end() ? nullptr : &*found;
}

bool HeldSessions::has_secret(std::uint64_t number) noexcept {
    return find(number) != nullptr;
}

std::optional<SecretUse> HeldSessions::use_secret(std::uint64_t number) noexcept {
    Place* const place = find(number);
    const auto secret = packed_state(number, State::secret);
    if (place == nullptr || !move(*place, secret, with(secret, State::changing))) {
        return std::nullopt;
    }
    return SecretUse{*this, *place, secret};
}

void HeldSessions::end_handshake(std::uint64_t number) noexcept {
    if (auto use = use_secret(number)) {
        use->drop();
    }
}

HeldSessions::Rested& HeldSessions::rested(ObjectId object) noexcept {
    return rested_.at(static_cast<std::size_t>(object.value - object::session_1.value));
}

// Another may rest there by now.
HeldSessions::RestedClaim::~RestedClaim() {
    auto mine = claimed;
    entry.state.compare_exchange_strong(mine, 0);
}

std::optional<ObjectId> HeldSessions::claim_rested(std::uint64_t number, bool& waits) noexcept {
    const auto resting = packed_state(number, State::secret);
    for (auto object = object::session_1; object <= object::session_4; ++object.value) {
        auto seen = resting;
        if (rested(object).state.compare_exchange_strong(seen, with(resting, State::changing))) {
            return object;
        }
        waits = waits || seen == with(resting, State::changing);
    }
    return std::nullopt;
}

bool HeldSessions::wait_for_this_thread() const noexcept {
    return std::ranges::all_of(places_, [](const Place& place) {
        const auto seen = place.state.load();
        return is_of_handshake(seen) && of_this_process(seen) && place.thread.load() == &mark_of_this_thread;
    });
}

int HeldSessions::evict_older(std::chrono::milliseconds age) {
    int evicted = 0;
    for (Place& place : places_) {
        const auto seen = place.state.load();
        const bool old = state_of(seen) == State::secret && of_this_process(seen) &&
                         std::chrono::steady_clock::now() - place.since.load() >= age;
        if (old && give_back(place, seen)) {
            ++evicted;
        }
    }
    return evicted;
}

std::optional<ObjectId> HeldSessions::evict_oldest(std::chrono::milliseconds age) {
    Place* oldest = nullptr;
    std::uint64_t state = 0;
    for (Place& place : places_) {
        const auto seen = place.state.load();
        const bool evictable = is_of_handshake(seen) && of_this_process(seen) &&
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

void SessionUse::leave_to(const AgreedSecret& agreed, std::uint64_t secret) {
    place_->secret = agreed;
    HeldSessions::Place* const place = std::exchange(place_, nullptr);
    place->since.store(std::chrono::steady_clock::now());
    place->state.store(secret);
}

SecretUse::SecretUse(SecretUse&& other) noexcept
    : sessions_{other.sessions_}, place_{std::exchange(other.place_, nullptr)}, as_secret_{other.as_secret_} {}

SecretUse::~SecretUse() {
    if (place_ != nullptr) {
        place_->since.store(std::chrono::steady_clock::now());
        place_->state.store(as_secret_);
    }
}

void SecretUse::drop() noexcept {
    HeldSessions::give_back(*std::exchange(place_, nullptr), with(as_secret_, State::changing));
}

// Whoever wants the secret waits until the object is free, and leases it then. By then another may rest there.
void SecretUse::rest() noexcept {
    auto& entry = sessions_->rested(object());
    auto changing = with(as_secret_, State::changing);
    entry.lease_number.store(place_->lease->number());
    entry.state.store(changing);
    drop();
    entry.state.compare_exchange_strong(changing, as_secret_);
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

bool HeldSession::of_handshake() const noexcept {
    return state_of(state_) == State::waiting;
}

Outcome<std::uint64_t> HeldSession::become_secret(const PublicKey& peer) const {
    TRY(auto use, this->use());
    const auto secret = packed_state(new_number(), State::secret);
    use.leave_to({.peer = peer}, secret);
    return number_of(secret);
}

}  // namespace trustx::provider
