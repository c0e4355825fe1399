// SPDX-License-Identifier: Apache-2.0
// What whoever gives a chip its key and certificate asks of it. Programs put their chip behind it; tests one that
// counts calls and ends a run at any of them. Errors are those of the chip (Errc, ChipError) and of the system, unless
// a function names others.
#pragma once

#include <trustx/key.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/uid.hpp>

#include <optional>
#include <vector>

namespace trustx::pki {

class ChipPort {
 public:
    ChipPort() = default;
    ChipPort(const ChipPort&) = delete;
    ChipPort& operator=(const ChipPort&) = delete;
    virtual ~ChipPort() = default;

    virtual Result<Uid> uid() = 0;

    // curve_in is the curve of the key in a slot; nothing: the slot is empty.
    virtual Result<std::optional<Curve>> curve_in(ObjectId slot) = 0;

    // generate makes a key pair in a slot that is empty. InputErrc::refused: it holds a key.
    virtual Result<PublicKey> generate(ObjectId slot, Curve curve, KeyUsage usage) = 0;

    // regenerate makes one in a slot whatever it holds, which is destroyed.
    virtual Result<PublicKey> regenerate(ObjectId slot, Curve curve, KeyUsage usage) = 0;

    // public_key finds the public key of a slot that holds a key, at the cost of one or two signatures, which prove it.
    virtual Result<PublicKey> public_key(ObjectId slot) = 0;

    // sign makes an ECDSA signature of a digest.
    virtual Result<Signature> sign(ObjectId slot, ByteView digest) = 0;

    // certificates are those in an object in DER, leaf first; none: it is empty or holds no certificate.
    virtual Result<std::vector<Bytes>> certificates(ObjectId object) = 0;

    // write_certificates replaces the content of an object, and reads it back; none clears it.
    virtual Result<void> write_certificates(ObjectId object, const std::vector<Bytes>& certificates) = 0;
};

}  // namespace trustx::pki
