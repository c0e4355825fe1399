// SPDX-License-Identifier: Apache-2.0
#include "signature.hpp"

#include "advice.hpp"
#include "param.hpp"
#include "trust_anchors.hpp"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

constexpr const char* default_digest = "SHA256";
// New in OpenSSL 3.2; in older versions nobody asks for it.
constexpr const char* param_nonce_type = "nonce-type";
constexpr const char* param_signature = "signature";  // 3.4
// Collisions of shorter digests can be computed, so a chip key does not sign them. SHA-224 is the shortest.
constexpr std::size_t shortest_signed_digest = 28;

openssl::Digest share(const openssl::Digest& digest) {
    // A fetched digest always counts up.
    return openssl::Digest{digest != nullptr && EVP_MD_up_ref(digest.get()) == 1 ? digest.get() : nullptr};
}

}  // namespace

Outcome<std::unique_ptr<Signing>> Signing::duplicate() const {
    TRY(auto hash, hash_.copy());
    auto other = std::make_unique<Signing>(context_, fixed_digest_);
    other->key_ = key_;
    other->operation_ = operation_;
    other->digest_ = share(digest_);
    other->digest_size_ = digest_size_;
    other->hash_ = std::move(hash);
    other->hashing_ = hashing_;
    other->message_ = message_;
    other->expected_ = expected_;
    other->nonce_type_ = nonce_type_;
    return other;
}

Outcome<void> Signing::use(Operation operation, Key* key) {
    if (key != nullptr) {
        key_ = KeyRef::share(key);
    }
    if (!key_ || key_->inner() == nullptr) {
        return fail(Reason::key_incomplete, "sign or verify without a key");
    }
    if (operation == Operation::sign && !key_->has_private()) {
        return fail(Reason::key_incomplete, "sign with a key that has no private part");
    }
    operation_ = operation;
    hashing_ = false;
    message_ = false;
    expected_.clear();
    return {};
}

Outcome<void> Signing::begin(Operation operation, Key* key, const OSSL_PARAM* params) {
    TRYV(use(operation, key));
    if (fixed_digest_ != nullptr) {
        TRYV(use_digest(fixed_digest_));
        TRYV(fit_to_sign());
    }
    return set(params);
}

Outcome<void> Signing::fit_to_sign() const {
    if (operation_ == Operation::sign && key_->is_chip_key() && digest_size_ < shortest_signed_digest) {
        return fail(Reason::digest_too_weak, std::string{"sign with key "} + key_->reference().key.hex() + ": " +
                                                 EVP_MD_get0_name(digest_.get()) +
                                                 " is no longer safe for signatures; use SHA-256");
    }
    return {};
}

Outcome<void> Signing::begin_message(Operation operation, Key* key, const char* digest, const OSSL_PARAM* params) {
    TRYV(use(operation, key));
    const bool named = digest != nullptr && *digest != '\0';
    if (named || digest_ == nullptr) {
        const char* const otherwise = fixed_digest_ != nullptr ? fixed_digest_ : default_digest;
        TRYV(use_digest(named ? digest : otherwise));
    }
    TRYV(fit_to_sign());
    TRYV(set(params));
    TRYV(hash_.start(digest_.get(), params));
    hashing_ = true;
    message_ = true;
    return {};
}

Outcome<void> Signing::use_digest(const std::string& name) {
    TRY(digest_, find_digest(context_, name));
    digest_size_ = static_cast<std::size_t>(EVP_MD_get_size(digest_.get()));
    return {};
}

Outcome<void> Signing::update(ByteView data) {
    if (!hashing_) {
        return fail(Reason::operation_out_of_order, "give a message to sign or verify");
    }
    return hash_.update(data);
}

Outcome<std::size_t> Signing::signature_size(std::span<const std::uint8_t> output) const {
    if (!key_ || operation_ != Operation::sign) {
        return fail(Reason::operation_out_of_order, "sign");
    }
    const std::size_t wanted = key_->max_signature();
    if (output.data() != nullptr && output.size() < wanted) {
        return fail(Reason::buffer_too_small,
                    "sign: " + std::to_string(output.size()) + " bytes offered, " + std::to_string(wanted) + " needed");
    }
    return wanted;
}

