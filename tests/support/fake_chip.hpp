// SPDX-License-Identifier: Apache-2.0
// A chip in memory: slots with keys in software, and objects with certificates.
#pragma once

#include "pki/chip_port.hpp"
#include "support/software_key.hpp"
#include "support/trap.hpp"

#include <map>

namespace trustx::test {

class FakeChip final : public pki::ChipPort {
 public:
    explicit FakeChip(Trap& trap) : trap_{trap} { identity.bytes.fill(0xA5); }

    Result<Uid> uid() override;
    Result<std::optional<Curve>> curve_in(ObjectId slot) override;
    Result<PublicKey> generate(ObjectId slot, Curve curve, KeyUsage usage) override;
    Result<PublicKey> regenerate(ObjectId slot, Curve curve, KeyUsage usage) override;
    Result<PublicKey> public_key(ObjectId slot) override;
    Result<Signature> sign(ObjectId slot, ByteView digest) override;
    Result<std::vector<Bytes>> certificates(ObjectId object) override;
    Result<void> write_certificates(ObjectId object, const std::vector<Bytes>& certificates) override;

    Uid identity;
    std::map<ObjectId, SoftwareKey> keys;
    std::map<ObjectId, std::vector<Bytes>> objects;
    std::size_t keys_made = 0;

 private:
    Trap& trap_;
};

}  // namespace trustx::test
