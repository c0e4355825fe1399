// SPDX-License-Identifier: Apache-2.0
// The signature algorithms of OpenSSL 3.4 and later: ECDSA, and ECDSA with one digest, such as
// ECDSA-SHA256, which a program fetches and begins with EVP_PKEY_sign_message_init (provider-signature(7)). Compiled
// where the headers know of them; programs on an older libcrypto cannot ask for them.
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "dispatch.hpp"
#include "param.hpp"
#include "signature_dispatch.hpp"

#include <openssl/core_names.h>

namespace trustx::provider {

// Where nothing but a template names them, g++ 14 does not define function templates that are noexcept.
template void free_context<Signing>(void* ctx) noexcept;
template void* duplicate_context<Signing>(void* ctx) noexcept;

namespace {

using namespace signature_dispatch;
using Operation = Signing::Operation;

// Arrays, because a template takes no string literal.
constexpr char sha1[] = "SHA1";
constexpr char sha224[] = "SHA2-224";
constexpr char sha256[] = "SHA2-256";
constexpr char sha384[] = "SHA2-384";
constexpr char sha512[] = "SHA2-512";
constexpr char sha3_224[] = "SHA3-224";
constexpr char sha3_256[] = "SHA3-256";
constexpr char sha3_384[] = "SHA3-384";
constexpr char sha3_512[] = "SHA3-512";

template <const char* digest>
void* newctx(void* provctx, const char*) {
    return make_context<Signing>(provctx, digest);
}

// The return type would let libcrypto change it; libcrypto only reads.
const char* key_types[] = {"EC", nullptr};

const char** query_key_types() {
    return key_types;
}

template <Operation operation>
int begin_message(void* ctx, void* key, const OSSL_PARAM params[]) {
    auto& signing = Signing::of(ctx);
    return answer(signing.core(),
                  [&] { return signing.begin_message(operation, static_cast<Key*>(key), nullptr, params); });
}

// sign and verify take a message after *_message_init, and a digest after sign_init and verify_init.
int sign(void* ctx, unsigned char* signature, std::size_t* size, std::size_t capacity, const unsigned char* data,
         std::size_t data_size) {
    auto& signing = Signing::of(ctx);
    return signed_size(signing.core(), size, [&] {
        return signing.is_message() ? signing.sign_message({signature, capacity}, {data, data_size})
                                    : signing.sign_digest({signature, capacity}, {data, data_size});
    });
}

int verify(void* ctx, const unsigned char* signature, std::size_t size, const unsigned char* data,
           std::size_t data_size) {
    auto& signing = Signing::of(ctx);
    return guard<int>(signing.core(), -1, [&]() -> Outcome<int> {
        if (!signing.is_message()) {
            return signing.verify_digest({signature, size}, {data, data_size});
        }
        TRYV(signing.update({data, data_size}));
        return signing.verify_message({signature, size});
    });
}

// The signature was given before, as a parameter.
int verify_message_final(void* ctx) {
    auto& signing = Signing::of(ctx);
    return guard<int>(signing.core(), -1, [&] { return signing.verify_message(signing.expected()); });
}

const OSSL_PARAM explicit_signature_params[] = {
    describe_octets(OSSL_SIGNATURE_PARAM_SIGNATURE),
    describe_unsigned("nonce-type"),
    end_of_params,
};

// Not list<>, which g++ 14 would not define either, and which cannot be instantiated for what only this file sees.
const OSSL_PARAM* settable_explicit_params(void* /*ctx*/, void* /*provctx*/) {
    return explicit_signature_params;
}

template <const char* digest>
const OSSL_DISPATCH functions[] = {
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_NEWCTX, signature_newctx, newctx<digest>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_FREECTX, signature_freectx, free_context<Signing>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_DUPCTX, signature_dupctx, duplicate_context<Signing>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES, signature_query_key_types, query_key_types),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN_INIT, signature_sign_init, begin<Operation::sign>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN, signature_sign, sign),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT, signature_sign_message_init, begin_message<Operation::sign>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_UPDATE, signature_sign_message_update, update),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_FINAL, signature_sign_message_final, finish),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_INIT, signature_verify_init, begin<Operation::verify>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY, signature_verify, verify),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_INIT, signature_verify_message_init,
                 begin_message<Operation::verify>),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_UPDATE, signature_verify_message_update, update),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_FINAL, signature_verify_message_final, verify_message_final),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, signature_get_ctx_params, get_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, signature_gettable_ctx_params, gettable_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signature_set_ctx_params, set_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signature_settable_ctx_params, settable_explicit_params),
    end_of_dispatch,
};

}  // namespace

// The names are those of the default provider: libcrypto asks for any of them.
const OSSL_ALGORITHM signatures[] = {
    {"ECDSA", our_algorithm, signature_ecdsa, "ECDSA with OPTIGA Trust X"},
    {"ECDSA-SHA1:ECDSA-SHA-1:ecdsa-with-SHA1:1.2.840.10045.4.1", our_algorithm, functions<sha1>, nullptr},
    {"ECDSA-SHA2-224:ECDSA-SHA224:ecdsa-with-SHA224:1.2.840.10045.4.3.1", our_algorithm, functions<sha224>, nullptr},
    {"ECDSA-SHA2-256:ECDSA-SHA256:ecdsa-with-SHA256:1.2.840.10045.4.3.2", our_algorithm, functions<sha256>, nullptr},
    {"ECDSA-SHA2-384:ECDSA-SHA384:ecdsa-with-SHA384:1.2.840.10045.4.3.3", our_algorithm, functions<sha384>, nullptr},
    {"ECDSA-SHA2-512:ECDSA-SHA512:ecdsa-with-SHA512:1.2.840.10045.4.3.4", our_algorithm, functions<sha512>, nullptr},
    {"ECDSA-SHA3-224:ecdsa_with_SHA3-224:id-ecdsa-with-sha3-224:2.16.840.1.101.3.4.3.9", our_algorithm,
     functions<sha3_224>, nullptr},
    {"ECDSA-SHA3-256:ecdsa_with_SHA3-256:id-ecdsa-with-sha3-256:2.16.840.1.101.3.4.3.10", our_algorithm,
     functions<sha3_256>, nullptr},
    {"ECDSA-SHA3-384:ecdsa_with_SHA3-384:id-ecdsa-with-sha3-384:2.16.840.1.101.3.4.3.11", our_algorithm,
     functions<sha3_384>, nullptr},
    {"ECDSA-SHA3-512:ecdsa_with_SHA3-512:id-ecdsa-with-sha3-512:2.16.840.1.101.3.4.3.12", our_algorithm,
     functions<sha3_512>, nullptr},
    {nullptr, nullptr, nullptr, nullptr},
};

}  // namespace trustx::provider
