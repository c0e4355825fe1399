// SPDX-License-Identifier: Apache-2.0
#include "tls_groups.hpp"

#include "param.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

struct Offer {
    Scope scope;
    OSSL_CALLBACK* callback;
    void* argument;
};

std::string text_of(const OSSL_PARAM* params, const char* name) {
    std::string text;
    return take(params, name, text) ? text : std::string{};
}

bool chip_has(const OSSL_PARAM* params) {
    return curve_named(text_of(params, OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL)).has_value();
}

// The parameters are constant data of another provider, so they are changed in a copy.
int offer_with_our_algorithm(const OSSL_PARAM* params, const Offer& offer) {
    std::string algorithm = ephemeral_algorithm;
    std::vector<OSSL_PARAM> changed;
    for (const OSSL_PARAM* param = params; param->key != nullptr; ++param) {
        const bool names_algorithm = std::string_view{param->key} == OSSL_CAPABILITY_TLS_GROUP_ALG;
        changed.push_back(names_algorithm ? OSSL_PARAM_construct_utf8_string(OSSL_CAPABILITY_TLS_GROUP_ALG,
                                                                             algorithm.data(), algorithm.size())
                                          : *param);
    }
    changed.push_back(OSSL_PARAM_construct_end());
    return offer.callback(changed.data(), offer.argument);
}

// offer_ec_group passes a group of the default provider on when it is one of EC keys.
int offer_ec_group(const OSSL_PARAM params[], void* argument) {
    const auto& offer = *static_cast<const Offer*>(argument);
    if (text_of(params, OSSL_CAPABILITY_TLS_GROUP_ALG) != "EC") {
        return 1;
    }
    return offer.scope != Scope::signature && chip_has(params) ? offer_with_our_algorithm(params, offer)
                                                               : offer.callback(params, offer.argument);
}

}  // namespace

// OpenSSL 3.0 offers a TLS group only if the provider that wins the fetch of its keymgmt advertises it. We can do with
// EC keys what the default provider can, so we advertise its EC groups (openssl-provider.md section 1.8).
int offer_tls_groups(const ProviderContext& context, OSSL_CALLBACK* callback, void* argument) {
    Offer offer{context.settings().scope, callback, argument};
    return context.forward_capabilities("TLS-GROUP", offer_ec_group, &offer);
}

}  // namespace trustx::provider
