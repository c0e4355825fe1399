// SPDX-License-Identifier: Apache-2.0
// One block of AES-128, from which modes of operation are made whose messages come in parts.
#pragma once

#include "common/openssl/handles.hpp"
#include "model/base/bytes.hpp"

#include <array>
#include <memory>

namespace trustx::sim {

class Aes128 {
 public:
    using Block = std::array<std::uint8_t, 16>;

    // The key has 16 bytes. It is wiped with the last copy of this object.
    Aes128(OSSL_LIB_CTX* library, ByteView key);
    [[nodiscard]] Block encrypt(const Block& block) const;

 private:
    std::shared_ptr<EVP_CIPHER_CTX> context_;  // whole blocks leave no state in it
};

}  // namespace trustx::sim
