// SPDX-License-Identifier: Apache-2.0
// CalcSSec, Diffie-Hellman with a stored or ephemeral key (chip-commands.md section 6.10).
#include "common/try.hpp"
#include "model/command/key_access.hpp"
#include "model/command/result_target.hpp"
#include "model/command/tlv.hpp"
#include "model/crypto/der.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t calc_ssec_param_ecdh = 0x01;
constexpr std::uint8_t calc_ssec_tag_key = 0x01;
constexpr std::uint8_t calc_ssec_tag_algorithm = 0x05;
constexpr std::uint8_t calc_ssec_tag_public_key = 0x06;

}  // namespace

Outcome<Bytes> calc_ssec(CommandContext& context, const Request& request) {
    if (request.param != calc_ssec_param_ecdh) {
        return fail(ErrorCode::invalid_param);
    }
    TlvReader reader{request.data};
    const ObjectId id = reader.take_oid(calc_ssec_tag_key);
    const std::uint8_t algorithm = reader.take_u8(calc_ssec_tag_algorithm);
    const ByteView public_key = reader.take(calc_ssec_tag_public_key);
    TRY(const auto target, take_result_target(reader));
    TRY(const auto found, find_key(context, id));
    const auto peer = der::point_of(public_key, found.curve);
    if (algorithm != static_cast<std::uint8_t>(found.curve) || !peer || !context.crypto.on_curve(found.curve, *peer)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    TRY(const auto key, use_key(context, id, usage::key_agree));
    auto secret = context.crypto.shared_secret(key.curve, key.scalar, *peer);
    if (!secret) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return deliver(context, target, std::move(*secret));
}

std::optional<ObjectId> key_used_by_calc_ssec(const ApplicationState&, const Request& request) {
    TlvReader reader{request.data};
    const ObjectId id = reader.take_oid(calc_ssec_tag_key);
    return is_key(id) ? std::optional(id) : std::nullopt;
}

}  // namespace trustx::sim
