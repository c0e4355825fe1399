// SPDX-License-Identifier: Apache-2.0
#include "model/crypto/aes.hpp"

#include <stdexcept>

namespace trustx::sim {

Aes128::Aes128(OSSL_LIB_CTX* library, ByteView key) : context_{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free} {
    const openssl::Handle<EVP_CIPHER, EVP_CIPHER_free> cipher{EVP_CIPHER_fetch(library, "AES-128-ECB", nullptr)};
    if (!context_ || !cipher || key.size() != 16 ||
        EVP_EncryptInit_ex2(context_.get(), cipher.get(), key.data(), nullptr, nullptr) != 1) {
        throw std::runtime_error("libcrypto failed in AES-128-ECB");
    }
}

Aes128::Block Aes128::encrypt(const Block& block) const {
    Block result{};
    int length = 0;
    if (EVP_EncryptUpdate(context_.get(), result.data(), &length, block.data(), static_cast<int>(block.size())) != 1 ||
        length != static_cast<int>(result.size())) {
        throw std::runtime_error("libcrypto failed in EVP_EncryptUpdate");
    }
    return result;
}

}  // namespace trustx::sim
