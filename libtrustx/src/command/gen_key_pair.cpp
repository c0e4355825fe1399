// SPDX-License-Identifier: Apache-2.0
#include "codec/byte_reader.hpp"
#include "codec/der.hpp"
#include "command/apdu.hpp"
#include "command/public_key.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t gen_key_pair_tag_key_object = 0x01;
constexpr std::uint8_t gen_key_pair_tag_key_usage = 0x02;
constexpr std::uint8_t gen_key_pair_tag_export = 0x07;
constexpr std::uint8_t gen_key_pair_tag_private_key = 0x01;
constexpr std::uint8_t gen_key_pair_tag_public_key = 0x02;

bool makes_keys_on(Curve curve) {
    return curve == Curve::p256 || curve == Curve::p384;
}

bool holds_keys(ObjectId object) {
    const ObjectInfo* info = describe(object);
    return info != nullptr && (info->kind == ObjectKind::key || info->kind == ObjectKind::session);
}

}  // namespace

Result<void> GenKeyPair::encode(ApduWriter& apdu) const {
    if (!holds_keys(key)) {
        return fail(Errc::argument_invalid, key.hex() + " is not a key object");
    }
    if (!makes_keys_on(curve)) {
        return fail(Errc::argument_invalid, "the chip makes keys on P-256 and P-384 only");
    }
    if (usage == KeyUsage::none) {
        return fail(Errc::argument_invalid, "a key without any usage");
    }
    apdu.tlv_u16(gen_key_pair_tag_key_object, key.value);
    apdu.tlv_u8(gen_key_pair_tag_key_usage, static_cast<std::uint8_t>(usage));
    return {};
}

Result<PublicKey> GenKeyPair::decode(ByteView data) {
    ByteReader reader{data};
    reader.expect(gen_key_pair_tag_public_key);
    auto key = decode_public_key(reader.bytes(reader.u16()));
    if (!reader.done()) {
        return fail(Errc::response_malformed, "public key");
    }
    return key;
}

Result<void> ExportKeyPair::encode(ApduWriter& apdu) const {
    if (!makes_keys_on(curve)) {
        return fail(Errc::argument_invalid, "the chip makes keys on P-256 and P-384 only");
    }
    apdu.tlv(gen_key_pair_tag_export, {});
    return {};
}

Result<ExportKeyPair::Response> ExportKeyPair::decode(ByteView data) const {
    ByteReader reader{data};
    reader.expect(gen_key_pair_tag_private_key);
    der::Reader octet_string{reader.bytes(reader.u16())};
    const ByteView scalar = octet_string.content(der::tag_octet_string);
    reader.expect(gen_key_pair_tag_public_key);
    auto public_key = decode_public_key(reader.bytes(reader.u16()));
    if (!reader.done() || !octet_string.done() || scalar.size() != field_size(curve) || !public_key ||
        public_key->curve != curve) {
        return fail(Errc::response_malformed, "key pair");
    }
    return Response{.private_key = {scalar.begin(), scalar.end()}, .public_key = std::move(*public_key)};
}

}  // namespace trustx
