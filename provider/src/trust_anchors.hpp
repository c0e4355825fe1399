// SPDX-License-Identifier: Apache-2.0
// The setting verify-anchors: signatures by certain keys are verified by the chip, with the certificate of that key in
// one of its trust anchors (openssl-provider.md section 6.3). The setting only says which keys these are: the chip
// decides, and where it cannot, the verification fails.
//
// A key is told by SHA-256 of its SubjectPublicKeyInfo, with curve by name and uncompressed point, in whichever form a
// program read it.
#pragma once

#include "context.hpp"

#include <trustx/bytes.hpp>
#include <trustx/settings.hpp>

#include <optional>

namespace trustx::provider {

// anchor_named finds the entry of a SubjectPublicKeyInfo in DER, of whatever kind the key is; nullptr: there is none.
[[nodiscard]] Outcome<const VerifyAnchor*> anchor_named(const ProviderContext& context, ByteView key_info);

// anchor_of finds the entry of a key, which may be without a point. Error: Reason::setting_invalid, for every key, when
// the setting cannot be read.
[[nodiscard]] Outcome<const VerifyAnchor*> anchor_of(const ProviderContext& context, EVP_PKEY& key);

// is_for_chip says that nobody else may verify with a key: the chip has to, or the setting cannot be read.
[[nodiscard]] bool is_for_chip(const ProviderContext& context, EVP_PKEY& key);

// verify_with_anchor asks the chip whether a signature in DER fits a digest and the trust anchor: 1, or 0, or -1 for
// what is no signature. key is that of the anchor. Errors: Reason::object_empty, Reason::anchor_replaced,
// Reason::anchor_unusable; those of the driver.
[[nodiscard]] Outcome<int> verify_with_anchor(ProviderContext& context, const VerifyAnchor& anchor, const EVP_PKEY& key,
                                              ByteView signature, ByteView digest);

// examine_anchor reads a trust anchor, to explain why the chip does not verify with it. Errors as above; none when the
// object holds the certificate of the key.
[[nodiscard]] Outcome<void> examine_anchor(ProviderContext& context, const VerifyAnchor& anchor);

// check_anchor judges the certificate that a program is about to get from a trust anchor of the default device. Error:
// Reason::anchor_replaced, Reason::anchor_unusable, where the setting names another key for that object.
[[nodiscard]] Outcome<void> check_anchor(const ProviderContext& context, ObjectId object, const Bytes& certificate);

}  // namespace trustx::provider
