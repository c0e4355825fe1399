// SPDX-License-Identifier: Apache-2.0
#include "fips_claim.hpp"

namespace trustx::provider {

FipsClaim::FipsClaim(std::initializer_list<const OSSL_ALGORITHM*> tables) {
    for (const OSSL_ALGORITHM* const table : tables) {
        auto& copy = copies_[table];
        const OSSL_ALGORITHM* algorithm = table;
        for (; algorithm->algorithm_names != nullptr; ++algorithm) {
            copy.push_back(*algorithm);
            properties_.push_front(std::string(algorithm->property_definition) + ",fips=yes");
            copy.back().property_definition = properties_.front().c_str();
        }
        copy.push_back(*algorithm);
    }
}

const OSSL_ALGORITHM* FipsClaim::claimed(const OSSL_ALGORITHM* table) const noexcept {
    const auto copy = copies_.find(table);
    return copy == copies_.end() ? table : copy->second.data();
}

}  // namespace trustx::provider
