// SPDX-License-Identifier: Apache-2.0
// What a caller of OSSL_STORE looks for: the type of object, and the search criteria of OSSL_STORE_find.
#pragma once

#include "outcome.hpp"

#include <trustx/bytes.hpp>

#include <optional>
#include <string>

#include <openssl/core.h>
#include <openssl/store.h>

namespace trustx::provider {

// StoreSearch is a filter. Criteria other than the type concern certificates; with one of them keys do not match.
class StoreSearch {
 public:
    // set takes parameters of provider-storemgmt(7). Error: Reason::search_unsupported.
    [[nodiscard]] Outcome<void> set(const OSSL_PARAM* params);
    static const OSSL_PARAM* settable() noexcept;

    [[nodiscard]] bool wants_keys() const {
        return !by_certificate() && (expected_ == 0 || expected_ == OSSL_STORE_INFO_PKEY ||
                                     expected_ == OSSL_STORE_INFO_PUBKEY || expected_ == OSSL_STORE_INFO_PARAMS);
    }
    [[nodiscard]] bool wants_public_keys() const { return expected_ == OSSL_STORE_INFO_PUBKEY; }
    [[nodiscard]] bool wants_certificates() const { return expected_ == 0 || expected_ == OSSL_STORE_INFO_CERT; }

    // matches tells whether a certificate fits all criteria; one that cannot be parsed fits none.
    [[nodiscard]] bool matches(OSSL_LIB_CTX* libctx, const Bytes& certificate) const;

 private:
    [[nodiscard]] bool by_certificate() const { return subject_ || issuer_ || serial_ || fingerprint_; }

    int expected_ = 0;
    std::optional<Bytes> subject_;  // DER names
    std::optional<Bytes> issuer_;
    std::optional<Bytes> serial_;  // big-endian, without leading zeros
    std::optional<Bytes> fingerprint_;
    std::string digest_ = "SHA1";  // what OSSL_STORE_SEARCH_by_key_fingerprint takes by default
};

}  // namespace trustx::provider
