// SPDX-License-Identifier: Apache-2.0
// The C boundary of Signing: OSSL_OP_SIGNATURE "ECDSA".
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "dispatch.hpp"
#include "param.hpp"
#include "signature_dispatch.hpp"

#include <openssl/core_names.h>

namespace trustx::provider {
namespace signature_dispatch {
namespace {

const OSSL_PARAM gettable[] = {
    describe_octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID),
    describe_text(OSSL_SIGNATURE_PARAM_DIGEST),
    describe_unsigned(OSSL_SIGNATURE_PARAM_DIGEST_SIZE),
    describe_unsigned("nonce-type"),
    end_of_params,
};

}  // namespace

int update(void* ctx, const unsigned char* data, std::size_t size) {
    auto& signing = Signing::of(ctx);
    return answer(signing.core(), [&] { return signing.update({data, size}); });
}

int finish(void* ctx, unsigned char* signature, std::size_t* size, std::size_t capacity) {
    auto& signing = Signing::of(ctx);
    return signed_size(signing.core(), size, [&] { return signing.sign_message({signature, capacity}); });
}

int get_ctx_params(void* ctx, OSSL_PARAM params[]) {
    const auto& signing = Signing::of(ctx);
    return answer(signing.core(), [&] { return signing.get(params); });
}

const OSSL_PARAM* gettable_ctx_params(void*, void*) {
    return gettable;
}

int set_ctx_params(void* ctx, const OSSL_PARAM params[]) {
    auto& signing = Signing::of(ctx);
    return answer(signing.core(), [&] { return signing.set(params); });
}

}  // namespace signature_dispatch

namespace {

using namespace signature_dispatch;

using Operation = Signing::Operation;

void* signature_newctx(void* provctx, const char*) {
    return make_context<Signing>(provctx);
}

template <Operation operation>
int begin_message(void* ctx, const char* digest, void* key, const OSSL_PARAM params[]) {
    auto& signing = Signing::of(ctx);
    return answer(signing.core(),
                  [&] { return signing.begin_message(operation, static_cast<Key*>(key), digest, params); });
}

int signature_sign(void* ctx, unsigned char* signature, std::size_t* size, std::size_t capacity,
                   const unsigned char* digest, std::size_t digest_size) {
    auto& signing = Signing::of(ctx);
    return signed_size(signing.core(), size, [&] {
        return signing.sign_digest({signature, capacity}, {digest, digest_size});
    });
}

// One shot: libssl asks for the size first and then comes again with the same message.
int signature_digest_sign(void* ctx, unsigned char* signature, std::size_t* size, std::size_t capacity,
                          const unsigned char* data, std::size_t data_size) {
    auto& signing = Signing::of(ctx);
    return signed_size(signing.core(), size, [&] {
        return signing.sign_message({signature, capacity}, {data, data_size});
    });
}

int signature_verify(void* ctx, const unsigned char* signature, std::size_t size, const unsigned char* digest,
                     std::size_t digest_size) {
    const auto& signing = Signing::of(ctx);
    return guard<int>(signing.core(), -1, [&] {
        return signing.verify_digest({signature, size}, {digest, digest_size});
    });
}

int signature_digest_verify_final(void* ctx, const unsigned char* signature, std::size_t size) {
    auto& signing = Signing::of(ctx);
    return guard<int>(signing.core(), -1, [&] { return signing.verify_message({signature, size}); });
}

int signature_digest_verify(void* ctx, const unsigned char* signature, std::size_t size, const unsigned char* data,
                            std::size_t data_size) {
    return update(ctx, data, data_size) != 1 ? -1 : signature_digest_verify_final(ctx, signature, size);
}

const OSSL_PARAM signature_params[] = {
    describe_text(OSSL_SIGNATURE_PARAM_DIGEST),
    describe_unsigned(OSSL_SIGNATURE_PARAM_DIGEST_SIZE),
    describe_text(OSSL_SIGNATURE_PARAM_PROPERTIES),
    describe_unsigned("nonce-type"),
    end_of_params,
};

int signature_get_ctx_md_params(void* ctx, OSSL_PARAM params[]) {
    EVP_MD_CTX* const hash = Signing::of(ctx).hash();
    return hash == nullptr ? 0 : EVP_MD_CTX_get_params(hash, params);
}

const OSSL_PARAM* signature_gettable_ctx_md_params(void* ctx) {
    const EVP_MD* const digest = Signing::of(ctx).digest();
    return digest == nullptr ? nullptr : EVP_MD_gettable_ctx_params(digest);
}

int signature_set_ctx_md_params(void* ctx, const OSSL_PARAM params[]) {
    EVP_MD_CTX* const hash = Signing::of(ctx).hash();
    return hash == nullptr ? 0 : EVP_MD_CTX_set_params(hash, params);
}

const OSSL_PARAM* signature_settable_ctx_md_params(void* ctx) {
    const EVP_MD* const digest = Signing::of(ctx).digest();
    return digest == nullptr ? nullptr : EVP_MD_settable_ctx_params(digest);
}

}  // namespace

const OSSL_DISPATCH signature_ecdsa[] = {
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_NEWCTX, signature_newctx, signature_newctx),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_FREECTX, signature_freectx, free_context<Signing>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DUPCTX, signature_dupctx, duplicate_context<Signing>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN_INIT, signature_sign_init, begin<Operation::sign>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN, signature_sign, signature_sign),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_INIT, signature_verify_init, begin<Operation::verify>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY, signature_verify, signature_verify),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signature_digest_sign_init, begin_message<Operation::sign>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, signature_digest_sign_update, update),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, signature_digest_sign_final, finish),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signature_digest_sign, signature_digest_sign),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, signature_digest_verify_init,
                 begin_message<Operation::verify>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, signature_digest_verify_update, update),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, signature_digest_verify_final, signature_digest_verify_final),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, signature_digest_verify, signature_digest_verify),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, signature_get_ctx_params, get_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, signature_gettable_ctx_params, gettable_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signature_set_ctx_params, set_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signature_settable_ctx_params, list<signature_params>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_GET_CTX_MD_PARAMS, signature_get_ctx_md_params, signature_get_ctx_md_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_MD_PARAMS, signature_gettable_ctx_md_params,
                 signature_gettable_ctx_md_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SET_CTX_MD_PARAMS, signature_set_ctx_md_params, signature_set_ctx_md_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_MD_PARAMS, signature_settable_ctx_md_params,
                 signature_settable_ctx_md_params),
    end_of_dispatch,
};

}  // namespace trustx::provider
