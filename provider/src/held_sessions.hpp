// SPDX-License-Identifier: Apache-2.0
// The session objects of one chip that hold keys of this process. A key that a program made has its object until it is
// freed. One of a handshake is used a few times, and what comes between depends on a peer that may never answer: so it
// is set aside meanwhile (SessionLease::set_aside), and whoever needs a session object after a while takes it, another
// process as well. Then the handshake fails if it goes on after all.
//
// Where the chip keeps the secrets of TLS 1.2, too (tls_secrets.hpp), an ephemeral key leaves its session object to
// what is agreed with it. That is found by the handshake's number then, and has no owner.
#pragma once

#include "outcome.hpp"

#include <trustx/device.hpp>
#include <trustx/key.hpp>
#include <trustx/object_id.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <sys/types.h>

namespace trustx::provider {

class HeldSession;
class HandshakeUse;

// AgreedSecret is how far the secret in a session object is.
struct AgreedSecret {
    PublicKey peer;            // with whom the key in the session object is to agree, until there is a master secret
    int finished_to_come = 0;  // how many Finished messages of the handshake have yet to be derived
};

// HeldSessions may be shared by threads, and takes no lock that a forked child could find taken. It must outlive what
// it gives.
class HeldSessions {
 public:
    explicit HeldSessions(Device& device) : device_{device} {}
    ~HeldSessions();
    HeldSessions(const HeldSessions&) = delete;
    HeldSessions& operator=(const HeldSessions&) = delete;

    // hold keeps a lease until the key of a program is freed. hold_for_handshake sets it aside for that time, and again
    // after each use.
    [[nodiscard]] static std::shared_ptr<const HeldSession> hold(SessionLease lease);
    [[nodiscard]] std::shared_ptr<const HeldSession> hold_for_handshake(SessionLease lease,
                                                                        std::chrono::milliseconds time);

    // use leases what a handshake has again; nothing where somebody else leased it since. Errors: those of
    // LockedDevice::lease_session_again.
    [[nodiscard]] Result<std::optional<HandshakeUse>> use(LockedDevice& device, std::uint64_t number);

    // end_handshake gives back the session object of a secret whose handshake ended before HandshakeUse::rest.
    void end_handshake(std::uint64_t number) noexcept;

    // wait_for_this_thread: a session object is set aside for a handshake of this thread, which cannot go on while it
    // waits.
    [[nodiscard]] bool wait_for_this_thread() const noexcept;

    // take_oldest takes the session object of that handshake of this process which was given one first, if it has not
    // used that for so long. Nothing: there is none. Errors: those of LockedDevice::lease_session_again.
    [[nodiscard]] Result<std::optional<SessionLease>> take_oldest(LockedDevice& device, std::chrono::milliseconds age);

 private:
    friend class HeldSession;
    friend class HandshakeUse;

    // Place is what a handshake of this process had in a session object at last. Others may have leased that since.
    struct Place {
        ObjectId object;
        // 0: nothing. Otherwise whose it is (packed_state in the implementation).
        std::atomic<std::uint64_t> state{0};
        std::atomic<std::uint32_t> lease_number{0};
        std::atomic<std::chrono::steady_clock::time_point> since{};
        std::atomic<const void*> thread{nullptr};  // a mark of the one that began the handshake
        // These are changed by the one that made the state `changing`.
        std::chrono::milliseconds time{0};
        AgreedSecret secret = {};
    };

    // move changes a place from one state to another; false where it is not in that state.
    static bool move(Place& place, std::uint64_t from, std::uint64_t to) noexcept;
    bool give_back(Place& place, std::uint64_t from) noexcept;
    static void set_aside(Place& place, SessionLease lease, std::uint64_t state) noexcept;
    [[nodiscard]] Place& place_of(std::uint64_t number) noexcept;
    // lease_again leases what a place is about, which nobody but the caller has; it frees the place where it cannot.
    [[nodiscard]] Result<std::optional<SessionLease>> lease_again(LockedDevice& device, Place& place);

    Device& device_;
    std::array<Place, 4> places_{{{object::session_1}, {ObjectId{0xE101}}, {ObjectId{0xE102}}, {object::session_4}}};
};

// HandshakeUse is a use of what a handshake has in a session object. Afterwards that is set aside again.
class HandshakeUse {
 public:
    HandshakeUse(HandshakeUse&& other) noexcept;
    HandshakeUse& operator=(HandshakeUse&&) = delete;
    ~HandshakeUse();

    [[nodiscard]] ObjectId object() const { return lease_.object(); }
    [[nodiscard]] AgreedSecret& secret() { return place_->secret; }

    // drop gives the session object back for good. rest sets it aside for no time from now on: what a finished
    // handshake needs no more, but its session may.
    void drop() noexcept;
    void rest() noexcept;

 private:
    friend class HeldSessions;
    HandshakeUse(HeldSessions::Place& place, SessionLease lease, std::uint64_t state) noexcept
        : place_{&place}, lease_{std::move(lease)}, state_{state} {}

    HeldSessions::Place* place_;
    SessionLease lease_;
    std::uint64_t state_;  // to go back to
};

// HeldSession is the session object of one key, given back with the last reference to it at the latest.
class HeldSession {
 public:
    HeldSession(HeldSessions* sessions, std::optional<SessionLease> lease, std::uint64_t number) noexcept;
    HeldSession(const HeldSession&) = delete;
    HeldSession& operator=(const HeldSession&) = delete;
    ~HeldSession();

    // of_handshake: the key is for one agreement.
    [[nodiscard]] bool of_handshake() const noexcept { return sessions_ != nullptr; }

    // check_process refuses the key in a process that was forked since it was made. Error: Reason::session_lost.
    [[nodiscard]] Outcome<void> check_process() const;

    // become_secret leaves the session object of a handshake to what is to be agreed with a peer, and gives its number.
    // Error: Reason::session_lost.
    [[nodiscard]] Outcome<std::uint64_t> become_secret(const PublicKey& peer) const;

 private:
    HeldSessions* sessions_;
    std::optional<SessionLease> lease_;  // of a program's key
    std::uint64_t number_;
    pid_t process_;
};

}  // namespace trustx::provider
