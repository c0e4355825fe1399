// SPDX-License-Identifier: Apache-2.0
// Key exchange: OSSL_OP_KEYEXCH "ECDH". Software keys derive in the private library context, KDF and all; chip keys
// have the chip compute the secret (chip_agreement.hpp).
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "chip_agreement.hpp"
#include "dispatch.hpp"
#include "key.hpp"
#include "param.hpp"

#include <memory>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

// Agreement is the state behind a key exchange context. Used by one thread at a time.
class Agreement {
 public:
    explicit Agreement(ProviderContext& context) : context_{context} {}
    static Agreement& of(void* ctx) noexcept { return *static_cast<Agreement*>(ctx); }
    [[nodiscard]] const Core& core() const { return context_.core(); }

    Outcome<std::unique_ptr<Agreement>> duplicate() const {
        auto other = std::make_unique<Agreement>(context_);
        other->key_ = key_;
        other->chip_ = chip_ == nullptr ? nullptr : std::make_unique<ChipAgreement>(*chip_);
        if (software_ != nullptr) {
            other->software_.reset(EVP_PKEY_CTX_dup(software_.get()));
            if (other->software_ == nullptr) {
                return software_failed("copy a key agreement");
            }
        }
        return other;
    }

    Outcome<void> begin(Key* key, const OSSL_PARAM* params) {
        if (key != nullptr) {
            key_ = KeyRef::share(key);
        }
        if (!key_ || key_->inner() == nullptr || !key_->has_private()) {
            return fail(Reason::key_incomplete, "agree on a secret without a private key");
        }
        software_.reset();
        chip_.reset();
        if (key_->is_chip_key()) {
            chip_ = std::make_unique<ChipAgreement>(key_);
            return chip_->set(params);
        }
        software_.reset(EVP_PKEY_CTX_new_from_pkey(context_.libctx(), key_->inner(), context_.properties()));
        if (software_ == nullptr || EVP_PKEY_derive_init_ex(software_.get(), params) != 1) {
            software_.reset();
            return software_failed("start a key agreement");
        }
        return {};
    }

    Outcome<void> set_peer(Key& peer) {
        if (chip_ == nullptr && software_ == nullptr) {
            return fail(Reason::operation_out_of_order, "give the peer of a key agreement");
        }
        if (peer.inner() == nullptr) {
            return fail(Reason::key_incomplete, "give the peer of a key agreement");
        }
        if (EVP_PKEY_parameters_eq(key_->inner(), peer.inner()) != 1) {
            return fail(Reason::curve_mismatch, "the peer's key is on another curve");
        }
        if (chip_ != nullptr) {
            return chip_->set_peer(peer);
        }
        // libcrypto has validated the peer's point before it came here.
        constexpr int validate = 0;
        if (EVP_PKEY_derive_set_peer_ex(software_.get(), peer.inner(), validate) != 1) {
            return software_failed("give the peer of a key agreement");
        }
        return {};
    }

    Outcome<std::size_t> derive(unsigned char* secret, std::size_t capacity) {
        if (chip_ != nullptr) {
            return chip_->derive(secret, capacity);
        }
        std::size_t size = capacity;
        if (software_ == nullptr || EVP_PKEY_derive(software_.get(), secret, &size) != 1) {
            return software_failed("derive a shared secret");
        }
        return size;
    }

    Outcome<void> set(const OSSL_PARAM* params) {
        if (params == nullptr || params->key == nullptr) {
            return {};
        }
        if (chip_ != nullptr) {
            return chip_->set(params);
        }
        if (software_ == nullptr || EVP_PKEY_CTX_set_params(software_.get(), params) != 1) {
            return software_failed("set parameters of a key agreement");
        }
        return {};
    }

    Outcome<void> get(OSSL_PARAM* params) {
        if (chip_ != nullptr) {
            return chip_->get(params);
        }
        if (software_ == nullptr || EVP_PKEY_CTX_get_params(software_.get(), params) != 1) {
            return software_failed("ask a key agreement for parameters");
        }
        return {};
    }

 private:
    ProviderContext& context_;
    KeyRef key_;
    std::unique_ptr<ChipAgreement> chip_;  // one of the two, after begin
    openssl::PkeyContext software_;
};

int keyexch_init(void* ctx, void* key, const OSSL_PARAM params[]) {
    auto& agreement = Agreement::of(ctx);
    return answer(agreement.core(), [&] { return agreement.begin(static_cast<Key*>(key), params); });
}

int keyexch_set_peer(void* ctx, void* key) {
    auto& agreement = Agreement::of(ctx);
    return answer(agreement.core(), [&] { return agreement.set_peer(Key::of(key)); });
}

int keyexch_derive(void* ctx, unsigned char* secret, std::size_t* size, std::size_t capacity) {
    auto& agreement = Agreement::of(ctx);
    return answer(agreement.core(), [&]() -> Outcome<void> {
        TRY(*size, agreement.derive(secret, capacity));
        return {};
    });
}

int keyexch_set_ctx_params(void* ctx, const OSSL_PARAM params[]) {
    auto& agreement = Agreement::of(ctx);
    return answer(agreement.core(), [&] { return agreement.set(params); });
}

int keyexch_get_ctx_params(void* ctx, OSSL_PARAM params[]) {
    auto& agreement = Agreement::of(ctx);
    return answer(agreement.core(), [&] { return agreement.get(params); });
}

const OSSL_PARAM* keyexch_settable_ctx_params(void*, void* provctx) {
    return ProviderContext::of(provctx).parameters().get(ParameterLists::Of::agreement_settable);
}
const OSSL_PARAM* keyexch_gettable_ctx_params(void*, void* provctx) {
    return ProviderContext::of(provctx).parameters().get(ParameterLists::Of::agreement_gettable);
}

}  // namespace

const OSSL_DISPATCH keyexch_ecdh[] = {
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_NEWCTX, keyexch_newctx, make_context<Agreement>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_FREECTX, keyexch_freectx, free_context<Agreement>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_DUPCTX, keyexch_dupctx, duplicate_context<Agreement>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_INIT, keyexch_init, keyexch_init),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_SET_PEER, keyexch_set_peer, keyexch_set_peer),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_DERIVE, keyexch_derive, keyexch_derive),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_SET_CTX_PARAMS, keyexch_set_ctx_params, keyexch_set_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS, keyexch_settable_ctx_params, keyexch_settable_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_GET_CTX_PARAMS, keyexch_get_ctx_params, keyexch_get_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYEXCH_GETTABLE_CTX_PARAMS, keyexch_gettable_ctx_params, keyexch_gettable_ctx_params),
    end_of_dispatch,
};

}  // namespace trustx::provider
