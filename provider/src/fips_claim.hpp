// SPDX-License-Identifier: Apache-2.0
// The setting claim-fips: every algorithm of ours with the property `fips=yes` added, so that a program whose default
// properties demand it finds them. It says nothing about validation; docs/provider.md has what it means.
#pragma once

#include <forward_list>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include <openssl/core.h>

namespace trustx::provider {

class FipsClaim {
 public:
    // Tables of the form that OSSL_FUNC_provider_query_operation answers with.
    explicit FipsClaim(std::initializer_list<const OSSL_ALGORITHM*> tables);

    // claimed gives the copy of a table; it lives as long as this. The table itself when it is none of them.
    [[nodiscard]] const OSSL_ALGORITHM* claimed(const OSSL_ALGORITHM* table) const noexcept;

 private:
    std::forward_list<std::string> properties_;  // nothing moves in a list
    std::map<const OSSL_ALGORITHM*, std::vector<OSSL_ALGORITHM>> copies_;
};

}  // namespace trustx::provider
