// SPDX-License-Identifier: Apache-2.0
// Entries of dispatch tables: the one cast of the provider, and the functions that most tables have.
#pragma once

#include <iterator>

#include <openssl/core_dispatch.h>

// TRUSTX_ENTRY names an entry of an OSSL_DISPATCH table and checks the function against OpenSSL's own typedef, so
// that a wrong signature does not compile. A macro, because number and typedef are two forms of one name.
#define TRUSTX_ENTRY(NUMBER, type, function) \
    { NUMBER, reinterpret_cast<void (*)(void)>(static_cast<OSSL_FUNC_##type##_fn*>(function)) }

namespace trustx::provider {

inline constexpr OSSL_DISPATCH end_of_dispatch{0, nullptr};

// list gives a list of parameters, whatever it is asked with.
template <const auto& parameters, class... Ignored>
const OSSL_PARAM* list(Ignored... /*ignored*/) noexcept {
    return std::data(parameters);
}

}  // namespace trustx::provider
