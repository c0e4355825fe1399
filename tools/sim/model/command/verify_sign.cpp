// SPDX-License-Identifier: Apache-2.0
// VerifySign with a public key or a certificate object (chip-commands.md section 6.9).
#include "common/try.hpp"
#include "model/command/command.hpp"
#include "model/command/tlv.hpp"
#include "model/crypto/der.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t verify_sign_param_ecdsa = 0x11;
constexpr std::uint8_t verify_sign_tag_digest = 0x01;
constexpr std::uint8_t verify_sign_tag_signature = 0x02;
constexpr std::uint8_t verify_sign_tag_certificate = 0x04;
constexpr std::uint8_t verify_sign_tag_algorithm = 0x05;
constexpr std::uint8_t verify_sign_tag_public_key = 0x06;
constexpr std::uint8_t bare_der = 0x30;

struct PublicKey {
    Curve curve;
    Bytes point;
};

bool holds_certificates(ObjectId id) {
    return between(ObjectId::certificate_1, id, ObjectId::certificate_4) || id == ObjectId::trust_anchor_1 ||
           id == ObjectId::trust_anchor_8;
}

Outcome<PublicKey> key_of_certificate(const CommandContext& context, ObjectId id) {
    const Object* object = context.chip.find(id);
    if (object == nullptr || !holds_certificates(id)) {
        return fail(ErrorCode::invalid_oid);
    }
    // Chains in C0 or C2 form, such as the factory certificate, are refused although they hold a certificate.
    if (object->content.empty() || object->content[0] != bare_der) {
        return fail(ErrorCode::invalid_certificate_format);
    }
    TRY(const auto key, context.crypto.certificate_key(object->content));
    if (!key.may_sign) {
        return fail(ErrorCode::unsupported_key_usage_or_algorithm);
    }
    return PublicKey{key.curve, key.point};
}

Outcome<PublicKey> key_of_host(const CommandContext& context, std::uint8_t algorithm, ByteView bit_string) {
    if (!is_curve(algorithm)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    const auto curve = static_cast<Curve>(algorithm);
    const auto point = der::point_of(bit_string, curve);
    if (!point || !context.crypto.on_curve(curve, *point)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return PublicKey{curve, *point};
}

}  // namespace

Outcome<Bytes> verify_sign(CommandContext& context, const Request& request) {
    if (request.param != verify_sign_param_ecdsa) {
        return fail(ErrorCode::invalid_param);
    }
    TlvReader reader{request.data};
    const ByteView digest = reader.take(verify_sign_tag_digest);
    const ByteView signature = reader.take(verify_sign_tag_signature);
    const bool by_certificate = reader.next_is(verify_sign_tag_certificate);
    const ObjectId certificate = by_certificate ? reader.take_oid(verify_sign_tag_certificate) : ObjectId{};
    const std::uint8_t algorithm = by_certificate ? std::uint8_t{0} : reader.take_u8(verify_sign_tag_algorithm);
    const ByteView public_key = by_certificate ? ByteView{} : reader.take(verify_sign_tag_public_key);
    TRYV(reader.finish());
    TRY(const auto key,
        by_certificate ? key_of_certificate(context, certificate) : key_of_host(context, algorithm, public_key));
    if (digest.empty() || digest.size() > field_size(key.curve)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    if (!context.crypto.verify(key.curve, key.point, digest, signature)) {
        return fail(ErrorCode::signature_verification_failed);
    }
    return Bytes{};
}

}  // namespace trustx::sim
