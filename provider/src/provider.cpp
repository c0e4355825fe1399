// SPDX-License-Identifier: Apache-2.0
// The entry point OSSL_provider_init, what the provider says about itself, and its table of algorithms. Nothing here
// touches a chip except the self test, on request.
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "common/openssl/provider_title.hpp"
#include "context.hpp"
#include "dispatch.hpp"
#include "param.hpp"
#include "self_test.hpp"
#include "tls_groups.hpp"

#include <cstring>
#include <string_view>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

constexpr const char* version = TRUSTX_VERSION;

const OSSL_ALGORITHM keymgmts[] = {
    // The short and long name of the OID are how libssl classifies certificate keys (openssl-provider.md section 1.3).
    {"EC:id-ecPublicKey:1.2.840.10045.2.1", our_algorithm, keymgmt_ec, "EC keys in OPTIGA Trust X, and in software"},
    {ephemeral_algorithm, our_algorithm, keymgmt_ecdhe, "ephemeral EC keys of TLS in OPTIGA Trust X"},
    {nullptr, nullptr, nullptr, nullptr},
};

const OSSL_ALGORITHM key_exchanges[] = {
    {"ECDH", our_algorithm, keyexch_ecdh, "ECDH"},
    {ephemeral_algorithm, our_algorithm, keyexch_ecdh, "ECDH with ephemeral keys of TLS in OPTIGA Trust X"},
    {nullptr, nullptr, nullptr, nullptr},
};

// Only where the chip keeps secrets of TLS: nobody else is to run through them.
const OSSL_ALGORITHM kdfs[] = {
    {"TLS1-PRF", our_algorithm, kdf_tls1_prf, "PRF of TLS 1.2 in OPTIGA Trust X, and in software"},
    {"TLS13-KDF", our_algorithm, kdf_tls13, "key schedule of TLS 1.3, in software"},
    {nullptr, nullptr, nullptr, nullptr},
};

const OSSL_ALGORITHM rands[] = {
    {"TRUSTX-RNG", our_algorithm, rand_trustx, "true random numbers of OPTIGA Trust X"},
    {nullptr, nullptr, nullptr, nullptr},
};

const OSSL_ALGORITHM stores[] = {
    {"trustx", our_algorithm, store_trustx, "keys and certificates on OPTIGA Trust X"},
    {nullptr, nullptr, nullptr, nullptr},
};

// What the tables of decoders begin with where the chip verifies. Everywhere else it is left out: libcrypto before 3.2
// makes a chain of decoders for each certificate that anybody reads, and each decoder in it costs
// (docs/performance.md).
constexpr OSSL_ALGORITHM anchors_ec{"EC", "provider=trustx,input=der,structure=SubjectPublicKeyInfo",
                                    decoder_der_to_anchor, "keys of trust anchors in the chip"};
// A key that the chip cannot verify with is refused, not verified with by others.
constexpr OSSL_ALGORITHM anchors_rsa{"RSA", "provider=trustx,input=der,structure=SubjectPublicKeyInfo",
                                     decoder_der_to_anchor, "keys that no trust anchor can have"};
constexpr std::size_t anchor_decoders = 2;

// The file store asks decoders that have no structure and are called DER, MSBLOB or PVK.
const OSSL_ALGORITHM decoders[] = {
    anchors_ec,
    anchors_rsa,
    {"DER", "provider=trustx,input=pem", decoder_pem_to_der, "TRUSTX PRIVATE KEY blocks"},
    {"DER", "provider=trustx,input=der", decoder_der_check, "damaged key references"},
    {"EC", "provider=trustx,input=der,structure=trustx", decoder_der_to_ec, "key references"},
    {nullptr, nullptr, nullptr, nullptr},
};

// Chains for EC certificates have all that is called DER, too. PVK is the name of Microsoft's
// private key files, so only chains for private keys have us. (Since 3.2 chains are kept, and one that begins with PEM
// goes on with DER only.)
const OSSL_ALGORITHM decoders_before_3_2[] = {
    anchors_ec,
    anchors_rsa,
    {"PVK", "provider=trustx,input=pem", decoder_pem_to_der, "TRUSTX PRIVATE KEY blocks"},
    {"PVK", "provider=trustx,input=der", decoder_der_check, "damaged key references"},
    {"EC", "provider=trustx,input=der,structure=trustx", decoder_der_to_ec, "key references"},
    {"EC", "provider=trustx,input=pvk,structure=trustx", decoder_der_to_ec, "key references out of PEM"},
    {nullptr, nullptr, nullptr, nullptr},
};

bool is_before_3_2(const Core& core) {
    const auto core_version = core.parameter(OSSL_PROV_PARAM_CORE_VERSION);
    return core_version && (core_version->starts_with("3.0.") || core_version->starts_with("3.1."));
}

const OSSL_ALGORITHM encoders[] = {
    {"EC", "provider=trustx,output=pem,structure=PrivateKeyInfo", encoder_private_key_pem, nullptr},
    {"EC", "provider=trustx,output=der,structure=PrivateKeyInfo", encoder_private_key_der, nullptr},
    {"EC", "provider=trustx,output=pem,structure=EncryptedPrivateKeyInfo", encoder_encrypted_private_key_pem, nullptr},
    {"EC", "provider=trustx,output=der,structure=EncryptedPrivateKeyInfo", encoder_encrypted_private_key_der, nullptr},
    {"EC", "provider=trustx,output=pem,structure=type-specific", encoder_type_specific_pem, nullptr},
    {"EC", "provider=trustx,output=der,structure=type-specific", encoder_type_specific_der, nullptr},
    {"EC", "provider=trustx,output=pem,structure=SubjectPublicKeyInfo", encoder_public_key_pem, nullptr},
    {"EC", "provider=trustx,output=der,structure=SubjectPublicKeyInfo", encoder_public_key_der, nullptr},
    {"EC", "provider=trustx,output=text", encoder_text, nullptr},
    {nullptr, nullptr, nullptr, nullptr},
};

