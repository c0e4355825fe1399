// SPDX-License-Identifier: Apache-2.0
// ProcDownLinkMsg: what the server has sent to the DTLS client (chip-dtls.md sections 4 and 5).
#include "common/try.hpp"
#include "model/command/dtls_session.hpp"
#include "model/dtls/certificate_list.hpp"
#include "model/dtls/server_chain.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t down_link_param_decrypt = 0x51;

bool is_down_link_message(std::uint8_t param) {
    switch (static_cast<dtls::MessageType>(param)) {
        case dtls::MessageType::server_hello:
        case dtls::MessageType::hello_verify_request:
        case dtls::MessageType::certificate:
        case dtls::MessageType::server_key_exchange:
        case dtls::MessageType::certificate_request:
        case dtls::MessageType::server_hello_done:
        case dtls::MessageType::finished:
            return true;
        default:
            return false;
    }
}

std::vector<ByteView> trust_anchors(const ChipState& chip, const dtls::Decisions& decisions) {
    std::vector<ByteView> contents;
    for (const auto id : decisions.trust_anchors) {
        if (const Object* object = chip.find(id)) {
            contents.emplace_back(object->content);
        }
    }
    return contents;
}

Outcome<ByteView> read_message(ByteView tlvs) {
    TlvReader reader{tlvs};
    const ByteView message = reader.take(tag_message);
    TRYV(reader.finish());
    return message;
}

Outcome<Bytes> receive_message(CommandContext& context, const DtlsRequest& request, dtls::MessageType type) {
    Session& session = context.application.session(request.session);
    auto& client = std::get<dtls::Client>(session);
    if (!client.expects(type)) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    TRY(const auto message, read_message(request.tlvs));
    const auto taken =
        client.take({context.crypto, context.dtls}, type, message, trust_anchors(context.chip, context.dtls));
    if (!taken) {
        session = std::monostate{};
        return fail(taken.error());
    }
    return Bytes{};
}

Outcome<Bytes> decrypt(CommandContext& context, dtls::Client& client, ByteView tlvs) {
    TRY(const auto record, take_record_part(tlvs, tag_protected_record));
    TRY(const auto plain, client.open({context.crypto, context.dtls}, record.part, record.bytes));
    if (!plain) {
        context.monitor.event(context.now, context.chip.byte(ObjectId::security_event_counter));
        return fail(context.dtls.record_rejected);
    }
    Bytes out;
    append_tlv(out, tag_for(record.part, tag_plain_record), *plain);
    return out;
}

// A dry run on a copy: the delay of the security monitor comes before an answer that reports a failed decryption.
bool would_fail(const EffortContext& context, const dtls::Client& client, ByteView tlvs) {
    const auto record = take_record_part(tlvs, tag_protected_record);
    if (!record) {
        return false;
    }
    dtls::Client copy = client;
    const auto plain = copy.open({context.crypto, context.dtls}, record->part, record->bytes);
    return plain && !*plain;
}

}  // namespace

Outcome<Bytes> proc_down_link_msg(CommandContext& context, const Request& request) {
    const bool decrypts = request.param == down_link_param_decrypt;
    if (!decrypts && !is_down_link_message(request.param)) {
        return fail(ErrorCode::invalid_param);
    }
    TRY(const auto parsed, read_dtls_request(request));
    dtls::Client* client = client_in(context.application, parsed.session);
    if (client == nullptr || client->fetching()) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    return decrypts ? decrypt(context, *client, parsed.tlvs)
                    : receive_message(context, parsed, static_cast<dtls::MessageType>(request.param));
}

Effort effort_of_proc_down_link_msg(const EffortContext& context, const Request& request) {
    Effort effort;
    const auto parsed = read_dtls_request(request);
    const dtls::Client* client = parsed ? client_in(context.application, parsed->session) : nullptr;
    if (client == nullptr || client->fetching()) {
        return effort;
    }
    if (request.param == down_link_param_decrypt) {
        effort.work.encrypted_bytes = parsed->tlvs.size();
        effort.is_event = would_fail(context, *client, parsed->tlvs);
        return effort;
    }
    const auto type = static_cast<dtls::MessageType>(request.param);
    if (!is_down_link_message(request.param) || !client->expects(type)) {
        return effort;
    }
    effort.work.hashed_bytes = parsed->tlvs.size();
    const auto message = read_message(parsed->tlvs);
    if (type == dtls::MessageType::server_key_exchange) {
        effort.work.verifications = 1;
    } else if (type == dtls::MessageType::finished) {
        effort.work.derivations = 1;
    } else if (type == dtls::MessageType::certificate && message && message->size() > dtls::message_header_size) {
        const auto list = dtls::decode_list(message->subspan(dtls::message_header_size));
        effort.work.verifications =
            list ? dtls::signatures_in(context.crypto, *list, trust_anchors(context.chip, context.dtls)) : 0;
    }
    return effort;
}

}  // namespace trustx::sim
