// SPDX-License-Identifier: Apache-2.0
#include "chip_agreement.hpp"

#include "context.hpp"
#include "ossl.hpp"
#include "param.hpp"
#include "tls_secrets.hpp"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace trustx::provider {
namespace {

using EvpKdf = openssl::Handle<EVP_KDF, EVP_KDF_free>;
using EvpKdfCtx = openssl::Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

Outcome<PublicKey> public_key_of(const Key& key) {
    std::array<unsigned char, 1 + 2 * field_size(Curve::p384)> point{};
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(key.inner(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(),
                                        &size) != 1) {
        return software_failed("take the peer's public key");
    }
    return outcome_of(PublicKey::from_point(ByteView{point}.first(size)));
}

}  // namespace

Outcome<void> ChipAgreement::set_peer(Key& peer) {
    TRY(peer_, public_key_of(peer));
    peer_key_ = KeyRef::share(&peer);
    return {};
}

std::size_t ChipAgreement::size() const {
    return uses_kdf() ? kdf_size_ : field_size(key_->reference().public_key.curve);
}

Outcome<std::size_t> ChipAgreement::derive(unsigned char* secret, std::size_t capacity) const {
    if (!peer_) {
        return fail(Reason::operation_out_of_order, "derive a shared secret without a peer");
    }
    const auto needed = size();
    if (needed == 0) {
        return fail(Reason::parameter_invalid, "derive with " + kdf_type_ + ": " + OSSL_EXCHANGE_PARAM_KDF_OUTLEN +
                                                   " does not say how many bytes");
    }
    if (secret == nullptr) {
        return needed;
    }
    if (capacity < needed) {
        return fail(Reason::buffer_too_small,
                    std::to_string(capacity) + " bytes for a secret of " + std::to_string(needed));
    }
    if (key_->of_handshake() && !uses_kdf() && key_->context().keeps_tls_secrets()) {
        TRYV(stand_in({secret, needed}));
        return needed;
    }
    TRY(const auto shared, key_->of_handshake() ? agree_for_handshake() : agree());
    if (!uses_kdf()) {
        std::copy(shared.begin(), shared.end(), secret);
        return needed;
    }
    TRYV(run_kdf(shared, secret));
    return needed;
}

Outcome<SecretBytes> ChipAgreement::agree() const {
    const auto& reference = key_->reference();
    TRYV(key_->check_process());
    TRY(auto* const chip, key_->context().chips().find(reference.device));
    return chip->agree(reference, *peer_)
        .during("agree on a secret with key " + reference.key.hex() + ", whose usage must include keyagree");
}

Outcome<SecretBytes> ChipAgreement::agree_for_handshake() const {
    TRY(auto* const chip, key_->context().chips().find(key_->reference().device));
    TRY(const auto number, key_->become_secret(*peer_));
    auto agreed = chip->export_agreed(number);
    if (agreed && key_->context().settings().scope == Scope::key_schedule) {
        chip->note("gave out an agreed secret: the default properties of the program have no ?provider=trustx");
    }
    return agreed;
}

Outcome<void> ChipAgreement::stand_in(std::span<unsigned char> secret) const {
    auto& context = key_->context();
    TRY(auto* const chip, context.chips().find(key_->reference().device));
    TRY(const auto number, key_->become_secret(*peer_));
    peer_key_->ends_handshake(chip->sessions(), number);
    return write_stand_in(context, number, StandIn::Of::premaster, secret);
}

Outcome<void> ChipAgreement::run_kdf(const SecretBytes& shared, unsigned char* secret) const {
    OSSL_LIB_CTX* libctx = key_->context().libctx();
    const EvpKdf kdf{EVP_KDF_fetch(libctx, kdf_type_.c_str(), nullptr)};
    const EvpKdfCtx run{kdf == nullptr ? nullptr : EVP_KDF_CTX_new(kdf.get())};
    // OSSL_PARAM has no const; the KDF only reads.
    SecretBytes key = shared;
    SecretBytes info = ukm_;
    std::string digest = kdf_digest_;
    std::string properties = kdf_digest_properties_;
    const std::array<OSSL_PARAM, 5> params{
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_PROPERTIES, properties.data(), 0),
        OSSL_PARAM_construct_end(),
    };
    if (run == nullptr || EVP_KDF_derive(run.get(), secret, kdf_size_, params.data()) != 1) {
        return software_failed("run " + kdf_type_ + " over a shared secret");
    }
    return {};
}

Outcome<void> ChipAgreement::set(const OSSL_PARAM* params) {
    // The cofactor of the chip's curves is 1, so either cofactor mode gives the same secret and needs no memory.
    TRYV(take(params, OSSL_EXCHANGE_PARAM_KDF_TYPE, kdf_type_));
    TRYV(take(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST, kdf_digest_));
    TRYV(take(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST_PROPS, kdf_digest_properties_));
    TRYV(take(params, OSSL_KDF_PARAM_CEK_ALG, cek_algorithm_));
    if (uses_kdf() && kdf_type_ != OSSL_KDF_NAME_X963KDF) {
        return fail(Reason::parameter_invalid, "KDF " + kdf_type_ + " behind a key agreement: only X963KDF");
    }
    TRYV(take(params, OSSL_EXCHANGE_PARAM_KDF_OUTLEN, kdf_size_));
    std::optional<ByteView> ukm;
    TRYV(take(params, OSSL_EXCHANGE_PARAM_KDF_UKM, ukm));
    if (ukm) {
        ukm_.assign(ukm->begin(), ukm->end());
    }
    return {};
}

Outcome<void> ChipAgreement::get(OSSL_PARAM* params) const {
    TRYV(answer_integer(params, OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE, 0));
    TRYV(answer_text(params, OSSL_EXCHANGE_PARAM_KDF_TYPE, kdf_type_));
    TRYV(answer_text(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST, kdf_digest_));
    TRYV(answer_unsigned(params, OSSL_EXCHANGE_PARAM_KDF_OUTLEN, kdf_size_));
    TRYV(answer_text(params, OSSL_KDF_PARAM_CEK_ALG, cek_algorithm_));
    OSSL_PARAM* ukm = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_UKM);
    if (ukm != nullptr && OSSL_PARAM_set_octet_ptr(ukm, ukm_.data(), ukm_.size()) != 1) {
        return fail(Reason::parameter_invalid, OSSL_EXCHANGE_PARAM_KDF_UKM);
    }
    return {};
}

}  // namespace trustx::provider
