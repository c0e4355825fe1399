// SPDX-License-Identifier: Apache-2.0
// The session objects of one chip that hold keys of this process. A key that a program made has its object until it is
// freed. An ephemeral key of TLS gives its own back after the agreement, and when libssl forgets to (a handshake that
// is broken off, a share that the negotiated version does not use), somebody else's handshake may take it.
//
// Where the chip keeps the secrets of TLS 1.2, too (tls_secrets.hpp), an ephemeral key gives its session object to what
// is agreed with it. That has a number then by which it is found, and no owner.
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
#include <thread>

namespace trustx::provider {

class HeldSession;
class SecretUse;

// AgreedSecret is how far the secret in a session object is.
struct AgreedSecret {
    PublicKey peer;  // with whom the key in the session object is to agree, until there is a master secret
    // How many Finished messages of the handshake have yet to be derived. 0 for a session that is resumed: nobody says
    // when such a handshake breaks off, so it holds nothing between two derivations.
    int finished_to_come = 0;
};

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

    // use_secret finds what is agreed by its number; nothing where it is not here any more. No two threads may use the
    // same secret at one time: whoever does has locked the chip.
    [[nodiscard]] std::optional<SecretUse> use_secret(std::uint64_t number) noexcept;
    [[nodiscard]] bool has_secret(std::uint64_t number) noexcept;

    // end_handshake gives back the session object of a secret whose handshake ended, however far it came.
    void end_handshake(std::uint64_t number) noexcept;

    // A master secret whose session object was given back by SecretUse::rest is remembered, and can be taken back as
    // long as nobody leased the object. take_back says whether it is held now; lease is called with the object and the
    // number of the former lease (Device::lease_session_again).
    template <class Lease>
    [[nodiscard]] Outcome<bool> take_back(std::uint64_t number, Lease lease);

    // wait_for_this_thread: all session objects are those of handshakes of this thread, which cannot go on while it
    // waits.
    [[nodiscard]] bool wait_for_this_thread() const noexcept;

    // evict_older gives back the session objects of secrets that nobody used for so long, and says how many.
    int evict_older(std::chrono::milliseconds age);

    // evict_oldest gives back the session of the handshake that was given one first, if that is at least so long ago,
    // and says which object that was. Its key is lost.
    std::optional<ObjectId> evict_oldest(std::chrono::milliseconds age);

 private:
    friend class HeldSession;
    friend class SecretUse;
    friend class SessionUse;

    struct Place {
        // 0: free. Otherwise who has it (packed_state in the implementation).
        std::atomic<std::uint64_t> state{0};
        std::atomic<std::chrono::steady_clock::time_point> since{};
        std::atomic<const void*> thread{nullptr};  // a mark of the one that took it
        std::optional<SessionLease> lease;  // this and the next are changed by the one that made the state `changing`
        std::optional<AgreedSecret> secret;
    };
    // A master secret that may still be in a session object: which one, packed as the state of a place, and as of which
    // lease.
    struct Rested {
        std::atomic<std::uint64_t> state{0};
        std::atomic<std::uint32_t> lease_number{0};
    };
    // RestedClaim is the right to lease the object again; afterwards nothing rests there.
    struct RestedClaim {
        Rested& entry;
        std::uint64_t claimed;
        explicit RestedClaim(Rested& of) noexcept : entry{of}, claimed{of.state.load()} {}
        RestedClaim(const RestedClaim&) = delete;
        RestedClaim& operator=(const RestedClaim&) = delete;
        ~RestedClaim();
    };

    // move changes a place from one state to another; false where it is not in that state.
    static bool move(Place& place, std::uint64_t from, std::uint64_t to) noexcept;
    static bool give_back(Place& place, std::uint64_t from) noexcept;

    // Keeps a lease in a free place and gives the state that this makes; nothing else has that until it is stored.
    struct Taken {
        Place* place;
        std::uint64_t changing;
    };
    [[nodiscard]] Taken take_place(SessionLease lease, std::uint64_t number);
    [[nodiscard]] Place* find(std::uint64_t number) noexcept;
    [[nodiscard]] Rested& rested(ObjectId object) noexcept;
    // claim_rested takes the right to lease the object again; nothing where there is none. `waits` where another thread
    // has it.
    [[nodiscard]] std::optional<ObjectId> claim_rested(std::uint64_t number, bool& waits) noexcept;
    void hold_again(SessionLease lease, std::uint64_t number);

    std::array<Place, 4> places_{};
    std::array<Rested, 4> rested_{};  // by session object
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

    // leave_to ends it, and the session object is the secret's from now on, in that state.
    void leave_to(const AgreedSecret& agreed, std::uint64_t secret);

    HeldSessions::Place* place_ = nullptr;
    std::uint64_t waiting_ = 0;  // the state to go back to
};

// SecretUse is a use of the secret in a session object.
class SecretUse {
 public:
    SecretUse(SecretUse&& other) noexcept;
    SecretUse& operator=(SecretUse&&) = delete;
    ~SecretUse();

    [[nodiscard]] ObjectId object() const { return place_->lease->object(); }
    [[nodiscard]] AgreedSecret& secret() { return *place_->secret; }

    // drop gives the session object back for good; rest does, too, but the secret may be taken back. Nothing else may
    // be called afterwards.
    void drop() noexcept;
    void rest() noexcept;

 private:
    friend class HeldSessions;
    SecretUse(HeldSessions& sessions, HeldSessions::Place& place, std::uint64_t as_secret) noexcept
        : sessions_{&sessions}, place_{&place}, as_secret_{as_secret} {}

    HeldSessions* sessions_;
    HeldSessions::Place* place_;
    std::uint64_t as_secret_;  // the state to go back to
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

    // of_handshake: the key is for one agreement.
    [[nodiscard]] bool of_handshake() const noexcept;
    // become_secret leaves the session object to what is to be agreed with a peer, and gives its number. Error:
    // Reason::session_lost.
    [[nodiscard]] Outcome<std::uint64_t> become_secret(const PublicKey& peer) const;

 private:
    HeldSessions::Place& place_;
    std::uint64_t state_;
    ObjectId object_;
};

template <class Lease>
Outcome<bool> HeldSessions::take_back(std::uint64_t number, Lease lease) {
    for (bool waits = true; waits;) {
        waits = false;
        if (has_secret(number)) {
            return true;
        }
        const auto object = claim_rested(number, waits);
        if (!object) {
            std::this_thread::yield();
            continue;
        }
        const RestedClaim claim{rested(*object)};
        TRY(auto again, lease(*object, claim.entry.lease_number.load()));
        if (!again) {
            return false;
        }
        hold_again(*std::move(again), number);
        return true;
    }
    return has_secret(number);  // another thread took it back meanwhile
}

}  // namespace trustx::provider
