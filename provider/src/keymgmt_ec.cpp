// SPDX-License-Identifier: Apache-2.0
// Key management for EC keys: OSSL_OP_KEYMGMT "EC", and "TRUSTX-ECDHE" for the ephemeral keys of TLS. Everything here
// answers from memory (openssl-provider.md section 1.3); making keys is in key_generation.cpp.
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "dispatch.hpp"
#include "handover.hpp"
#include "key.hpp"
#include "key_generation.hpp"
#include "param.hpp"
#include "tls_groups.hpp"
#include "trust_anchors.hpp"

#include <string_view>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

void* keymgmt_new(void* provctx) {
    auto& context = ProviderContext::of(provctx);
    return hand_over(context.core(), [&]() -> Outcome<KeyRef> { return Key::empty(context); });
}

void keymgmt_free(void* keydata) {
    if (keydata != nullptr) {
        Key::of(keydata).count_down();
    }
}

void* keymgmt_load(const void* reference, std::size_t size) {
    KeyHandover* const handover = KeyHandover::at(reference, size);
    return handover == nullptr ? nullptr : handover->take().release();
}

int keymgmt_has(const void* keydata, int selection) {
    if (keydata == nullptr) {
        return 0;
    }
    const Key& key = Key::of(keydata);
    const auto lacks = [&](int part, bool present) { return (selection & part) != 0 && !present; };
    return !lacks(OSSL_KEYMGMT_SELECT_PRIVATE_KEY, key.has_private()) &&
           !lacks(OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS, key.has_curve()) &&
           !lacks(OSSL_KEYMGMT_SELECT_PUBLIC_KEY, key.has_public());
}

int keymgmt_match(const void* keydata, const void* other, int selection) {
    return keydata != nullptr && other != nullptr && Key::of(keydata).matches(Key::of(other), selection);
}

// validate checks in software what can be checked there. That the chip holds the private key that belongs to the
// point shows at the first signature, which is verified; asking for it here would use the private key.
int keymgmt_validate(const void* keydata, int selection, int check_type) {
    const Key& key = Key::of(keydata);
    if (key.inner() == nullptr) {
        return 0;
    }
    const openssl::PkeyContext ctx{
        EVP_PKEY_CTX_new_from_pkey(key.context().libctx(), key.inner(), key.context().properties())};
    if (ctx == nullptr) {
        return 0;
    }
    const bool quick = check_type == OSSL_KEYMGMT_VALIDATE_QUICK_CHECK;
    const bool software = key.kind() == Key::Kind::software;
    const auto selected = [&](int part) { return (selection & part) == part; };
    if (selected(OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS) &&
        (quick ? EVP_PKEY_param_check_quick(ctx.get()) : EVP_PKEY_param_check(ctx.get())) != 1) {
        return 0;
    }
    if (selected(OSSL_KEYMGMT_SELECT_PUBLIC_KEY) &&
        (quick ? EVP_PKEY_public_check_quick(ctx.get()) : EVP_PKEY_public_check(ctx.get())) != 1) {
        return 0;
    }
    if (selected(OSSL_KEYMGMT_SELECT_PRIVATE_KEY) &&
        (!key.has_private() || (software && EVP_PKEY_private_check(ctx.get()) != 1))) {
        return 0;
    }
    return !selected(OSSL_KEYMGMT_SELECT_KEYPAIR) || !software || EVP_PKEY_pairwise_check(ctx.get()) == 1;
}

int keymgmt_import(void* keydata, int selection, const OSSL_PARAM params[]) {
    Key& key = Key::of(keydata);
    return answer(key.context().core(), [&] { return key.import(selection, params); });
}

const OSSL_PARAM public_types[] = {
    describe_text(OSSL_PKEY_PARAM_GROUP_NAME),
    describe_octets(OSSL_PKEY_PARAM_PUB_KEY),
    end_of_params,
};

// Nothing tells here which library context is meant, so these are listed; no version of OpenSSL has others.
const OSSL_PARAM all_types[] = {
    describe_unsigned(OSSL_PKEY_PARAM_PRIV_KEY),
    describe_octets(OSSL_PKEY_PARAM_PUB_KEY),
    describe_text(OSSL_PKEY_PARAM_GROUP_NAME),
    describe_text(OSSL_PKEY_PARAM_EC_ENCODING),
    describe_text(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT),
    describe_text(OSSL_PKEY_PARAM_EC_FIELD_TYPE),
    describe_unsigned(OSSL_PKEY_PARAM_EC_P),
    describe_unsigned(OSSL_PKEY_PARAM_EC_A),
    describe_unsigned(OSSL_PKEY_PARAM_EC_B),
    describe_octets(OSSL_PKEY_PARAM_EC_GENERATOR),
    describe_unsigned(OSSL_PKEY_PARAM_EC_ORDER),
    describe_unsigned(OSSL_PKEY_PARAM_EC_COFACTOR),
    describe_octets(OSSL_PKEY_PARAM_EC_SEED),
    describe_integer(OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS),
    describe_integer(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH),
    describe_integer(OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC),
    end_of_params,
};

