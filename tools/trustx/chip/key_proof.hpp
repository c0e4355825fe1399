// SPDX-License-Identifier: Apache-2.0
// Making a chip key show which key it is.
#pragma once

#include "chip/ecdsa.hpp"
#include "cli/context.hpp"

#include <map>
#include <optional>

namespace trustx::cli {

// sign_fresh lets the slot sign a random digest: one private key use. The digest is SHA-2 of a text that
// says what it is for and of random bytes, so that the signature is good for nothing else.
Result<SignedDigest> sign_fresh(Chip& chip, ObjectId slot, Curve curve);

// KeyProofs holds one signature of each slot that was asked, so that no question costs a second private key use.
class KeyProofs {
 public:
    explicit KeyProofs(Chip& chip) : chip_{chip} {}

    // belongs says whether the slot's private key is that of this public key. Errors: those of sign_fresh.
    Result<bool> belongs(const PublicKey& key, ObjectId slot);
    // uses counts the private key uses so far.
    [[nodiscard]] std::size_t uses() const { return proofs_.size(); }

 private:
    Chip& chip_;
    std::map<ObjectId, SignedDigest> proofs_;
};

// KeyHolder is which slot holds a key. Where a slot could hold it and cannot sign, nobody can tell.
struct KeyHolder {
    std::optional<ObjectId> slot = {};
    std::optional<ObjectId> untold = {};
};

// find_holder looks for the private key of a public key in all slots, `likely` first. Slots that hold no key on its
// curve cost no use.
Result<KeyHolder> find_holder(Chip& chip, KeyProofs& proofs, const PublicKey& key, ObjectId likely);

}  // namespace trustx::cli
