// SPDX-License-Identifier: Apache-2.0
// The self test that OSSL_PROVIDER_self_test asks for: known answers in software, then the chip.
#pragma once

#include "context.hpp"

namespace trustx::provider {

// self_test verifies a known ECDSA signature and refuses a changed one, attaches to the default chip, reads its UID
// and takes random numbers. No private key is used. Error: what did not work.
[[nodiscard]] Outcome<void> self_test(ProviderContext& context);

}  // namespace trustx::provider
