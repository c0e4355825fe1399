// SPDX-License-Identifier: Apache-2.0
// The chip of the command line as enrolment sees it.
#pragma once

#include "cli/context.hpp"
#include "pki/chip_port.hpp"

#include <trustx/key_generation.hpp>

namespace trustx::cli {

class EnrolmentChip final : public pki::ChipPort {
 public:
    // Both must outlive it.
    EnrolmentChip(const Context& context, Chip& chip) : context_{context}, chip_{chip} {}

    Result<Uid> uid() override;
    Result<std::optional<Curve>> curve_in(ObjectId slot) override;
    Result<PublicKey> generate(ObjectId slot, Curve curve, KeyUsage usage) override;
    Result<PublicKey> regenerate(ObjectId slot, Curve curve, KeyUsage usage) override;
    Result<PublicKey> public_key(ObjectId slot) override;
    Result<Signature> sign(ObjectId slot, ByteView digest) override;
    Result<std::vector<Bytes>> certificates(ObjectId object) override;
    Result<void> write_certificates(ObjectId object, const std::vector<Bytes>& certificates) override;

 private:
    Result<KeyGeneration> make_key(const GenKeyPair& request, OccupiedSlot occupied);

    const Context& context_;
    Chip& chip_;
};

}  // namespace trustx::cli
