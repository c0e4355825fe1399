// SPDX-License-Identifier: Apache-2.0
// The groups of key exchange that TLS may use with us. libssl makes its ephemeral keys by the name of an algorithm that
// belongs to the group; where the chip is to make them, that is a name of our own, so that libssl's keys are known
// from all others (openssl-provider.md section 6.1).
#pragma once

#include "context.hpp"

namespace trustx::provider {

inline constexpr const char* ephemeral_algorithm = "TRUSTX-ECDHE";

// offer_tls_groups answers the capability TLS-GROUP: the groups of EC keys that the private library context has. 1
// unless a callback said 0.
[[nodiscard]] int offer_tls_groups(const ProviderContext& context, OSSL_CALLBACK* callback, void* argument);

}  // namespace trustx::provider