// A list for the selection, not for a key: without the private key it is what a chip key gives, with it what only a
// software key gives.
const OSSL_PARAM* keymgmt_export_types(int selection) {
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? all_types : public_types;
}

int keymgmt_export(void* keydata, int selection, OSSL_CALLBACK* callback, void* argument) {
    const Key& key = Key::of(keydata);
    return answer(key.context().core(), [&]() -> Outcome<void> {
        if (key.inner() == nullptr) {
            return fail(Reason::key_incomplete, "export an empty key");
        }
        const bool with_private = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
        // libcrypto asks so before it lets another provider verify, and comes back to us when it is refused.
        if (with_private && !key.has_private() && is_for_chip(key.context(), *key.inner())) {
            return fail(Reason::key_incomplete,
                        "export the private key of a trust anchor, which the chip verifies with");
        }
        if (!key.is_chip_key()) {
            return EVP_PKEY_export(key.inner(), selection, callback, argument) == 1
                       ? Outcome<void>{}
                       : Outcome<void>{software_failed("export an EC key")};
        }
        if (with_private) {
            return fail(Reason::key_not_exportable, "export key " + key.reference().key.hex());
        }
        return key.export_public(selection, callback, argument);
    });
}

void* keymgmt_dup(const void* keydata, int selection) {
    const Key& key = Key::of(keydata);
    return hand_over(key.context().core(), [&] { return key.duplicate(selection); });
}

// Our own parameters, for diagnosis (openssl-provider.md section 1.4).
constexpr const char* param_kind = "trustx-kind";
constexpr const char* param_key_slot = "trustx-slot";
constexpr const char* param_uid = "trustx-uid";

constexpr std::array own_gettable{describe_text(param_kind), describe_unsigned(param_key_slot),
                                  describe_octets(param_uid)};

const OSSL_PARAM* keymgmt_gettable_params(void* provctx) {
    return ProviderContext::of(provctx).parameters().get(ParameterLists::Of::key_gettable, own_gettable);
}

const char* name_of(Key::Kind kind) {
    switch (kind) {
        case Key::Kind::chip:
            return "chip";
        case Key::Kind::software:
            return "software";
        case Key::Kind::public_only:
            return "public";
        case Key::Kind::empty:
            break;
    }
    return "empty";
}

Outcome<void> answer_own(const Key& key, OSSL_PARAM params[]) {
    const char* const name = key.is_session_key() ? "session" : name_of(key.kind());
    if (auto kind = answer_text(params, param_kind, name); !kind || !key.is_chip_key()) {
        return kind;
    }
    TRYV(answer_unsigned(params, param_key_slot, key.reference().key.value));
    const auto& uid = key.reference().coprocessor;
    return uid ? answer_octets(params, param_uid, ByteView{uid->bytes}) : Outcome<void>{};
}

int keymgmt_get_params(void* keydata, OSSL_PARAM params[]) {
    const Key& key = Key::of(keydata);
    return answer(key.context().core(), [&]() -> Outcome<void> {
        if (key.inner() == nullptr) {
            return fail(Reason::key_incomplete, "ask an empty key for parameters");
        }
        if (EVP_PKEY_get_params(key.inner(), params) != 1) {
            return software_failed("ask an EC key for parameters");
        }
        return answer_own(key, params);
    });
}

const OSSL_PARAM* keymgmt_settable_params(void* provctx) {
    return ProviderContext::of(provctx).parameters().get(ParameterLists::Of::key_settable);
}

int keymgmt_set_params(void* keydata, const OSSL_PARAM params[]) {
    Key& key = Key::of(keydata);
    return answer(key.context().core(), [&] { return key.set(params); });
}

// libssl takes any point for a peer's in TLS 1.3, unless the key is called EC (openssl-provider.md section 6.1).
int ecdhe_set_params(void* keydata, const OSSL_PARAM params[]) {
    Key& key = Key::of(keydata);
    return answer(key.context().core(), [&]() -> Outcome<void> {
        std::optional<ByteView> point;
        TRYV(take(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point));
        if (point) {
            TRYV(outcome_of(PublicKey::from_point(*point)).during("take the peer's share"));
        }
        return key.set(params);
    });
}

