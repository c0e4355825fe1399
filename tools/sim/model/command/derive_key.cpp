// SPDX-License-Identifier: Apache-2.0
// DeriveKey, the TLS 1.2 PRF (chip-commands.md section 6.11).
#include "common/try.hpp"
#include "model/command/command.hpp"
#include "model/command/result_target.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t derive_key_param_tls12_prf_sha256 = 0x01;
constexpr std::uint8_t derive_key_tag_secret = 0x01;
constexpr std::uint8_t derive_key_tag_seed = 0x02;
constexpr std::uint8_t derive_key_tag_length = 0x03;
constexpr std::size_t max_stored_secret_size = 64;

bool holds_secrets(ObjectId id) {
    return between(ObjectId::data_first, id, ObjectId::data_last) ||
           between(ObjectId::large_data_first, id, ObjectId::large_data_last);
}

Outcome<Bytes> secret_of(const CommandContext& context, ObjectId id) {
    if (is_session(id)) {
        const auto* secret = std::get_if<SharedSecret>(&context.application.session(id));
        if (secret == nullptr) {
            return fail(ErrorCode::invalid_parameter_in_data);
        }
        return secret->value;
    }
    const Object* object = context.chip.find(id);
    if (object == nullptr || !holds_secrets(id)) {
        return fail(ErrorCode::invalid_oid);
    }
    // No read access is needed: a secret that may be derived from but not read is what this command is for.
    if (object->content.empty() || object->content.size() > max_stored_secret_size) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return object->content;
}

}  // namespace

Outcome<Bytes> derive_key(CommandContext& context, const Request& request) {
    if (request.param != derive_key_param_tls12_prf_sha256) {
        return fail(ErrorCode::invalid_param);
    }
    TlvReader reader{request.data};
    const ObjectId id = reader.take_oid(derive_key_tag_secret);
    const ByteView seed = reader.take(derive_key_tag_seed);
    const std::size_t length = reader.take_u16(derive_key_tag_length);
    TRY(const auto target, take_result_target(reader));
    const std::size_t max_length = target.session ? 48 : 256;
    if (seed.size() < 8 || seed.size() > 1024 || length < 16 || length > max_length) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    TRY(const auto secret, secret_of(context, id));
    return deliver(context, target, context.crypto.prf(secret, seed, length));
}

}  // namespace trustx::sim
