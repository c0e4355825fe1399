// SPDX-License-Identifier: Apache-2.0
// The session objects of one chip that hold keys of this process. A key that a program made has its object until it is
// freed. An ephemeral key of TLS gives its own back after the agreement, and when libssl forgets to (a handshake that
// is broken off, a share that the negotiated version does not use), somebody else's handshake may take it.
#pragma once

#include "outcome.hpp"

#include <trustx/device.hpp>
#include <trustx/object_id.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace trustx::provider {

class HeldSession;

// HeldSessions may be shared by threads, and takes no lock that a forked child could find taken. It must outlive what
// it gives.
class HeldSessions {
 public:
    enum class KeyOf : std::uint8_t { program, handshake };

    HeldSessions() = default;
    HeldSessions(const HeldSessions&) = delete;
    HeldSessions& operator=(const HeldSessions&) = delete;

    // hold keeps a lease for a key. There are as many places as session objects.
    [[nodiscard]] std::shared_ptr<const HeldSession> hold(SessionLease lease, KeyOf owner);

    // evict_oldest gives back the session of the handshake that was given one first, if that is at least so long ago,
    // and says which object that was. Its key is lost.
    std::optional<ObjectId> evict_oldest(std::chrono::milliseconds age);

 private:
    friend class HeldSession;
    friend class SessionUse;

    struct Place {
        // 0: free. Otherwise who has it (packed_state in the implementation).
        std::atomic<std::uint64_t> state{0};
        std::atomic<std::chrono::steady_clock::time_point> since{};
        std::optional<SessionLease> lease;  // changed by the one that made the state `changing`
    };

    // move changes a place from one state to another; false where it is not in that state.
    static bool move(Place& place, std::uint64_t from, std::uint64_t to) noexcept;
    static bool give_back(Place& place, std::uint64_t from) noexcept;

    std::array<Place, 4> places_{};
    std::atomic<std::uint64_t> next_number_{1};
};

// SessionUse is a use of the key in a session object: meanwhile nobody evicts it. Empty for a key in a key slot.
class SessionUse {
 public:
    SessionUse() = default;
    SessionUse(SessionUse&& other) noexcept;
    SessionUse& operator=(SessionUse&&) = delete;
    ~SessionUse();

    // agreed ends it after a key agreement, for which an ephemeral key was made: its session object is given back.
    void agreed() noexcept;

 private:
    friend class HeldSession;
    SessionUse(HeldSessions::Place& place, std::uint64_t waiting) noexcept : place_{&place}, waiting_{waiting} {}

    HeldSessions::Place* place_ = nullptr;
    std::uint64_t waiting_ = 0;  // the state to go back to
};

// HeldSession is one session object, given back with the last reference to it at the latest.
class HeldSession {
 public:
    HeldSession(HeldSessions::Place& place, std::uint64_t state, ObjectId object) noexcept
        : place_{place}, state_{state}, object_{object} {}
    HeldSession(const HeldSession&) = delete;
    HeldSession& operator=(const HeldSession&) = delete;
    ~HeldSession();

    // use may begin in the process that made the key. Error: Reason::session_lost.
    [[nodiscard]] Outcome<SessionUse> use() const;

 private:
    HeldSessions::Place& place_;
    std::uint64_t state_;
    ObjectId object_;
};

}  // namespace trustx::provider
