// SPDX-License-Identifier: Apache-2.0
#include "named_curves.hpp"

#include "param.hpp"

#include <string_view>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/err.h>

namespace trustx::provider {
namespace {

bool is_text(const OSSL_PARAM* param, std::string_view wanted) {
    std::string text;
    return param != nullptr && read(*param, text) && text == wanted;
}

std::optional<Curve> curve_of(const OSSL_PARAM& group) {
    std::string name;
    return read(group, name) ? curve_named(name) : std::nullopt;
}

bool is_uncompressed(const OSSL_PARAM& point) {
    constexpr unsigned char uncompressed = 4;  // SEC 1 section 2.3.3
    return point.data_type == OSSL_PARAM_OCTET_STRING && point.data_size > 0 &&
           *static_cast<const unsigned char*>(point.data) == uncompressed;
}

// Only a flag of the key, but one that cannot be set afterwards.
bool was_explicit(const OSSL_PARAM* decoded_from_explicit) {
    int value = 0;
    return decoded_from_explicit != nullptr && (OSSL_PARAM_get_int(decoded_from_explicit, &value) != 1 || value > 0);
}

}  // namespace

NamedCurves::~NamedCurves() {
    for (auto& parameters : parameters_) {
        EVP_PKEY_free(parameters.load());
    }
}

// The first thread makes it; one that comes at the same time makes another and frees that.
const EVP_PKEY* NamedCurves::parameters(OSSL_LIB_CTX* libctx, Curve curve) {
    auto& kept = parameters_[curve == Curve::p256 ? 0 : 1];
    if (const EVP_PKEY* const there = kept.load()) {
        return there;
    }
    const std::array<OSSL_PARAM, 2> group{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, only_read(group_name(curve).data()), 0),
        OSSL_PARAM_construct_end()};
    const openssl::PkeyContext ctx{EVP_PKEY_CTX_new_from_name(libctx, "EC", nullptr)};
    EVP_PKEY* made = nullptr;
    if (ctx == nullptr || EVP_PKEY_fromdata_init(ctx.get()) != 1 ||
        EVP_PKEY_fromdata(ctx.get(), &made, EVP_PKEY_KEY_PARAMETERS, only_read(group.data())) != 1) {
        EVP_PKEY_free(made);
        return nullptr;
    }
    EVP_PKEY* first = nullptr;
    if (!kept.compare_exchange_strong(first, made)) {
        EVP_PKEY_free(made);
        return first;
    }
    return made;
}

openssl::Pkey NamedCurves::import(OSSL_LIB_CTX* libctx, int selection, const OSSL_PARAM* params) {
    const OSSL_PARAM* const group = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
    const OSSL_PARAM* const point = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
    const OSSL_PARAM* const form = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT);
    if ((selection & EVP_PKEY_PUBLIC_KEY) != EVP_PKEY_PUBLIC_KEY || group == nullptr || point == nullptr ||
        !is_uncompressed(*point) || (form != nullptr && !is_text(form, "uncompressed")) ||
        OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY) != nullptr ||
        was_explicit(OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS))) {
        return nullptr;
    }
    const auto curve = curve_of(*group);
    const EVP_PKEY* const parameters = curve ? this->parameters(libctx, *curve) : nullptr;
    // Duplicating only counts up.
    openssl::Pkey key{parameters == nullptr ? nullptr : EVP_PKEY_dup(only_read(parameters))};
    if (key == nullptr) {
        return nullptr;
    }
    // Encoding, seed and the other parameters of EVP_PKEY_fromdata can be set as well, under the same names; only the
    // point has another one.
    std::vector<OSSL_PARAM> set;
    for (const OSSL_PARAM* param = params; param->key != nullptr; ++param) {
        set.push_back(*param);
        if (param == point) {
            set.back().key = OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY;
        }
    }
    set.push_back(OSSL_PARAM_construct_end());
    return EVP_PKEY_set_params(key.get(), set.data()) == 1 ? std::move(key) : nullptr;
}

}  // namespace trustx::provider
