// SPDX-License-Identifier: Apache-2.0
// The lists of parameters that keys, their generation, key agreement and the KDFs of TLS have: those of the software
// implementation, as the running libcrypto has them, and our own behind. Each version of OpenSSL has more than the one
// before.
#pragma once

#include "ossl.hpp"

#include <array>
#include <atomic>
#include <span>
#include <string>
#include <vector>

#include <openssl/core.h>

namespace trustx::provider {

// ParameterLists belongs to one library context. Threads may share it; it takes no lock that a forked child could find
// taken.
class ParameterLists {
 public:
    enum class Of {
        key_gettable,
        key_settable,
        generation_settable,
        agreement_gettable,
        agreement_settable,
        prf_gettable,  // TLS1-PRF
        prf_settable,
        tls13_gettable,  // TLS13-KDF
        tls13_settable,
    };

    // A library context and the query for the implementation in it. Nothing is fetched before a list is asked for.
    ParameterLists(OSSL_LIB_CTX* libctx, const char* properties) noexcept : libctx_{libctx}, properties_{properties} {}
    ParameterLists(const ParameterLists&) = delete;
    ParameterLists& operator=(const ParameterLists&) = delete;
    ~ParameterLists();

    // get gives a list that lives as long as this; `own` must be the same at each call for one `of`. nullptr when there
    // is no memory.
    [[nodiscard]] const OSSL_PARAM* get(Of of, std::span<const OSSL_PARAM> own = {}) noexcept;

 private:
    // The names are copies: those of a module would go when the application unloads it.
    struct List {
        std::vector<std::string> names;
        std::vector<OSSL_PARAM> params;
    };
    [[nodiscard]] List make(Of of, std::span<const OSSL_PARAM> own) const;

    OSSL_LIB_CTX* libctx_;
    const char* properties_;
    std::array<std::atomic<const List*>, 9> lists_{};
};

}  // namespace trustx::provider
