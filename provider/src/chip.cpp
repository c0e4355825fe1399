// SPDX-License-Identifier: Apache-2.0
#include "chip.hpp"

#include "tls_labels.hpp"

#include <trustx/key_generation.hpp>
#include <trustx/objects.hpp>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

namespace trustx::provider {
namespace {

// is_late tells the failures that a chip which delays its answers can be the cause of.
bool is_late(Reason reason) {
    return reason == reason_of(Error{Errc::timeout}) || reason == reason_of(Error{Errc::chip_busy}) ||
           reason == reason_of(Error{Errc::outcome_unknown}) || reason == reason_of(Error{Errc::lock_timeout});
}

// However short the patience: handshakes that are going on do not rob each other.
constexpr std::chrono::milliseconds youngest_evicted{100};

bool is_none_free(const Result<SessionLease>& lease) {
    return !lease && lease.error() == Errc::lock_timeout;
}

bool is_session(ObjectId key) {
    return key >= object::session_1 && key <= object::session_4;
}

}  // namespace

Chip::Chip(std::string name, std::unique_ptr<Device> device, std::chrono::milliseconds command_timeout)
    : name_{std::move(name)}, device_{std::move(device)}, watch_{command_timeout}, sessions_{*device_} {}

Outcome<Uid> Chip::uid() {
    if (const Uid* const present = present_.load(std::memory_order_acquire)) {
        return *present;
    }
    return locked("read the chip's UID", [&](LockedDevice& device) -> Result<Uid> {
        const auto read = read_uid(device);
        if (read) {
            const auto known = std::find(seen_.begin(), seen_.end(), *read);
            const Uid& present = known != seen_.end() ? *known : seen_.emplace_front(*read);
            present_.store(&present, std::memory_order_release);
        }
        return read;
    });
}

Outcome<void> Chip::expect(const KeyReference& reference) {
    if (!reference.coprocessor) {
        return {};
    }
    TRY(const auto present, uid().during("use key " + reference.key.hex()));
    if (present != *reference.coprocessor) {
        suspect();
        return fail(Error{Errc::wrong_chip, "use key " + reference.key.hex() + ": the key reference names chip " +
                                                reference.coprocessor->hex() + ", but " + device_->name() +
                                                " is chip " + present.hex()});
    }
    return {};
}

Outcome<void> Chip::explain(const KeyReference& reference) {
    suspect();
    auto expected = expect(reference);
    const bool explained = !expected && expected.error().reason == reason_of(Error{Errc::wrong_chip});
    return explained ? std::move(expected) : Outcome<void>{};
}

template <class Command>
Outcome<typename Command::Response> Chip::use(const KeyReference& reference, const Command& command) {
    auto response = locked(std::string{Command::info.name} + " " + reference.key.hex(), [&](LockedDevice& device) {
        watch_.before_use(device, reference.key);
        return device.run(command);
    });
    if (response) {
        return response;
    }
    ProviderError& error = response.error();
    if (is_late(error.reason)) {
        if (const auto why = watch_.explanation(); !why.empty()) {
            error.text += "; " + why;
        }
    }
    const bool refused = error.reason >= Reason::chip_base;
    if (refused) {
        TRYV(explain(reference));
    }
    const bool lost_by_reset = error.reason == reason_of(Error{Errc::session_lost});
    if (is_session(reference.key) && (refused || lost_by_reset)) {
        error.reason = Reason::session_lost;
        error.text += "; session keys are lost when the chip is reset: make a new one";
    }
    return response;
}

Outcome<Signature> Chip::sign(const KeyReference& reference, ByteView digest) {
    return use(reference, CalcSign{.key = reference.key, .digest = digest});
}

Outcome<bool> Chip::verify(ObjectId certificate, ByteView digest, const Signature& signature) {
    const auto verified = run(VerifySign{.digest = digest, .signature = signature, .key = certificate});
    const bool refuted =
        !verified && verified.error().reason == reason_of(Error{ChipError::signature_verification_failure});
    if (!verified && !refuted) {
        return tl::unexpected<ProviderError>(verified.error());
    }
    return !refuted;
}

Outcome<SecretBytes> Chip::agree(const KeyReference& reference, const PublicKey& peer) {
    TRYV(expect(reference));
    return use(reference, CalcSSec{.key = reference.key, .peer = peer});
}

Outcome<SessionKey> Chip::generate_session(const KeyRequest& request) {
    TRY(auto lease, outcome_of(device_->lease_session()));
    // It may outlive the chip, unlike an ephemeral one, which is agreed with at once or not at all.
    TRY(const auto present, uid().during("generate a session key"));
    TRY(auto reference, generate_in(lease.object(), request));
    reference.coprocessor = present;
    return SessionKey{.reference = std::move(reference), .session = HeldSessions::hold(std::move(lease))};
}

Outcome<KeyReference> Chip::generate_in(ObjectId session, const KeyRequest& request) {
    TRY(auto made, run(GenKeyPair{.key = session, .curve = request.curve, .usage = request.usage}));
    return KeyReference{.key = session,
                        .public_key = std::move(made),
                        .coprocessor = std::nullopt,
                        .device = request.device,
                        .label = request.label};
}

Result<SessionLease> Chip::lease_for_handshake(std::chrono::milliseconds patience, bool has_fallback) {
    if (!sessions_.wait_for_this_thread()) {
        return device_->lease_session(patience);
    }
    // Until the oldest of this thread's is that old.
    const auto bounded = has_fallback ? std::chrono::milliseconds::zero() : std::min(patience, youngest_evicted);
    auto lease = device_->lease_session(bounded);
    if (!is_none_free(lease) || has_fallback) {
        return lease;
    }
    TRY(auto device, device_->lock());
    TRY(auto taken, sessions_.take_oldest(device, bounded));
    if (!taken) {
        return lease;
    }
    device.note("took session object " + taken->object().hex() + " from a handshake that had not used it for " +
                std::to_string(bounded.count()) + " ms");
    return *std::move(taken);
}

Outcome<std::optional<SessionKey>> Chip::generate_ephemeral(Curve curve, std::chrono::milliseconds patience,
                                                            bool has_fallback) {
    auto leased = lease_for_handshake(patience, has_fallback);
    if (is_none_free(leased)) {
        return std::optional<SessionKey>{};
    }
    TRY(auto lease, outcome_of(std::move(leased)));
    KeyRequest request;
    request.curve = curve;
    request.usage = KeyUsage::key_agreement;
    TRY(auto reference, generate_in(lease.object(), request));
    const auto time = std::max(patience / 2, youngest_evicted);
    return SessionKey{.reference = std::move(reference),
                      .session = sessions_.hold_for_handshake(std::move(lease), time)};
}

// What the session object held may have gone with a reset, or with an application that another program opened anew;
// then the chip refuses, for reasons that do not tell.
Outcome<SecretBytes> Chip::explained(Result<SecretBytes> result, const std::string& purpose) {
    auto outcome = noted(std::move(result), Place::here()).during(purpose);
    if (!outcome) {
        ProviderError& error = outcome.error();
        if (error.reason >= Reason::chip_base || error.reason == reason_of(Error{Errc::session_lost})) {
            error.reason = Reason::session_lost;
            error.text += "; secrets in session objects are lost when the chip is reset: begin a new handshake";
        }
    }
    return outcome;
}

template <class Function>
Outcome<SecretBytes> Chip::with_agreement(const std::string& purpose, std::uint64_t number, Function function) {
    TRY(auto device, noted(device_->lock(), Place::here()).during(purpose));
    TRY(auto use, noted(sessions_.use(device, number), Place::here()).during(purpose));
    if (!use) {
        return fail(Reason::session_lost, purpose +
                                              ": its session object was leased since, by this program or another; "
                                              "begin a new handshake, without resuming a session");
    }
    watch_.before_use(device, use->object());
    return explained(function(device, *use), purpose);
}

Outcome<SecretBytes> Chip::export_agreed(std::uint64_t number) {
    return with_agreement("agree on a secret of TLS", number, [](LockedDevice& device, HandshakeUse& use) {
        auto agreed = device.run(CalcSSec{.key = use.object(), .peer = use.secret().peer});
        use.drop();
        return agreed;
    });
}

Outcome<void> Chip::make_master(std::uint64_t number, ByteView label_and_seed) {
    const auto make = [&](LockedDevice& device, HandshakeUse& use) {
        const auto session = use.object();
        auto made = device.run(CalcSSec{.key = session, .peer = use.secret().peer, .session = session});
        if (made) {
            made = device.run(DeriveKey{.secret = session,
                                        .label_and_seed = label_and_seed,
                                        .length = tls_labels::master_size,
                                        .session = session});
        }
        if (made) {
            use.secret().finished_to_come = tls_labels::finished_messages;
        } else {
            use.drop();
        }
        return made;
    };
    TRYV(with_agreement("make a master secret of TLS", number, make));
    return {};
}

Outcome<SecretBytes> Chip::derive(std::uint64_t number, ByteView label_and_seed, std::size_t size) {
    return with_agreement("derive from a master secret of TLS", number, [&](LockedDevice& device, HandshakeUse& use) {
        return derive_in(device, use, label_and_seed, size);
    });
}

Result<SecretBytes> Chip::derive_in(LockedDevice& device, HandshakeUse& use, ByteView label_and_seed,
                                    std::size_t size) {
    auto derived = device.run(DeriveKey{.secret = use.object(),
                                        .label_and_seed = label_and_seed,
                                        .length = std::max(static_cast<std::uint16_t>(size), DeriveKey::min_length)});
    if (!derived) {
        use.drop();
        return derived;
    }
    derived->resize(size);
    auto& secret = use.secret();
    if (secret.finished_to_come > 0 && tls_labels::is_finished(label_and_seed)) {
        --secret.finished_to_come;
    }
    if (secret.finished_to_come == 0) {
        use.rest();
    }
    return derived;
}

void Chip::note(const std::string& text) {
    if (auto device = device_->lock()) {
        device->note(text);
    }
}

Outcome<KeyReference> Chip::generate(const KeyRequest& request) {
    const auto purpose = "generate key " + request.slot.hex();
    TRY(const auto present, uid().during(purpose));
    auto generated = locked(purpose, [&](LockedDevice& device) {
        return generate_key(device, {.key = request.slot, .curve = request.curve, .usage = request.usage},
                            request.force ? OccupiedSlot::replace : OccupiedSlot::keep);
    });
    // Not moved out: g++ 14 takes the metadata in it for uninitialised then.
    if (!generated) {
        return tl::make_unexpected(std::move(generated).error());
    }
    auto& made = *generated;
    if (!made.key) {
        return fail(Reason::slot_used, purpose + ": the slot of " + device_->name() + " holds a " +
                                           std::string{curve_name(*made.before.key_algorithm)} +
                                           " key already; choose another slot, or add -pkeyopt force:1 to destroy "
                                           "that key");
    }
    return KeyReference{.key = request.slot,
                        .public_key = *std::move(made.key),
                        .coprocessor = present,
                        .device = request.device,
                        .label = request.label};
}

Chips::~Chips() {
    for (Chip* chip = head_.load(); chip != nullptr;) {
        delete std::exchange(chip, chip->next_);
    }
}

Chip* Chips::known(const std::string& name) const noexcept {
    return named(head_.load(std::memory_order_acquire), name);
}

Chip* Chips::named(Chip* first, const std::string& name) noexcept {
    for (Chip* chip = first; chip != nullptr; chip = chip->next_) {
        if (chip->name() == name) {
            return chip;
        }
    }
    return nullptr;
}

Outcome<std::unique_ptr<Chip>> Chips::make(const std::string& name) const {
    TRYV(settings_.check());
    const auto resolved = resolve_settings({.openssl_conf = settings_.values, .device_name = name});
    if (!resolved) {
        const Error& error = resolved.error();
        const bool unreadable = error.code().category() == std::system_category();
        return unreadable ? fail(Reason::settings_unreadable, error.message()) : fail(error);
    }
    return std::make_unique<Chip>(name, Device::open(resolved->address, resolved->options),
                                  resolved->options.command_timeout);
}

Outcome<Chip*> Chips::find(const std::string& name) {
    if (Chip* const chip = known(name)) {
        return chip;
    }
    TRY(auto made, make(name));
    // Another thread may add the same device meanwhile. Two would not know of each other's session objects.
    Chip* first = head_.load(std::memory_order_acquire);
    do {
        if (Chip* const other = named(first, name)) {
            return other;
        }
        made->next_ = first;
    } while (!head_.compare_exchange_weak(first, made.get(), std::memory_order_acq_rel, std::memory_order_acquire));
    return made.release();
}

void Chips::expect_use(const std::string& name) noexcept {
    try {
        static_cast<void>(find(name));
    } catch (const std::bad_alloc&) {
        return;  // the first use tries again
    }
}

}  // namespace trustx::provider
