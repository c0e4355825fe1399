// SPDX-License-Identifier: Apache-2.0
// ProcUpLinkMsg: what the DTLS client sends, and the end of its session (chip-dtls.md sections 3 and 5).
#include "common/try.hpp"
#include "model/command/dtls_session.hpp"
#include "model/command/key_access.hpp"
#include "model/dtls/certificate_list.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t up_link_param_encrypt = 0x61;
constexpr std::uint8_t up_link_param_close = 0x71;
constexpr std::uint8_t up_link_tag_unix_time = 0x31;
constexpr std::uint8_t up_link_tag_certificate = 0x32;

bool is_up_link_message(std::uint8_t param) {
    switch (static_cast<dtls::UpLink>(param)) {
        case dtls::UpLink::hello:
        case dtls::UpLink::hello_with_cookie:
        case dtls::UpLink::certificate:
        case dtls::UpLink::certificate_verify:
        case dtls::UpLink::key_exchange:
        case dtls::UpLink::finished:
            return true;
    }
    return false;
}

Outcome<std::optional<std::uint32_t>> read_unix_time(ByteView tlvs) {
    TlvReader reader{tlvs};
    if (!reader.next_tag()) {
        return std::optional<std::uint32_t>{};
    }
    const ByteView value = reader.take(up_link_tag_unix_time);
    TRYV(reader.finish());
    ByteReader bytes{value};
    const auto high = static_cast<std::uint32_t>(bytes.u16());
    const std::uint32_t time = high << 16U | bytes.u16();
    if (!bytes.complete()) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return std::optional(time);
}

// The body of the Certificate message, which is an empty list when the request names no object.
Outcome<Bytes> read_certificate(const CommandContext& context, ByteView tlvs) {
    TlvReader reader{tlvs};
    if (!reader.next_tag()) {
        return dtls::encode_list({});
    }
    const ObjectId id = reader.take_oid(up_link_tag_certificate);
    TRYV(reader.finish());
    const Object* object = context.chip.find(id);
    if (object == nullptr || !between(ObjectId::certificate_1, id, ObjectId::certificate_4)) {
        return fail(ErrorCode::invalid_oid);
    }
    if (!context.chip.permits(object->metadata.read, *object)) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    return dtls::list_of_object(object->content, context.crypto, context.dtls);
}

Outcome<void> make(CommandContext& context, dtls::Client& client, dtls::UpLink message, ByteView tlvs) {
    const dtls::Chip chip{context.crypto, context.dtls};
    if (!client.is_due(message)) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    if (message == dtls::UpLink::hello) {
        TRY(const auto time, read_unix_time(tlvs));
        return client.make_hello(chip, time);
    }
    if (message == dtls::UpLink::certificate) {
        TRY(auto list, read_certificate(context, tlvs));
        return client.make_certificate(std::move(list));
    }
    TRYV(TlvReader(tlvs).finish());
    switch (message) {
        case dtls::UpLink::hello_with_cookie:
            return client.make_hello_with_cookie(chip);
        case dtls::UpLink::key_exchange:
            return client.make_key_exchange(chip);
        case dtls::UpLink::certificate_verify:
            return client.make_certificate_verify([&](ByteView digest) -> Outcome<Signature> {
                TRY(const auto key, use_key(context, client.key(), usage::auth));
                return context.crypto.sign(key.curve, key.scalar, digest);
            });
        default:
            return client.make_finished(chip);
    }
}

Outcome<Bytes> send_message(CommandContext& context, dtls::Client& client, dtls::UpLink message, ByteView tlvs) {
    if (!client.fetching()) {
        TRYV(make(context, client, message, tlvs));
    } else if (client.fetching() != message) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    const auto chunk = client.next_chunk(context.dtls);
    Bytes out;
    append_tlv(out, tag_for(chunk.part, tag_message), chunk.bytes);
    return out;
}

Outcome<Bytes> encrypt(CommandContext& context, dtls::Client& client, ByteView tlvs) {
    if (client.fetching()) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    TRY(const auto plain, take_record_part(tlvs, tag_plain_record));
    TRY(const auto record, client.seal({context.crypto, context.dtls}, plain.part, plain.bytes));
    Bytes out;
    append_tlv(out, tag_for(plain.part, tag_protected_record), record);
    return out;
}

// close ends the session, also one that was lost or never begun, because hosts close after any failure. What another
// use has put into the session object since stays there.
Outcome<Bytes> close(CommandContext& context, const DtlsRequest& request) {
    TRYV(TlvReader(request.tlvs).finish());
    Session& session = context.application.session(request.session);
    if (!std::holds_alternative<dtls::Client>(session) && !std::holds_alternative<std::monostate>(session)) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    session = std::monostate{};
    return Bytes{};
}

}  // namespace

Outcome<Bytes> proc_up_link_msg(CommandContext& context, const Request& request) {
    const bool closes = request.param == up_link_param_close;
    const bool encrypts = request.param == up_link_param_encrypt;
    if (!closes && !encrypts && !is_up_link_message(request.param)) {
        return fail(ErrorCode::invalid_param);
    }
    TRY(const auto parsed, read_dtls_request(request));
    if (closes) {
        return close(context, parsed);
    }
    dtls::Client* client = client_in(context.application, parsed.session);
    if (client == nullptr) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    return encrypts ? encrypt(context, *client, parsed.tlvs)
                    : send_message(context, *client, static_cast<dtls::UpLink>(request.param), parsed.tlvs);
}

Effort effort_of_proc_up_link_msg(const EffortContext& context, const Request& request) {
    Effort effort;
    const auto parsed = read_dtls_request(request);
    const dtls::Client* client = parsed ? client_in(context.application, parsed->session) : nullptr;
    if (client == nullptr) {
        return effort;
    }
    if (request.param == up_link_param_encrypt) {
        effort.work.encrypted_bytes = parsed->tlvs.size();
        return effort;
    }
    const auto message = static_cast<dtls::UpLink>(request.param);
    if (!is_up_link_message(request.param) || client->fetching() || !client->is_due(message)) {
        return effort;
    }
    switch (message) {
        case dtls::UpLink::key_exchange:
            effort.work.key_pairs = 1;
            effort.work.agreements = 1;
            effort.work.derivations = 1;  // the master secret
            break;
        case dtls::UpLink::certificate_verify:
            effort.work.signatures = 1;
            effort.is_event = true;
            break;
        case dtls::UpLink::finished:
            effort.work.derivations = 2;  // the keys, and what Finished contains
            break;
        default:
            break;
    }
    return effort;
}

}  // namespace trustx::sim
