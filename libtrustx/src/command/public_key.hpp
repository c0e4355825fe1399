// SPDX-License-Identifier: Apache-2.0
// The chip's encoding of a public key: a DER BIT STRING (chip-commands.md section 5).
#pragma once

#include "codec/der.hpp"

#include <trustx/key.hpp>

namespace trustx {

inline Bytes public_key_bit_string(const PublicKey& key) {
    Bytes encoded;
    der::append_whole_bytes(encoded, key.point);
    return encoded;
}

// decode_public_key demands that the bytes are one BIT STRING with an uncompressed point of a known curve.
inline Result<PublicKey> decode_public_key(ByteView bit_string) {
    der::Reader reader{bit_string};
    const ByteView point = reader.whole_bytes();
    auto key = PublicKey::from_point(point);
    if (!reader.done() || !key) {
        return fail(Errc::response_malformed, "public key");
    }
    return key;
}

}  // namespace trustx