Outcome<std::size_t> Signing::sign_digest(std::span<std::uint8_t> output, ByteView digest) {
    auto size = signature_size(output);
    if (!size || output.data() == nullptr) {
        return size;
    }
    if (digest.empty() || (digest_size_ != 0 && digest.size() != digest_size_)) {
        return fail(Reason::digest_length_wrong,
                    "sign a digest of " + std::to_string(digest.size()) + " bytes" +
                        (digest_size_ == 0 ? std::string{} : ", " + std::to_string(digest_size_) + " expected"));
    }
    return key_->is_chip_key() ? sign_in_chip(output, digest) : sign_in_software(output, digest);
}

Outcome<Bytes> Signing::finish_hash() {
    if (!hashing_) {
        return fail(Reason::operation_out_of_order, "finish a message that was not begun");
    }
    hashing_ = false;
    return hash_.finish();
}

Outcome<std::size_t> Signing::sign_message(std::span<std::uint8_t> output, ByteView rest) {
    auto size = signature_size(output);
    if (!size || output.data() == nullptr) {
        return size;
    }
    TRYV(update(rest));
    TRY(const auto digest, finish_hash());
    return sign_digest(output, digest);
}

Outcome<std::size_t> Signing::sign_in_chip(std::span<std::uint8_t> output, ByteView digest) const {
    const KeyReference& reference = key_->reference();
    if (nonce_type_ != 0) {
        return fail(Reason::parameter_invalid, "sign with key " + reference.key.hex() +
                                                   ": the chip chooses its own random nonces, nonce-type must be 0");
    }
    TRYV(key_->check_process());
    TRY(const auto chip, context_.chips().find(reference.device));
    const bool verified = context_.settings().self_verify;
    if (!verified) {
        TRYV(chip->expect(reference));
    }
    TRY(const auto signature, chip->sign(reference, ecdsa_input(digest, reference.public_key.curve)));
    const Bytes der = signature.der();
    if (der.size() > output.size()) {
        return fail(Reason::buffer_too_small, "sign with key " + reference.key.hex());
    }
    if (verified) {
        TRY(const auto right, verify_in_software(der, digest));
        if (right != 1) {
            TRYV(chip->explain(reference));
            return fail(Reason::signature_wrong, "sign with key " + reference.key.hex() +
                                                     ": the slot holds another key than the key reference says; " +
                                                     advise_key_file(reference.key.hex()) +
                                                     ", or restore the key's certificate");
        }
    }
    std::copy(der.begin(), der.end(), output.begin());
    return der.size();
}

Outcome<std::size_t> Signing::sign_in_software(std::span<std::uint8_t> output, ByteView digest) const {
    const openssl::PkeyContext ctx{EVP_PKEY_CTX_new_from_pkey(context_.libctx(), key_->inner(), context_.properties())};
    if (ctx == nullptr || EVP_PKEY_sign_init(ctx.get()) != 1) {
        return software_failed("sign in software");
    }
    if (nonce_type_ != 0) {
        unsigned int nonce_type = nonce_type_;
        const std::array<OSSL_PARAM, 2> params{OSSL_PARAM_construct_uint(param_nonce_type, &nonce_type),
                                               OSSL_PARAM_construct_end()};
        if (EVP_PKEY_CTX_set_params(ctx.get(), params.data()) != 1) {
            return software_failed("sign in software with another nonce-type");
        }
    }
    std::size_t size = output.size();
    if (EVP_PKEY_sign(ctx.get(), output.data(), &size, digest.data(), digest.size()) != 1) {
        return software_failed("sign in software");
    }
    return size;
}

