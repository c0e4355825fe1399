// SPDX-License-Identifier: Apache-2.0
// GenKeyPair into a slot, into a session, or out to the host (chip-commands.md section 6.12).
#include "common/try.hpp"
#include "model/command/command.hpp"
#include "model/command/tlv.hpp"
#include "model/crypto/der.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t gen_key_pair_tag_key = 0x01;
constexpr std::uint8_t gen_key_pair_tag_usage = 0x02;
constexpr std::uint8_t gen_key_pair_tag_export = 0x07;
constexpr std::uint8_t gen_key_pair_tag_private_key_out = 0x01;
constexpr std::uint8_t gen_key_pair_tag_public_key_out = 0x02;

Outcome<void> store_in_slot(CommandContext& context, ObjectId id, Curve curve, std::uint8_t mask, const Bytes& scalar) {
    Object* object = context.chip.find(id);
    if (object == nullptr || object->kind != ObjectKind::private_key) {
        return fail(ErrorCode::invalid_oid);
    }
    if (!context.chip.permits(object->metadata.change, *object)) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    Metadata metadata = object->metadata;
    metadata.algorithm = static_cast<std::uint8_t>(curve);
    metadata.key_usage = mask;
    if (encode(metadata, 0).size() > max_metadata_size) {
        return fail(ErrorCode::metadata_truncation);
    }
    object->metadata = std::move(metadata);
    object->content = scalar;
    return {};
}

Bytes exported(const KeyPair& pair) {
    Bytes out;
    append_tlv(out, gen_key_pair_tag_private_key_out, der::octet_string(pair.scalar));
    append_tlv(out, gen_key_pair_tag_public_key_out, der::public_key(pair.point));
    return out;
}

Bytes stored(const KeyPair& pair) {
    Bytes out;
    append_tlv(out, gen_key_pair_tag_public_key_out, der::public_key(pair.point));
    return out;
}

}  // namespace

Outcome<Bytes> gen_key_pair(CommandContext& context, const Request& request) {
    if (!is_curve(request.param)) {
        return fail(ErrorCode::invalid_param);
    }
    const auto curve = static_cast<Curve>(request.param);
    TlvReader reader{request.data};
    if (reader.next_is(gen_key_pair_tag_export)) {
        reader.take_empty(gen_key_pair_tag_export);
        TRYV(reader.finish());
        return exported(context.crypto.generate(curve));
    }
    const ObjectId id = reader.take_oid(gen_key_pair_tag_key);
    const std::uint8_t mask = reader.take_u8(gen_key_pair_tag_usage);
    TRYV(reader.finish());
    if (!usage::legal(mask)) {
        return fail(ErrorCode::unsupported_key_usage_or_algorithm);
    }
    const KeyPair pair = context.crypto.generate(curve);
    if (is_session(id)) {
        context.application.session(id) = EphemeralKey{curve, mask, pair.scalar};
        return stored(pair);
    }
    TRYV(store_in_slot(context, id, curve, mask, pair.scalar));
    return stored(pair);
}

}  // namespace trustx::sim
