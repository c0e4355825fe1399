// SPDX-License-Identifier: Apache-2.0
// Evidence as it is handed over: a JSON Web Token (RFC 7519) with ES256 (RFC 7518 section 3.4), whose header has the
// certificates of the signer (x5c, RFC 7515 section 4.1.6).
#pragma once

#include "common/x509/certificate.hpp"

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>
#include <trustx/result.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::attest {

// A token is no longer than this, in letters.
inline constexpr std::size_t token_limit = std::size_t{16} << 20;

// SignDigest signs SHA-256 of the token with a key on P-256.
using SignDigest = std::function<Result<Signature>(ByteView digest)>;

// sign_token makes the token, and checks the signature with the first certificate. InputErrc::key_mismatch where the
// certificate is for another key, refused for one that is not on P-256 or not for signatures, and for claims so long
// that the token would be no token (token_limit); then nothing is signed.
Result<std::string> sign_token(const nlohmann::ordered_json& claims, const std::vector<x509::Certificate>& chain,
                               const SignDigest& sign);

struct Token {
    nlohmann::json claims;
    std::vector<x509::Certificate> chain;  // the signer's first, never empty
};

// read_token reads a token and checks its signature with the certificate that it brings: whether that is trusted is
// another question. Blanks around it are passed over. InputErrc::malformed for what is no token of this kind;
// AttestErrc::forged where the signature is not that of the certificate's key.
Result<Token> read_token(std::string_view text, const std::string& name);

}  // namespace trustx::attest
