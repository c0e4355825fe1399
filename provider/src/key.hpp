// SPDX-License-Identifier: Apache-2.0
// A key as libcrypto holds it: a chip key, or a key of any curve that the private library context takes care of.
// Whatever does not need a private key of the chip is answered by the inner EVP_PKEY, so that all keys behave exactly
// as those of the default provider (openssl-provider.md section 1.8).
#pragma once

#include "context.hpp"
#include "held_sessions.hpp"

#include <trustx/key_reference.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace trustx::provider {

class Key;

// KeyRef shares a Key.
class KeyRef {
 public:
    KeyRef() = default;
    // adopt takes over a reference that is counted already; share counts another one.
    static KeyRef adopt(Key* key) noexcept { return KeyRef{key}; }
    static KeyRef share(Key* key) noexcept;

    KeyRef(const KeyRef& other) noexcept : KeyRef(share(other.key_)) {}
    KeyRef(KeyRef&& other) noexcept : key_{other.release()} {}
    KeyRef& operator=(KeyRef other) noexcept {
        std::swap(key_, other.key_);
        return *this;
    }
    ~KeyRef();

    // release gives up the reference without counting down.
    [[nodiscard]] Key* release() noexcept { return std::exchange(key_, nullptr); }
    [[nodiscard]] Key* get() const noexcept { return key_; }
    Key* operator->() const noexcept { return key_; }
    Key& operator*() const noexcept { return *key_; }
    explicit operator bool() const noexcept { return key_ != nullptr; }

 private:
    explicit KeyRef(Key* key) noexcept : key_{key} {}
    Key* key_ = nullptr;
};

// Key never changes once made; threads share it. There are two exceptions while libcrypto makes a key and nobody else
// has it yet: import into a key made empty, and set.
class Key {
 public:
    enum class Kind {
        empty,        // made by keymgmt_new, waiting for import
        public_only,  // a point, or only a curve
        software,     // with a private key in memory, like any key of the default provider
        chip,         // the private key is in the chip; the public key is here
    };

    static KeyRef empty(ProviderContext& context);
    // from_reference makes a chip key. Error: a point that is not on its curve.
    static Outcome<KeyRef> from_reference(ProviderContext& context, KeyReference reference);
    // from_session makes a chip key that is gone with the last reference to it.
    static Outcome<KeyRef> from_session(ProviderContext& context, SessionKey key);
    static Outcome<KeyRef> from_public_key(ProviderContext& context, const PublicKey& key);
    static KeyRef from_software(ProviderContext& context, openssl::Pkey key, bool with_private);
    // of gives back what libcrypto kept for us as void*.
    static Key& of(void* keydata) noexcept { return *static_cast<Key*>(keydata); }
    static const Key& of(const void* keydata) noexcept { return *static_cast<const Key*>(keydata); }

    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    [[nodiscard]] ProviderContext& context() const { return context_; }
    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is_chip_key() const { return kind_ == Kind::chip; }
    [[nodiscard]] bool has_private() const { return kind_ == Kind::chip || kind_ == Kind::software; }
    [[nodiscard]] bool has_public() const;
    [[nodiscard]] bool has_curve() const { return kind_ != Kind::empty; }

    // inner is the key in the private library context, without the private part for a chip key; nullptr when empty.
    [[nodiscard]] EVP_PKEY* inner() const { return inner_.get(); }
    // reference is where the private key is; only for chip keys.
    [[nodiscard]] const KeyReference& reference() const { return *reference_; }
    // is_session_key: a chip key that no file can name.
    [[nodiscard]] bool is_session_key() const { return session_ != nullptr; }
    // of_handshake: a key that TLS made for one agreement.
    [[nodiscard]] bool of_handshake() const { return session_ != nullptr && session_->of_handshake(); }
    // become_secret leaves the session object to what is to be agreed with a peer, as HeldSession::become_secret.
    [[nodiscard]] Outcome<std::uint64_t> become_secret(const PublicKey& peer) const {
        return session_->become_secret(peer);
    }
    // ends_handshake gives the session object of a secret back when this key is freed: that of a peer, which a client
    // of TLS 1.2 keeps as long as the handshake. Nothing happens where the key was made in another way.
    void ends_handshake(HeldSessions& sessions, std::uint64_t secret) noexcept;
    void mark_as_peer_of_client() noexcept { is_peer_of_client_ = true; }
    // check_process refuses a key in a session object that another process made. Error: Reason::session_lost.
    [[nodiscard]] Outcome<void> check_process() const;
    // max_signature is the size of the largest DER signature.
    [[nodiscard]] std::size_t max_signature() const;

    // import completes an empty key from parameters.
    [[nodiscard]] Outcome<void> import(int selection, const OSSL_PARAM* params);

    // set changes parameters. A software key takes what one of the default provider takes. Of a chip key the form in
    // which its point is written can be changed; anything else may only be set to what it is. Error:
    // Reason::key_not_changeable.
    [[nodiscard]] Outcome<void> set(const OSSL_PARAM* params);

    // duplicate copies the selected part. Copies of a chip key with its private part use the same key in the chip.
    [[nodiscard]] Outcome<KeyRef> duplicate(int selection) const;

    // matches compares the selected parts (openssl-provider.md section 1.3).
    [[nodiscard]] bool matches(const Key& other, int selection) const;

    // export_public calls back with `group` and, when selected, `pub`, and nothing else.
    [[nodiscard]] Outcome<void> export_public(int selection, OSSL_CALLBACK* callback, void* argument) const;

    void count_up() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void count_down() noexcept;

 private:
    Key(ProviderContext& context, Kind kind, openssl::Pkey inner, std::optional<KeyReference> reference = std::nullopt);
    ~Key();

    [[nodiscard]] Outcome<void> set_of_chip_key(const OSSL_PARAM* params);

    ProviderContext& context_;
    Kind kind_;
    openssl::Pkey inner_;
    std::optional<KeyReference> reference_;
    std::shared_ptr<const HeldSession> session_;
    bool is_peer_of_client_ = false;
    HeldSessions* sessions_of_handshake_ = nullptr;  // of the secret that ends_handshake named
    std::atomic<std::uint64_t> secret_of_handshake_ = 0;
    std::atomic<int> references_ = 1;
};

}  // namespace trustx::provider
