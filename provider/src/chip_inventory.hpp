// SPDX-License-Identifier: Apache-2.0
// What is on a chip, in OpenSSL's terms: certificates, and key slots with their public keys.
#pragma once

#include "chip.hpp"

#include <trustx/bytes.hpp>
#include <trustx/object_id.hpp>

#include <cstdint>
#include <optional>
#include <vector>

#include <openssl/types.h>

namespace trustx::provider {

// Content is what is known of an object before it is read. An empty one is full of zeros: asking for its first bytes
// spares a long read of those, and costs a command where something is there.
enum class Content : std::uint8_t { expected, unknown };

// certificates_in reads a certificate object in any of its forms, leaf first; empty when nothing is written there.
[[nodiscard]] Outcome<std::vector<Bytes>> certificates_in(Chip& chip, ObjectId object, Content content);

// key_in makes the reference of a slot. The chip does not tell the public key of a slot, so it comes from the paired
// certificate or from the data object F1D0+n that provisioning tools use (openssl-provider.md section 1.5). Nothing
// when the slot has no key. Error: Reason::public_key_unknown saying where it was looked for.
[[nodiscard]] Outcome<std::optional<KeyReference>> key_in(OSSL_LIB_CTX* libctx, Chip& chip, ObjectId slot);

}  // namespace trustx::provider