const char* keymgmt_query_operation_name(int operation) {
    switch (operation) {
        case OSSL_OP_SIGNATURE:
            return "ECDSA";
        case OSSL_OP_KEYEXCH:
            return "ECDH";
        default:
            return nullptr;
    }
}

const char* ecdhe_query_operation_name(int operation) {
    return operation == OSSL_OP_KEYEXCH ? ephemeral_algorithm : nullptr;
}

template <auto begin>
void* gen_init(void* provctx, int selection, const OSSL_PARAM params[]) {
    auto& context = ProviderContext::of(provctx);
    return hand_over(context.core(), [&] { return begin(context, selection, params); });
}

int keymgmt_gen_set_template(void* genctx, void* keydata) {
    auto& generation = KeyGeneration::of(genctx);
    return answer(generation.core(), [&] { return generation.use_template(Key::of(keydata)); });
}

int keymgmt_gen_set_params(void* genctx, const OSSL_PARAM params[]) {
    auto& generation = KeyGeneration::of(genctx);
    return answer(generation.core(), [&] { return generation.set(params); });
}

const OSSL_PARAM* keymgmt_gen_settable_params(void*, void* provctx) {
    return KeyGeneration::settable(ProviderContext::of(provctx));
}

constexpr std::array ecdhe_gen_settable{describe_text(OSSL_PKEY_PARAM_GROUP_NAME), end_of_params};

void* keymgmt_gen(void* genctx, OSSL_CALLBACK*, void*) {
    auto& generation = KeyGeneration::of(genctx);
    return hand_over(generation.core(), [&] { return generation.generate(); });
}

}  // namespace

const OSSL_DISPATCH keymgmt_ec[] = {
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_NEW, keymgmt_new, keymgmt_new),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_FREE, keymgmt_free, keymgmt_free),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_LOAD, keymgmt_load, keymgmt_load),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_HAS, keymgmt_has, keymgmt_has),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_MATCH, keymgmt_match, keymgmt_match),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_VALIDATE, keymgmt_validate, keymgmt_validate),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_IMPORT, keymgmt_import, keymgmt_import),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, keymgmt_import_types, list<all_types>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_EXPORT, keymgmt_export, keymgmt_export),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, keymgmt_export_types, keymgmt_export_types),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_DUP, keymgmt_dup, keymgmt_dup),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GET_PARAMS, keymgmt_get_params, keymgmt_get_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, keymgmt_gettable_params, keymgmt_gettable_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_SET_PARAMS, keymgmt_set_params, keymgmt_set_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, keymgmt_settable_params, keymgmt_settable_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, keymgmt_query_operation_name, keymgmt_query_operation_name),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_INIT, keymgmt_gen_init, gen_init<KeyGeneration::begin>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE, keymgmt_gen_set_template, keymgmt_gen_set_template),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, keymgmt_gen_set_params, keymgmt_gen_set_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, keymgmt_gen_settable_params, keymgmt_gen_settable_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN, keymgmt_gen, keymgmt_gen),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, keymgmt_gen_cleanup, free_context<KeyGeneration>),
    end_of_dispatch,
};

const OSSL_DISPATCH keymgmt_ecdhe[] = {
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_NEW, keymgmt_new, keymgmt_new),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_FREE, keymgmt_free, keymgmt_free),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_HAS, keymgmt_has, keymgmt_has),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_MATCH, keymgmt_match, keymgmt_match),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_VALIDATE, keymgmt_validate, keymgmt_validate),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_IMPORT, keymgmt_import, keymgmt_import),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, keymgmt_import_types, list<all_types>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_EXPORT, keymgmt_export, keymgmt_export),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, keymgmt_export_types, keymgmt_export_types),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_DUP, keymgmt_dup, keymgmt_dup),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GET_PARAMS, keymgmt_get_params, keymgmt_get_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, keymgmt_gettable_params, keymgmt_gettable_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_SET_PARAMS, keymgmt_set_params, ecdhe_set_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, keymgmt_settable_params, keymgmt_settable_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, keymgmt_query_operation_name, ecdhe_query_operation_name),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_INIT, keymgmt_gen_init, gen_init<KeyGeneration::begin_ephemeral>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE, keymgmt_gen_set_template, keymgmt_gen_set_template),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, keymgmt_gen_set_params, keymgmt_gen_set_params),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, keymgmt_gen_settable_params, list<ecdhe_gen_settable>),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN, keymgmt_gen, keymgmt_gen),
    TRUSTX_ENTRY(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, keymgmt_gen_cleanup, free_context<KeyGeneration>),
    end_of_dispatch,
};

}  // namespace trustx::provider
