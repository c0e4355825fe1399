// SPDX-License-Identifier: Apache-2.0
// The chips that hold keys. Nothing here touches a bus before an operation needs the chip: a Chip is made when a
// key or a URI first uses it, and trustx::Device attaches with the first command.
#pragma once

#include "held_sessions.hpp"
#include "outcome.hpp"
#include "security_watch.hpp"
#include "settings.hpp"

#include <trustx/commands.hpp>
#include <trustx/device.hpp>
#include <trustx/key_reference.hpp>
#include <trustx/uid.hpp>

#include <atomic>
#include <chrono>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace trustx::provider {

// KeyRequest describes a key pair to be made in the chip.
struct KeyRequest {
    ObjectId slot;
    Curve curve = Curve::p256;
    KeyUsage usage = KeyUsage::authentication | KeyUsage::sign;
    bool force = false;  // destroy a key that is there
    std::string device;
    std::string label;
};

// SessionKey is a key pair in a session object: for as long as that is held, no other thread or process puts another
// one there.
struct SessionKey {
    KeyReference reference;
    std::shared_ptr<const HeldSession> session;
};

// Chip is one device of the settings. Threads may share it; each operation locks the device for its own commands.
class Chip {
 public:
    // command_timeout is the device's.
    Chip(std::string name, std::unique_ptr<Device> device, std::chrono::milliseconds command_timeout);

    // name is that of the settings' device section; empty for the default device.
    [[nodiscard]] const std::string& name() const { return name_; }

    // sign uses the private key once. That it was the right key of the right chip is for the caller to find out: by
    // verifying the signature, which proves both, or by expect() beforehand.
    [[nodiscard]] Outcome<Signature> sign(const KeyReference& reference, ByteView digest);

    // agree computes the shared secret with a peer: a private key use, after expect(), since nothing proves a secret.
    [[nodiscard]] Outcome<SecretBytes> agree(const KeyReference& reference, const PublicKey& peer);

    // verify has the chip verify a signature over a digest with the certificate in an object. false: it does not fit
    // that certificate's key. Error: the chip cannot verify with what is in the object, or did not answer.
    [[nodiscard]] Outcome<bool> verify(ObjectId certificate, ByteView digest, const Signature& signature);

    // expect compares the chip's UID with the one that the reference names, if it names one. Errors: Reason of
    // Errc::wrong_chip; those of reading it.
    [[nodiscard]] Outcome<void> expect(const KeyReference& reference);

    // explain is for a use that failed: it reads the UID again. Error: Reason of Errc::wrong_chip where that is the
    // reason, no other.
    [[nodiscard]] Outcome<void> explain(const KeyReference& reference);

    // generate makes a key pair; Reason::slot_used unless the slot is free or request.force.
    [[nodiscard]] Outcome<KeyReference> generate(const KeyRequest& request);

    // uid is read once and remembered until the link fails.
    [[nodiscard]] Outcome<Uid> uid();

    // generate_session makes a key in a session object of the chip. It waits for one as long as for the chip.
    [[nodiscard]] Outcome<SessionKey> generate_session(const KeyRequest& request);

    // generate_ephemeral makes a key for one key agreement in a session object. A handshake that has not used its
    // object for half of the time loses it to whoever waits for one, in whatever process. Where one waits for this
    // thread, that waits for nobody: with a fallback not at all, without one a tenth of a second, and then it takes
    // that of the oldest of the process. Nothing: none became free.
    [[nodiscard]] Outcome<std::optional<SessionKey>> generate_ephemeral(Curve curve, std::chrono::milliseconds patience,
                                                                        bool has_fallback);

    // What follows is for the secrets of TLS 1.2 that stay in session objects (tls_secrets.hpp), by their numbers. Each
    // locks the chip once. Errors: Reason::session_lost; those of the chip.
    //
    // export_agreed computes what an ephemeral key and its peer agree on, and gives the session object back. Where no
    // secrets stay in the chip that is the whole use of the key.
    [[nodiscard]] Outcome<SecretBytes> export_agreed(std::uint64_t number);
    // make_master has the chip agree and put the master secret in the place of the key. label_and_seed as in RFC 5246
    // section 8.1 or RFC 7627 section 4.
    [[nodiscard]] Outcome<void> make_master(std::uint64_t number, ByteView label_and_seed);
    // derive has the chip derive size bytes (DeriveKey::max_length at most) from the master secret. When all that a
    // handshake needs was derived, others may take the session object at any time.
    [[nodiscard]] Outcome<SecretBytes> derive(std::uint64_t number, ByteView label_and_seed, std::size_t size);

