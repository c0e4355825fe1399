// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"
#include "command/public_key.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t verify_sign_tag_digest = 0x01;
constexpr std::uint8_t verify_sign_tag_signature = 0x02;
constexpr std::uint8_t verify_sign_tag_certificate_object = 0x04;
constexpr std::uint8_t verify_sign_tag_algorithm = 0x05;
constexpr std::uint8_t verify_sign_tag_public_key = 0x06;

// The chip leaves out the SEQUENCE around the two INTEGERs (chip-commands.md section 5): tag and a length below 128.
constexpr std::size_t sequence_header = 2;

}  // namespace

CommandFacts VerifySign::facts() const {
    const auto* certificate = std::get_if<ObjectId>(&key);
    return {.param = 0x11, .object = certificate == nullptr ? std::nullopt : std::optional{*certificate}};
}

Result<void> VerifySign::encode(ApduWriter& apdu) const {
    if (digest.empty() || digest.size() > max_digest) {
        return fail(Errc::argument_invalid, "digest of " + std::to_string(digest.size()) +
                                                " bytes, the chip verifies 1 to " + std::to_string(max_digest));
    }
    const auto limit = field_size(Curve::p384);
    if (signature.r.empty() || signature.s.empty() || signature.r.size() > limit || signature.s.size() > limit) {
        return fail(Errc::argument_invalid,
                    "a signature whose r or s is empty or longer than " + std::to_string(limit) + " bytes");
    }
    apdu.tlv(verify_sign_tag_digest, digest);
    apdu.tlv(verify_sign_tag_signature, ByteView{signature.der()}.subspan(sequence_header));
    if (const auto* object = std::get_if<ObjectId>(&key)) {
        apdu.tlv_u16(verify_sign_tag_certificate_object, object->value);
    } else {
        const auto& public_key = std::get<PublicKey>(key);
        apdu.tlv_u8(verify_sign_tag_algorithm, static_cast<std::uint8_t>(public_key.curve));
        apdu.tlv(verify_sign_tag_public_key, public_key_bit_string(public_key));
    }
    return {};
}

}  // namespace trustx
