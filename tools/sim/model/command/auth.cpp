// SPDX-License-Identifier: Apache-2.0
// SetAuthScheme, for one-way authentication and for DTLS; SetAuthMsg and GetAuthMsg (chip-commands.md sections 6.5 and
// 6.6).
#include "common/try.hpp"
#include "model/command/key_access.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::uint8_t param_ecdsa = 0x91;
constexpr std::uint8_t param_dtls_client = 0x99;

std::size_t dtls_sessions_besides(const ApplicationState& application, const Session& target) {
    const auto& sessions = application.sessions;
    return static_cast<std::size_t>(std::count_if(sessions.begin(), sessions.end(), [&](const Session& session) {
        return &session != &target && std::holds_alternative<dtls::Client>(session);
    }));
}

// begin_dtls replaces whatever the session holds, and leaves the scheme and challenge of one-way authentication alone.
Outcome<Bytes> begin_dtls(CommandContext& context, const Request& request) {
    ByteReader reader{request.data};
    const auto id = static_cast<ObjectId>(reader.u16());
    const auto session_id = static_cast<ObjectId>(reader.u16());
    if (!reader.complete()) {
        return fail(ErrorCode::invalid_length);
    }
    if (!is_key(id) || !is_session(session_id)) {
        return fail(ErrorCode::invalid_oid);
    }
    TRY(const auto key, find_key(context, id));
    if ((key.usage & usage::auth) == 0) {
        return fail(ErrorCode::unsupported_key_usage_or_algorithm);
    }
    Session& session = context.application.session(session_id);
    if (dtls_sessions_besides(context.application, session) >= context.dtls.connections) {
        return fail(ErrorCode::insufficient_memory);
    }
    session = dtls::Client{id};
    return Bytes{};
}

}  // namespace

Outcome<Bytes> set_auth_scheme(CommandContext& context, const Request& request) {
    if (request.param == param_dtls_client) {
        return begin_dtls(context, request);
    }
    if (request.param != param_ecdsa) {
        return fail(ErrorCode::invalid_param);
    }
    ByteReader reader{request.data};
    const auto id = static_cast<ObjectId>(reader.u16());
    if (!reader.complete()) {
        return fail(ErrorCode::invalid_length);
    }
    TRY(const auto key, find_key(context, id));
    // The response has room for 64 bytes, so a P-384 key cannot answer.
    if ((key.usage & usage::auth) == 0 || key.curve != Curve::p256) {
        return fail(ErrorCode::unsupported_key_usage_or_algorithm);
    }
    context.application.authentication_key = id;
    context.application.challenge.reset();
    return Bytes{};
}

Outcome<Bytes> set_auth_msg(CommandContext& context, const Request& request) {
    constexpr std::uint8_t param_challenge = 0x01;
    if (request.param != param_challenge) {
        return fail(ErrorCode::invalid_param);
    }
    if (!context.application.authentication_key) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    if (request.data.size() < 8 || request.data.size() > 256) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    context.application.challenge = to_bytes(request.data);
    return Bytes{};
}

Outcome<Bytes> get_auth_msg(CommandContext& context, const Request& request) {
    constexpr std::uint8_t param_response = 0x02;
    if (request.param != param_response) {
        return fail(ErrorCode::invalid_param);
    }
    if (!request.data.empty()) {
        return fail(ErrorCode::invalid_length);
    }
    if (!context.application.authentication_key || !context.application.challenge) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    TRY(const auto key, use_key(context, *context.application.authentication_key, usage::auth));
    const auto digest = Sha256::of(*context.application.challenge);
    context.application.challenge.reset();
    const Signature signature = context.crypto.sign(key.curve, key.scalar, digest);
    Bytes response = signature.r;
    append(response, signature.s);
    return response;
}

std::optional<ObjectId> key_used_by_get_auth_msg(const ApplicationState& application, const Request&) {
    return application.challenge ? application.authentication_key : std::nullopt;
}

}  // namespace trustx::sim
