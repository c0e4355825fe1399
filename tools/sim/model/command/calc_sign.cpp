// SPDX-License-Identifier: Apache-2.0
// CalcSign (chip-commands.md section 6.8).
#include "common/try.hpp"
#include "model/command/key_access.hpp"
#include "model/command/tlv.hpp"
#include "model/crypto/der.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t calc_sign_param_ecdsa = 0x11;
constexpr std::uint8_t calc_sign_tag_digest = 0x01;
constexpr std::uint8_t calc_sign_tag_key = 0x03;
constexpr std::size_t min_digest_size = 10;

}  // namespace

Outcome<Bytes> calc_sign(CommandContext& context, const Request& request) {
    if (request.param != calc_sign_param_ecdsa) {
        return fail(ErrorCode::invalid_param);
    }
    TlvReader reader{request.data};
    const ByteView digest = reader.take(calc_sign_tag_digest);
    const ObjectId id = reader.take_oid(calc_sign_tag_key);
    TRYV(reader.finish());
    TRY(const auto found, find_key(context, id));
    if (digest.size() < min_digest_size || digest.size() > field_size(found.curve)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    TRY(const auto key, use_key(context, id, usage::sign | usage::auth));
    const Signature signature = context.crypto.sign(key.curve, key.scalar, digest);
    return der::two_integers(signature.r, signature.s);
}

std::optional<ObjectId> key_used_by_calc_sign(const ApplicationState&, const Request& request) {
    TlvReader reader{request.data};
    reader.take(calc_sign_tag_digest);
    const ObjectId id = reader.take_oid(calc_sign_tag_key);
    return reader.finish() && is_key(id) ? std::optional(id) : std::nullopt;
}

}  // namespace trustx::sim
