// SPDX-License-Identifier: Apache-2.0
#include "attest/digest.hpp"

#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"

#include <new>

namespace trustx::attest {
namespace {

// libcrypto's digests fail only for want of memory.
void must_be_one(int result) {
    if (result != 1) {
        throw std::bad_alloc{};
    }
}

std::optional<std::uint8_t> digit(char letter) {
    if (letter >= '0' && letter <= '9') {
        return static_cast<std::uint8_t>(letter - '0');
    }
    return letter >= 'a' && letter <= 'f' ? std::optional{static_cast<std::uint8_t>(letter - 'a' + 10)} : std::nullopt;
}

}  // namespace

Hasher::Hasher() : context_{openssl::must<openssl::DigestContext>(EVP_MD_CTX_new())} {
    must_be_one(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Hasher::add(ByteView piece) {
    must_be_one(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()));
}

void Hasher::add(std::string_view piece) {
    add(text::as_bytes(piece));
}

Digest Hasher::finish() {
    Digest digest{};
    must_be_one(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    return digest;
}

Digest sha256(ByteView bytes) {
    Digest digest{};
    must_be_one(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr));
    return digest;
}

Digest sha256(std::string_view text) {
    return sha256(text::as_bytes(text));
}

Sha1Digest sha1(ByteView bytes) {
    Sha1Digest digest{};
    must_be_one(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr));
    return digest;
}

std::string hex(ByteView digest) {
    return text::lower_case(to_hex(digest));
}

std::optional<Digest> from_hex(std::string_view text) {
    Digest digest{};
    if (text.size() != 2 * digest.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const auto high = digit(text[2 * i]);
        const auto low = digit(text[2 * i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        digest[i] = static_cast<std::uint8_t>(*high << 4 | *low);
    }
    return digest;
}

}  // namespace trustx::attest
