// SPDX-License-Identifier: Apache-2.0
#include "chip/enrolment_chip.hpp"

#include "chip/chip_public_key.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <trustx/objects.hpp>

namespace trustx::cli {
namespace {

// A slot that was kept has no key from here.
Result<PublicKey> key_in(KeyGeneration made, ObjectId slot) {
    if (!made.key) {
        return fail(InputErrc::refused, "another program put a key into " + title(slot) +
                                            " just now, which a new key would destroy; repeat this to use that key");
    }
    return *std::move(made.key);
}

}  // namespace

Result<Uid> EnrolmentChip::uid() {
    return chip_uid(chip_);
}

Result<std::optional<Curve>> EnrolmentChip::curve_in(ObjectId slot) {
    TRY(const auto metadata, chip_.run(GetMetadata{.object = slot}));
    return metadata.key_algorithm;
}

Result<KeyGeneration> EnrolmentChip::make_key(const GenKeyPair& request, OccupiedSlot occupied) {
    return chip_.with([&](LockedDevice& device) { return generate_key(device, request, occupied); });
}

Result<PublicKey> EnrolmentChip::generate(ObjectId slot, Curve curve, KeyUsage usage) {
    TRY(auto made, make_key({.key = slot, .curve = curve, .usage = usage}, OccupiedSlot::keep));
    return key_in(std::move(made), slot);
}

Result<PublicKey> EnrolmentChip::regenerate(ObjectId slot, Curve curve, KeyUsage usage) {
    TRY(auto made, make_key({.key = slot, .curve = curve, .usage = usage}, OccupiedSlot::replace));
    return key_in(std::move(made), slot);
}

Result<PublicKey> EnrolmentChip::public_key(ObjectId slot) {
    return find_public_key(context_, chip_, slot, false);
}

Result<Signature> EnrolmentChip::sign(ObjectId slot, ByteView digest) {
    return chip_.run(CalcSign{.key = slot, .digest = digest});
}

// A write that was interrupted leaves something that is no certificate.
Result<std::vector<Bytes>> EnrolmentChip::certificates(ObjectId object) {
    auto stored = chip_.with([&](LockedDevice& device) { return read_certificates(device, object); });
    if (!stored && stored.error() == Errc::certificate_malformed) {
        return std::vector<Bytes>{};
    }
    TRYV(stored);
    return std::move(stored->certificates);
}

Result<void> EnrolmentChip::write_certificates(ObjectId object, const std::vector<Bytes>& certificates) {
    return chip_.with([&](LockedDevice& device) -> Result<void> {
        // An object with nothing but zeros is an empty one (chip-objects.md section 1.5).
        return certificates.empty() ? write_object(device, object, Bytes(1))
                                    : trustx::write_certificates(device, object, certificate_object(certificates));
    });
}

}  // namespace trustx::cli
