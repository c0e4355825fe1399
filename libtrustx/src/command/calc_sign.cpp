// SPDX-License-Identifier: Apache-2.0
#include "codec/der.hpp"
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t calc_sign_tag_digest = 0x01;
constexpr std::uint8_t calc_sign_tag_key_object = 0x03;

bool plausible(ByteView integer) {
    return !integer.empty() && integer.size() <= field_size(Curve::p384);
}

}  // namespace

Result<void> CalcSign::encode(ApduWriter& apdu) const {
    if (digest.size() < min_digest || digest.size() > max_digest) {
        return fail(Errc::argument_invalid, "digest of " + std::to_string(digest.size()) + " bytes, the chip signs " +
                                                std::to_string(min_digest) + " to " + std::to_string(max_digest));
    }
    apdu.tlv(calc_sign_tag_digest, digest);
    apdu.tlv_u16(calc_sign_tag_key_object, key.value);
    return {};
}

// The chip leaves out the SEQUENCE around the two INTEGERs (chip-commands.md section 5).
Result<Signature> CalcSign::decode(ByteView data) {
    der::Reader reader{data};
    const ByteView r = reader.unsigned_integer();
    const ByteView s = reader.unsigned_integer();
    if (!reader.done() || !plausible(r) || !plausible(s)) {
        return fail(Errc::response_malformed, "signature of " + std::to_string(data.size()) + " bytes");
    }
    return Signature{Bytes{r.begin(), r.end()}, Bytes{s.begin(), s.end()}};
}

}  // namespace trustx
