// SPDX-License-Identifier: Apache-2.0
// Key agreement with a key of the chip: the chip computes the shared secret, a KDF runs in software behind it.
#pragma once

#include "key.hpp"
#include "outcome.hpp"

#include <trustx/key.hpp>
#include <trustx/secret.hpp>

#include <optional>
#include <span>
#include <string>

#include <openssl/core.h>

namespace trustx::provider {

// ChipAgreement holds the peer and the KDF settings of one context. A copy is independent. The chip is used by derive
// alone, and not when only the size is asked for.
class ChipAgreement {
 public:
    explicit ChipAgreement(KeyRef key) : key_{std::move(key)} {}

    // set_peer takes the peer's public key, which must be on the same curve.
    [[nodiscard]] Outcome<void> set_peer(Key& peer);

    // derive writes the secret and returns its size; with secret == nullptr it only returns the size. What TLS agrees
    // on with an ephemeral key may be a stand-in (tls_secrets.hpp): then the chip has done nothing yet.
    [[nodiscard]] Outcome<std::size_t> derive(unsigned char* secret, std::size_t capacity) const;

    // set and get know the parameters of EVP_KEYEXCH-ECDH(7).
    [[nodiscard]] Outcome<void> set(const OSSL_PARAM* params);
    [[nodiscard]] Outcome<void> get(OSSL_PARAM* params) const;

 private:
    [[nodiscard]] bool uses_kdf() const { return !kdf_type_.empty(); }
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] Outcome<SecretBytes> agree() const;
    [[nodiscard]] Outcome<SecretBytes> agree_for_handshake() const;
    [[nodiscard]] Outcome<void> stand_in(std::span<unsigned char> secret) const;
    [[nodiscard]] Outcome<void> run_kdf(const SecretBytes& shared, unsigned char* secret) const;

    KeyRef key_;
    std::optional<PublicKey> peer_;
    KeyRef peer_key_;
    std::string kdf_type_;  // empty: the plain secret
    std::string kdf_digest_;
    std::string kdf_digest_properties_;
    std::size_t kdf_size_ = 0;
    SecretBytes ukm_;
    std::string cek_algorithm_;
};

}  // namespace trustx::provider
