// SPDX-License-Identifier: Apache-2.0
#include "parameter_lists.hpp"

#include <algorithm>
#include <exception>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace trustx::provider {
namespace {

using Of = ParameterLists::Of;
using KeyManagement = openssl::Handle<EVP_KEYMGMT, EVP_KEYMGMT_free>;
using KeyExchange = openssl::Handle<EVP_KEYEXCH, EVP_KEYEXCH_free>;
using Kdf = openssl::Handle<EVP_KDF, EVP_KDF_free>;

// What is listed lives as long as the library context does, not only as the handle.
const OSSL_PARAM* of_keys(OSSL_LIB_CTX* libctx, const char* properties,
                          const OSSL_PARAM* (*listed)(const EVP_KEYMGMT*)) {
    const KeyManagement keys(EVP_KEYMGMT_fetch(libctx, "EC", properties));
    return keys == nullptr ? nullptr : listed(keys.get());
}

const OSSL_PARAM* of_agreement(OSSL_LIB_CTX* libctx, const char* properties,
                               const OSSL_PARAM* (*listed)(const EVP_KEYEXCH*)) {
    const KeyExchange exchange(EVP_KEYEXCH_fetch(libctx, "ECDH", properties));
    return exchange == nullptr ? nullptr : listed(exchange.get());
}

const OSSL_PARAM* of_kdf(OSSL_LIB_CTX* libctx, const char* properties, const char* name,
                         const OSSL_PARAM* (*listed)(const EVP_KDF*)) {
    const Kdf kdf(EVP_KDF_fetch(libctx, name, properties));
    return kdf == nullptr ? nullptr : listed(kdf.get());
}

const OSSL_PARAM* listed(OSSL_LIB_CTX* libctx, const char* properties, Of of) {
    switch (of) {
        case Of::key_gettable:
            return of_keys(libctx, properties, EVP_KEYMGMT_gettable_params);
        case Of::key_settable:
            return of_keys(libctx, properties, EVP_KEYMGMT_settable_params);
        case Of::generation_settable:
            return of_keys(libctx, properties, EVP_KEYMGMT_gen_settable_params);
        case Of::agreement_gettable:
            return of_agreement(libctx, properties, EVP_KEYEXCH_gettable_ctx_params);
        case Of::agreement_settable:
            return of_agreement(libctx, properties, EVP_KEYEXCH_settable_ctx_params);
        case Of::prf_gettable:
            return of_kdf(libctx, properties, OSSL_KDF_NAME_TLS1_PRF, EVP_KDF_gettable_ctx_params);
        case Of::prf_settable:
            return of_kdf(libctx, properties, OSSL_KDF_NAME_TLS1_PRF, EVP_KDF_settable_ctx_params);
        case Of::tls13_gettable:
            return of_kdf(libctx, properties, OSSL_KDF_NAME_TLS1_3_KDF, EVP_KDF_gettable_ctx_params);
        case Of::tls13_settable:
            return of_kdf(libctx, properties, OSSL_KDF_NAME_TLS1_3_KDF, EVP_KDF_settable_ctx_params);
    }
    return nullptr;
}

}  // namespace

ParameterLists::~ParameterLists() {
    for (auto& list : lists_) {
        delete list.load();
    }
}

ParameterLists::List ParameterLists::make(Of of, std::span<const OSSL_PARAM> own) const {
    // Without an implementation there is only our own, and no error.
    ERR_set_mark();
    const OSSL_PARAM* theirs = listed(libctx_, properties_, of);
    ERR_pop_to_mark();
    List list;
    for (; theirs != nullptr && theirs->key != nullptr; ++theirs) {
        list.params.push_back(*theirs);
    }
    list.params.insert(list.params.end(), own.begin(), own.end());
    // All names first: the pointers into a growing vector would not last.
    std::transform(list.params.begin(), list.params.end(), std::back_inserter(list.names),
                   [](const OSSL_PARAM& param) { return std::string(param.key); });
    for (std::size_t index = 0; index < list.params.size(); ++index) {
        list.params[index].key = list.names[index].c_str();
    }
    list.params.push_back(OSSL_PARAM_construct_end());
    return list;
}

// The thread that comes first keeps its list; one that comes at the same time throws its own away.
const OSSL_PARAM* ParameterLists::get(Of of, std::span<const OSSL_PARAM> own) noexcept {
    auto& kept = lists_.at(static_cast<std::size_t>(of));
    if (const List* const there = kept.load()) {
        return there->params.data();
    }
    try {
        auto made = std::make_unique<const List>(make(of, own));
        const List* first = nullptr;
        if (!kept.compare_exchange_strong(first, made.get())) {
            return first->params.data();
        }
        return made.release()->params.data();
    } catch (const std::exception&) {
        return nullptr;
    }
}

}  // namespace trustx::provider