    // sessions are those of the chip's session objects that this process has.
    [[nodiscard]] HeldSessions& sessions() { return sessions_; }

    // note leaves a line in the trace, if there is one.
    void note(const std::string& text);

    // watch knows how often private keys were used, and how near the chip is to delaying them.
    [[nodiscard]] const SecurityWatch& watch() const { return watch_; }

    // suspect forgets the UID: the next use asks the chip again.
    void suspect() noexcept { present_.store(nullptr, std::memory_order_release); }

    // run runs one command and converts its error.
    template <class Command>
    [[nodiscard]] Outcome<typename Command::Response> run(const Command& command, Place place = Place::here()) {
        return noted(device_->run(command), place);
    }

    template <class Function>
    using LockedOutcome = Outcome<typename std::invoke_result_t<Function, LockedDevice&>::value_type>;

    // locked runs a function that takes a LockedDevice& and returns a Result. purpose says what the lock is wanted
    // for: that is put in front of the error when the chip cannot be locked.
    template <class Function>
    [[nodiscard]] LockedOutcome<Function> locked(const std::string& purpose, Function&& function,
                                                 Place place = Place::here()) {
        TRY(auto device, noted(device_->lock(), place).during(purpose));
        return noted(function(device), place);
    }

 private:
    friend class Chips;

    // use runs a command that uses the private key of a reference.
    [[nodiscard]] Outcome<KeyReference> generate_in(ObjectId session, const KeyRequest& request);
    [[nodiscard]] Result<SessionLease> lease_for_handshake(std::chrono::milliseconds patience, bool has_fallback);
    [[nodiscard]] Outcome<SecretBytes> explained(Result<SecretBytes> result, const std::string& purpose);
    template <class Function>
    [[nodiscard]] Outcome<SecretBytes> with_agreement(const std::string& purpose, std::uint64_t number,
                                                      Function function);
    [[nodiscard]] static Result<SecretBytes> derive_in(LockedDevice& device, HandshakeUse& use, ByteView label_and_seed,
                                                       std::size_t size);
    template <class Command>
    [[nodiscard]] Outcome<typename Command::Response> use(const KeyReference& reference, const Command& command);
    // noted looks at an error: after anything but a refusal by the chip itself, it may be another chip next time.
    template <class T>
    [[nodiscard]] Outcome<T> noted(Result<T> result, Place place) {
        if (!result && result.error().code().category() != chip_category()) {
            suspect();
        }
        return outcome_of(std::move(result), place);
    }

    std::string name_;
    std::unique_ptr<Device> device_;
    std::forward_list<Uid> seen_;  // of all chips that were here; changed under the device's lock, never shrinks
    std::atomic<const Uid*> present_ = nullptr;  // into seen_: readers need no lock, and what they read never changes
    SecurityWatch watch_;
    HeldSessions sessions_;
    Chip* next_ = nullptr;  // in Chips
};

// Chips are the chips used so far, by name. A list that only grows, without a lock: a child forked while another
// thread adds to it finds it whole.
class Chips {
 public:
    explicit Chips(const ProviderSettings& settings) : settings_{settings} {}
    ~Chips();
    Chips(const Chips&) = delete;
    Chips& operator=(const Chips&) = delete;

    // find gives the chip of a device section, making it at the first use. Error: settings that cannot be read.
    [[nodiscard]] Outcome<Chip*> find(const std::string& name);

    // expect_use makes the chip of a key that was loaded, so that settings are read, and what is to be opened then is
    // opened (`open = load`), while the program can still reach them. What fails shows at the first use.
    void expect_use(const std::string& name) noexcept;

    // known gives it only if it was found before; nullptr otherwise.
    [[nodiscard]] Chip* known(const std::string& name) const noexcept;

 private:
    [[nodiscard]] Outcome<std::unique_ptr<Chip>> make(const std::string& name) const;
    [[nodiscard]] static Chip* named(Chip* first, const std::string& name) noexcept;

    const ProviderSettings& settings_;
    std::atomic<Chip*> head_ = nullptr;
};

}  // namespace trustx::provider