const OSSL_ALGORITHM* decoders_of(const ProviderContext& context) {
    const auto* const all = is_before_3_2(context.core()) ? decoders_before_3_2 : decoders;
    return context.settings().asks_anchors() ? all : all + anchor_decoders;
}

const OSSL_ALGORITHM* algorithms_of(const ProviderContext& context, int operation) {
    switch (operation) {
        case OSSL_OP_KEYMGMT:
            return keymgmts;
        case OSSL_OP_SIGNATURE:
            return signatures;
        case OSSL_OP_KEYEXCH:
            return key_exchanges;
        case OSSL_OP_KDF:
            return context.settings().scope == Scope::key_schedule ? kdfs : nullptr;
        case OSSL_OP_RAND:
            return rands;
        case OSSL_OP_STORE:
            return stores;
        case OSSL_OP_DECODER:
            return decoders_of(context);
        case OSSL_OP_ENCODER:
            return encoders;
        default:
            return nullptr;
    }
}

const OSSL_ALGORITHM* provider_query_operation(void* provctx, int operation, int* no_cache) {
    *no_cache = 0;
    const auto& context = ProviderContext::of(provctx);
    return context.claimed(algorithms_of(context, operation));
}

// Our own: how often this process used private keys of the default device, and that chip's security event counter when
// it was last seen. Known only once a key was used.
constexpr const char* param_uses = "trustx-private-key-uses";
constexpr const char* param_counter = "trustx-security-event-counter";

const OSSL_PARAM gettable_params[] = {
    describe_pointer(OSSL_PROV_PARAM_NAME),
    describe_pointer(OSSL_PROV_PARAM_VERSION),
    describe_pointer(OSSL_PROV_PARAM_BUILDINFO),
    describe_integer(OSSL_PROV_PARAM_STATUS),
    describe_unsigned(param_uses),
    describe_unsigned(param_counter),
    end_of_params,
};

Outcome<void> answer_use_of_chip(ProviderContext& context, OSSL_PARAM params[]) {
    const Chip* const chip = context.chips().known("");
    if (chip == nullptr) {
        return {};
    }
    TRYV(answer_unsigned(params, param_uses, chip->watch().uses()));
    const auto counter = chip->watch().counter();
    return counter ? answer_unsigned(params, param_counter, *counter) : Outcome<void>{};
}

int provider_get_params(void* provctx, OSSL_PARAM params[]) {
    return answer(ProviderContext::of(provctx).core(), [&]() -> Outcome<void> {
        TRYV(answer_pointer(params, OSSL_PROV_PARAM_NAME, openssl::provider_title));
        TRYV(answer_pointer(params, OSSL_PROV_PARAM_VERSION, version));
        TRYV(answer_pointer(params, OSSL_PROV_PARAM_BUILDINFO, version));
        TRYV(answer_integer(params, OSSL_PROV_PARAM_STATUS, 1));
        return answer_use_of_chip(ProviderContext::of(provctx), params);
    });
}

const OSSL_ITEM* provider_get_reason_strings(void*) {
    return reason_strings();
}

// Signature algorithms need no capability: libssl knows ECDSA.
int provider_get_capabilities(void* provctx, const char* capability, OSSL_CALLBACK* callback, void* argument) {
    const auto& context = ProviderContext::of(provctx);
    return guard<int>(context.core(), 0, [&]() -> Outcome<int> {
        return std::string_view{capability} == "TLS-GROUP" ? offer_tls_groups(context, callback, argument) : 1;
    });
}

int provider_self_test(void* provctx) {
    auto& context = ProviderContext::of(provctx);
    return answer(context.core(), [&] { return self_test(context); });
}

const OSSL_DISPATCH provider_functions[] = {
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_TEARDOWN, provider_teardown, free_context<ProviderContext>),
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, provider_gettable_params, list<gettable_params>),
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_GET_PARAMS, provider_get_params, provider_get_params),
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query_operation, provider_query_operation),
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, provider_get_reason_strings, provider_get_reason_strings),
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, provider_get_capabilities, provider_get_capabilities),
    TRUSTX_ENTRY(OSSL_FUNC_PROVIDER_SELF_TEST, provider_self_test, provider_self_test),
    end_of_dispatch,
};

int initialize(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* in, const OSSL_DISPATCH** out, void** provctx) {
    const Core core = Core::from(handle, in);
    return answer(core, [&]() -> Outcome<void> {
        auto context = ProviderContext::make(handle, in);
        if (context == nullptr) {
            return fail(Reason::out_of_memory, "make the private library context");
        }
        if (context->settings().claim_fips) {
            context->claim_fips(
                {keymgmts, signatures, key_exchanges, kdfs, rands, stores, decoders_of(*context), encoders});
        }
        if (context->settings().open_at_load) {
            // A program may load its keys after it changed its root directory, but the provider before that.
            context->chips().expect_use("");
        }
        *provctx = context.release();
        *out = provider_functions;
        return {};
    });
}

}  // namespace
}  // namespace trustx::provider

extern "C" __attribute__((visibility("default"))) int OSSL_provider_init(const OSSL_CORE_HANDLE* handle,
                                                                         const OSSL_DISPATCH* in,
                                                                         const OSSL_DISPATCH** out, void** provctx) {
    using namespace trustx::provider;
    return Uncancelled<initialize>::call(handle, in, out, provctx);
}
