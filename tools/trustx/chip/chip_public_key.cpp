// SPDX-License-Identifier: Apache-2.0
#include "chip/chip_public_key.hpp"

#include "chip/chip_certificates.hpp"
#include "chip/chip_contents.hpp"
#include "chip/key_proof.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

namespace trustx::cli {
namespace {

// certified_key is what the slot's certificate claims; nothing when there is no usable one.
std::optional<PublicKey> certified_key(Chip& chip, ObjectId slot) {
    const auto certificate = paired_leaf(chip, slot);
    if (!certificate) {
        return std::nullopt;
    }
    const auto key = certificate->public_key();
    return key ? std::optional{*key} : std::nullopt;
}

Result<PublicKey> unproved(ObjectId slot, const std::optional<PublicKey>& certified) {
    if (!certified) {
        return fail(InputErrc::nothing_there, "there is no usable certificate for " + title(slot) +
                                                  "; without --trust-certificate the public key is recovered from "
                                                  "signatures");
    }
    return *certified;
}

Result<PublicKey> recovered(const Context& context, Chip& chip, ObjectId slot, Curve curve, const SignedDigest& first) {
    TRY(const auto second, sign_fresh(chip, slot, curve));
    auto key = recover_public_key(curve, first, second);
    if (!key) {
        return fail(InputErrc::check_failed,
                    "two signatures of " + title(slot) +
                        " were not made with one and the same key. If another program generated "
                        "a key just now, repeat; otherwise suspect the connection to the chip");
    }
    context.note("public key of " + title(slot) + " recovered from signatures; private key uses: 2");
    return std::move(*key);
}

}  // namespace

Result<PublicKey> find_public_key(const Context& context, Chip& chip, ObjectId slot, bool trust_certificate) {
    TRY(const auto curve, occupied_curve(chip, slot));
    const auto certified = certified_key(chip, slot);
    if (trust_certificate) {
        return unproved(slot, certified);
    }
    TRY(const auto proof, sign_fresh(chip, slot, curve));
    if (certified && verifies(*certified, proof)) {
        context.note("public key of " + title(slot) + " taken from certificate " + paired_certificate(slot)->hex() +
                     " and checked; private key uses: 1");
        return *certified;
    }
    if (certified) {
        context.note("certificate " + paired_certificate(slot)->hex() + " does not belong to the key in " +
                     title(slot) + ": it is for another key");
    }
    return recovered(context, chip, slot, curve, proof);
}

Result<Curve> occupied_curve(Chip& chip, ObjectId slot) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = slot}));
    if (!metadata.key_algorithm) {
        return fail(InputErrc::nothing_there, title(slot) + " holds no key; " + how_to_fill(chip, slot));
    }
    return *metadata.key_algorithm;
}

}  // namespace trustx::cli
