// SPDX-License-Identifier: Apache-2.0
// Base64 as tokens have it: that of RFC 4648 section 4 with padding for certificates in x5c, that of RFC 4648 section 5
// without for everything else (RFC 7515 section 2). Reading is strict: one text for one value, so that a token has one
// form.
#pragma once

#include <trustx/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trustx::attest {

std::string to_base64(ByteView bytes);
std::string to_base64url(ByteView bytes);

// Nothing for other letters, for padding where none belongs or too little, and where the unused bits are not 0.
std::optional<Bytes> from_base64(std::string_view text);
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace trustx::attest
