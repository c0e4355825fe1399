// SPDX-License-Identifier: Apache-2.0
#include "parameter_lists.hpp"

#include <algorithm>
#include <exception>
#include <memory>

#include <openssl/err.h>
#include <openssl/params.h>

namespace trustx::provider {
namespace {

using Of = ParameterLists::Of;
using KeyManagement = openssl::Handle<EVP_KEYMGMT, EVP_KEYMGMT_free>;
using KeyExchange = openssl::Handle<EVP_KEYEXCH, EVP_KEYEXCH_free>;

const OSSL_PARAM* listed(const EVP_KEYMGMT* keys, Of of) {
    switch (of) {
        case Of::key_gettable:
            return EVP_KEYMGMT_gettable_params(keys);
        case Of::key_settable:
            return EVP_KEYMGMT_settable_params(keys);
        default:
            return EVP_KEYMGMT_gen_settable_params(keys);
    }
}

const OSSL_PARAM* listed(const EVP_KEYEXCH* exchange, Of of) {
    return of == Of::agreement_gettable ? EVP_KEYEXCH_gettable_ctx_params(exchange)
                                        : EVP_KEYEXCH_settable_ctx_params(exchange);
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
    const bool agreement = of == Of::agreement_gettable || of == Of::agreement_settable;
    const KeyManagement keys(agreement ? nullptr : EVP_KEYMGMT_fetch(libctx_, "EC", properties_));
    const KeyExchange exchange(agreement ? EVP_KEYEXCH_fetch(libctx_, "ECDH", properties_) : nullptr);
    ERR_pop_to_mark();
    List list;
    const OSSL_PARAM* theirs = nullptr;
    if (keys != nullptr) {
        theirs = listed(keys.get(), of);
    } else if (exchange != nullptr) {
        theirs = listed(exchange.get(), of);
    }
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
