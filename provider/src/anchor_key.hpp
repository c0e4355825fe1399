// SPDX-License-Identifier: Apache-2.0
// Public keys out of certificates and files, as far as a trust anchor of the chip has to verify with them.
#pragma once

#include "key.hpp"

#include <trustx/bytes.hpp>

namespace trustx::provider {

// anchor_key makes a key of a SubjectPublicKeyInfo in DER that the chip has to verify with; none for any other, without
// an error. Error: Reason::anchor_unusable for an entry's key that is of another kind than the chip's.
[[nodiscard]] Outcome<KeyRef> anchor_key(ProviderContext& context, ByteView key_info);

}  // namespace trustx::provider
