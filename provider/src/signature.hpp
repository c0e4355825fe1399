// SPDX-License-Identifier: Apache-2.0
// One ECDSA operation: hash on the host, then one private key use or a verification, in software or by a trust anchor
// of the chip.
#pragma once

#include "digest.hpp"
#include "key.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace trustx::provider {

// Signing is the state behind a signature context of libcrypto. Used by one thread at a time; the key is shared.
// Nothing but a final signature touches the chip (openssl-provider.md section 0, rule 1).
class Signing {
 public:
    enum class Operation { none, sign, verify };

    // With a fixed digest no other can be chosen: ECDSA-SHA256 and its like.
    explicit Signing(ProviderContext& context, const char* fixed_digest = nullptr)
        : context_{context}, fixed_digest_{fixed_digest} {}
    static Signing& of(void* ctx) noexcept { return *static_cast<Signing*>(ctx); }
    [[nodiscard]] const Core& core() const { return context_.core(); }

    [[nodiscard]] Outcome<std::unique_ptr<Signing>> duplicate() const;

    // begin is sign_init and verify_init: a digest will be given. key may be nullptr to keep the last one.
    [[nodiscard]] Outcome<void> begin(Operation operation, Key* key, const OSSL_PARAM* params);
    // begin_message is digest_sign_init and digest_verify_init: a message will be given. Without a name, SHA-256.
    [[nodiscard]] Outcome<void> begin_message(Operation operation, Key* key, const char* digest,
                                              const OSSL_PARAM* params);
    [[nodiscard]] Outcome<void> update(ByteView data);

    // sign_* write a DER signature and return its size. With an output of no address they return the largest size
    // and do nothing else. Error: Reason::buffer_too_small, before anything is used up.
    [[nodiscard]] Outcome<std::size_t> sign_digest(std::span<std::uint8_t> output, ByteView digest);
    // The rest of the message is taken in only when the signature is really made.
    [[nodiscard]] Outcome<std::size_t> sign_message(std::span<std::uint8_t> output, ByteView rest = {});
    // verify_* answer 1, or 0 for a wrong signature, or less for one that cannot be read. The chip decides where the
    // key is that of one of its trust anchors (trust_anchors.hpp).
    [[nodiscard]] Outcome<int> verify_digest(ByteView signature, ByteView digest) const;
    [[nodiscard]] Outcome<int> verify_message(ByteView signature);

    [[nodiscard]] Outcome<void> set(const OSSL_PARAM* params);
    [[nodiscard]] Outcome<void> get(OSSL_PARAM* params) const;
    [[nodiscard]] const EVP_MD* digest() const { return digest_.get(); }
    [[nodiscard]] EVP_MD_CTX* hash() const { return hash_.get(); }
    // is_message says that a message was begun, not a digest.
    [[nodiscard]] bool is_message() const { return message_; }
    // expected is the signature that was set in advance of the message it belongs to.
    [[nodiscard]] ByteView expected() const { return expected_; }

 private:
    [[nodiscard]] Outcome<void> use(Operation operation, Key* key);
    [[nodiscard]] Outcome<void> use_digest(const std::string& name);
    [[nodiscard]] Outcome<void> change_digest(const std::string& name);
    [[nodiscard]] Outcome<std::size_t> signature_size(std::span<const std::uint8_t> output) const;
    [[nodiscard]] Outcome<Bytes> finish_hash();
    [[nodiscard]] Outcome<std::size_t> sign_in_chip(std::span<std::uint8_t> output, ByteView digest) const;
    [[nodiscard]] Outcome<std::size_t> sign_in_software(std::span<std::uint8_t> output, ByteView digest) const;
    [[nodiscard]] Outcome<int> verify_in_chip(const VerifyAnchor& anchor, ByteView signature, ByteView digest) const;
    [[nodiscard]] Outcome<int> verify_in_software(ByteView signature, ByteView digest) const;

    [[nodiscard]] Outcome<void> fit_to_sign() const;

    ProviderContext& context_;
    const char* fixed_digest_;
    KeyRef key_;
    Operation operation_ = Operation::none;
    openssl::Digest digest_;
    std::size_t digest_size_ = 0;  // that a raw digest must have; 0: any
    RunningHash hash_;
    bool hashing_ = false;  // between begin_message and the end
    bool message_ = false;  // begin_message came last, not begin
    Bytes expected_;
    unsigned int nonce_type_ = 0;  // 1: deterministic (RFC 6979), which only software keys can do
};

}  // namespace trustx::provider
