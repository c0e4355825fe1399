// SPDX-License-Identifier: Apache-2.0
#include "chip/key_proof.hpp"

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "common/openssl/handles.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <array>

#include <openssl/rand.h>

namespace trustx::cli {
namespace {

constexpr std::string_view purpose = "trustx: which public key belongs to this slot?";

Bytes fresh_digest(Curve curve) {
    const auto text = text::as_bytes(purpose);
    Bytes message(text.begin(), text.end());
    std::array<std::uint8_t, 32> nonce{};
    if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) {
        throw std::bad_alloc{};
    }
    message.insert(message.end(), nonce.begin(), nonce.end());
    Bytes digest(field_size(curve));
    const auto* hash = curve == Curve::p256 ? EVP_sha256() : EVP_sha384();
    if (EVP_Digest(message.data(), message.size(), digest.data(), nullptr, hash, nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return digest;
}

}  // namespace

Result<SignedDigest> sign_fresh(Chip& chip, ObjectId slot, Curve curve) {
    auto digest = fresh_digest(curve);
    TRY(auto signature, chip.run(CalcSign{.key = slot, .digest = digest})
                            .during("let " + title(slot) + " sign to show its public key"));
    return SignedDigest{.digest = std::move(digest), .signature = std::move(signature)};
}

}  // namespace trustx::cli