Outcome<int> Signing::verify_digest(ByteView signature, ByteView digest) const {
    if (!key_) {
        return fail(Reason::operation_out_of_order, "verify");
    }
    if (operation_ == Operation::verify && digest_size_ != 0 && digest.size() != digest_size_) {
        return fail(Reason::digest_length_wrong, "verify a digest of " + std::to_string(digest.size()) + " bytes, " +
                                                     std::to_string(digest_size_) + " expected");
    }
    TRY(const auto* const anchor, anchor_of(context_, *key_->inner()));
    return anchor == nullptr ? verify_in_software(signature, digest) : verify_in_chip(*anchor, signature, digest);
}

// A chip whose trust anchor was replaced accepts what another key signed, so the key that the program has must accept
// it, too: that is no price beside the chip's, and saves reading the object each time.
Outcome<int> Signing::verify_in_chip(const VerifyAnchor& anchor, ByteView signature, ByteView digest) const {
    TRY(const auto by_chip, verify_with_anchor(context_, anchor, *key_->inner(), signature, digest));
    TRY(const auto by_software, verify_in_software(signature, digest));
    if ((by_chip == 1) == (by_software == 1)) {
        return by_software;
    }
    TRYV(examine_anchor(context_, anchor));
    return fail(Reason::anchor_unusable, "verify with trust anchor " + anchor.object.hex() +
                                             ": the chip takes the signature for " +
                                             (by_chip == 1 ? "right" : "wrong") + " and software does not");
}

Outcome<int> Signing::verify_in_software(ByteView signature, ByteView digest) const {
    const openssl::PkeyContext ctx{EVP_PKEY_CTX_new_from_pkey(context_.libctx(), key_->inner(), context_.properties())};
    if (ctx == nullptr || EVP_PKEY_verify_init(ctx.get()) != 1) {
        return software_failed("verify a signature");
    }
    return EVP_PKEY_verify(ctx.get(), signature.data(), signature.size(), digest.data(), digest.size());
}

Outcome<int> Signing::verify_message(ByteView signature) {
    if (operation_ != Operation::verify) {
        return fail(Reason::operation_out_of_order, "verify");
    }
    TRY(const auto digest, finish_hash());
    return verify_digest(signature, digest);
}

Outcome<void> Signing::change_digest(const std::string& name) {
    if (digest_ != nullptr && EVP_MD_is_a(digest_.get(), name.c_str()) == 1) {
        return {};
    }
    if (hashing_ || fixed_digest_ != nullptr) {
        return fail(Reason::digest_fixed,
                    "change the digest to " + name +
                        (hashing_ ? " in the middle of a message" : " of an algorithm that names its own"));
    }
    return use_digest(name);
}

Outcome<void> Signing::set(const OSSL_PARAM* params) {
    // `properties` is not followed: digests come from the private library context, which has one implementation.
    std::optional<std::string> digest;
    std::optional<std::size_t> size;
    std::optional<ByteView> signature;
    TRYV(take(params, OSSL_SIGNATURE_PARAM_DIGEST, digest));
    TRYV(take(params, OSSL_SIGNATURE_PARAM_DIGEST_SIZE, size));
    TRYV(take(params, param_signature, signature));
    TRYV(take(params, param_nonce_type, nonce_type_));
    if (digest) {
        TRYV(change_digest(*digest));
    }
    if (size) {
        if (digest_ != nullptr && *size != digest_size_) {
            return fail(Reason::digest_length_wrong, "digest-size " + std::to_string(*size));
        }
        digest_size_ = *size;
    }
    if (signature) {
        expected_.assign(signature->begin(), signature->end());
    }
    return {};
}

Outcome<void> Signing::get(OSSL_PARAM* params) const {
    if (digest_ != nullptr) {
        const Bytes identifier = ecdsa_algorithm_identifier(digest_.get());
        if (!identifier.empty()) {
            TRYV(answer_octets(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID, identifier));
        }
        TRYV(answer_text(params, OSSL_SIGNATURE_PARAM_DIGEST, EVP_MD_get0_name(digest_.get())));
    }
    TRYV(answer_unsigned(params, param_nonce_type, nonce_type_));
    return answer_unsigned(params, OSSL_SIGNATURE_PARAM_DIGEST_SIZE, digest_size_);
}

}  // namespace trustx::provider
