// SPDX-License-Identifier: Apache-2.0
// Digests, computed on the host in the private library context, and what ECDSA makes of them.
#pragma once

#include "context.hpp"

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>

#include <string>
#include <string_view>

namespace trustx::provider {

// find_digest fetches a digest by any of its names. Error: Reason::digest_unknown, also for digests without a
// fixed size (SHAKE).
[[nodiscard]] Outcome<openssl::Digest> find_digest(const ProviderContext& context, const std::string& name);

// RunningHash is a hash that is being computed. Copying copies its state, so that a duplicate of a signature context
// continues independently.
class RunningHash {
 public:
    RunningHash() = default;
    [[nodiscard]] Outcome<void> start(const EVP_MD* digest, const OSSL_PARAM* params);
    [[nodiscard]] Outcome<void> update(ByteView data);
    [[nodiscard]] Outcome<Bytes> finish();
    [[nodiscard]] Outcome<RunningHash> copy() const;
    [[nodiscard]] EVP_MD_CTX* get() const { return ctx_.get(); }

 private:
    openssl::DigestContext ctx_;
};

// ecdsa_input is the part of a digest that ECDSA signs, in the form in which the chip takes it: the leftmost bytes up
// to the size of the field (FIPS 186-4 section 6.4), with zeros in front where the chip wants at least 10 bytes.
// That keeps the integer, and so the signature, the same.
[[nodiscard]] Bytes ecdsa_input(ByteView digest, Curve curve);

// ecdsa_algorithm_identifier is the DER AlgorithmIdentifier of ECDSA with a digest, without parameters (RFC 5758
// section 3.2); empty when there is no such identifier.
[[nodiscard]] Bytes ecdsa_algorithm_identifier(const EVP_MD* digest);

}  // namespace trustx::provider
