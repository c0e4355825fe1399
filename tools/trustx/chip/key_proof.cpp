// SPDX-License-Identifier: Apache-2.0
#include "chip/key_proof.hpp"

#include "chip/chip_contents.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "common/openssl/handles.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <array>
#include <vector>

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

// The chip lets no other key sign (chip-commands.md section 6.8).
bool may_sign(const Metadata& metadata) {
    constexpr auto signing = KeyUsage::authentication | KeyUsage::sign;
    return metadata.key_usage && (*metadata.key_usage & signing) != KeyUsage::none;
}

}  // namespace

Result<SignedDigest> sign_fresh(Chip& chip, ObjectId slot, Curve curve) {
    auto digest = fresh_digest(curve);
    TRY(auto signature, chip.run(CalcSign{.key = slot, .digest = digest})
                            .during("let " + title(slot) + " sign to show its public key"));
    return SignedDigest{.digest = std::move(digest), .signature = std::move(signature)};
}

Result<bool> KeyProofs::belongs(const PublicKey& key, ObjectId slot) {
    auto proof = proofs_.find(slot);
    if (proof == proofs_.end()) {
        TRY(auto made, sign_fresh(chip_, slot, key.curve));
        proof = proofs_.emplace(slot, std::move(made)).first;
    }
    return verifies(key, proof->second);
}

Result<KeyHolder> find_holder(Chip& chip, KeyProofs& proofs, const PublicKey& key, ObjectId likely) {
    TRY(const auto slots, read_slots(chip));
    std::vector<const SlotState*> order;
    for (const auto& state : slots) {
        order.insert(state.slot == likely ? order.begin() : order.end(), &state);
    }
    KeyHolder holder;
    for (const auto* state : order) {
        const auto& [slot, metadata] = *state;
        if (metadata.key_algorithm != key.curve) {
            continue;
        }
        if (!may_sign(metadata)) {
            holder.untold = slot;
            continue;
        }
        const auto belongs = proofs.belongs(key, slot);
        if (!belongs && is_unreachable(belongs.error())) {
            return belongs.failure();
        }
        if (!belongs) {
            holder.untold = slot;
        } else if (*belongs) {
            return KeyHolder{.slot = slot};
        }
    }
    return holder;
}

}  // namespace trustx::cli
