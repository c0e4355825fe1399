// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/client.hpp"

#include "common/try.hpp"
#include "model/crypto/der.hpp"
#include "model/dtls/certificate_list.hpp"
#include "model/dtls/server_chain.hpp"
#include "model/dtls/server_messages.hpp"

#include <algorithm>

#include <openssl/crypto.h>

namespace trustx::sim::dtls {

namespace {

constexpr std::size_t largest_part = max_data_size - 3;  // of a record in an answer, behind its tag and length
constexpr std::uint16_t client_epoch = 1;

tl::unexpected<ErrorCode> out_of_turn() {
    return fail(ErrorCode::command_out_of_sequence);
}
tl::unexpected<ErrorCode> does_not_fit() {
    return fail(ErrorCode::invalid_parameter_in_data);
}

MessageType type_of(UpLink message) {
    switch (message) {
        case UpLink::hello:
        case UpLink::hello_with_cookie:
            return MessageType::client_hello;
        case UpLink::certificate:
            return MessageType::certificate;
        case UpLink::certificate_verify:
            return MessageType::certificate_verify;
        case UpLink::key_exchange:
            return MessageType::client_key_exchange;
        case UpLink::finished:
            break;
    }
    return MessageType::finished;
}

void append_extension(Bytes& bytes, std::uint16_t type, ByteView content) {
    append_u16(bytes, type);
    append_u16(bytes, content.size());
    append(bytes, content);
}

Bytes offered_extensions(const Decisions& decisions) {
    Bytes groups;
    append_u16(groups, 2 * decisions.groups.size());
    for (const auto group : decisions.groups) {
        append_u16(groups, group);
    }
    const Bytes uncompressed_points{0x01, 0x00};
    Bytes schemes;
    append_u16(schemes, 2);
    append_u16(schemes, scheme_ecdsa_sha256);

    Bytes extensions;
    append_extension(extensions, extension_groups, groups);
    append_extension(extensions, extension_point_formats, uncompressed_points);
    append_extension(extensions, extension_signature_algorithms, schemes);
    return extensions;
}

std::uint64_t number_of(const RecordHeader& header) {
    std::uint64_t number = 0;
    for (const auto byte : header.number) {
        number = number << 8U | byte;
    }
    return number;
}

bool of_this_connection(const RecordHeader& header) {
    return header.version == version_dtls_1_2 && ByteReader(header.number).u16() == client_epoch;
}

bool is_content_type(std::uint8_t type) {
    return type == static_cast<std::uint8_t>(ContentType::alert) ||
           type == static_cast<std::uint8_t>(ContentType::handshake) ||
           type == static_cast<std::uint8_t>(ContentType::application_data);
}

}  // namespace

bool Client::is_due(UpLink message) const {
    switch (message) {
        case UpLink::hello:
            return stage_ == Stage::start || stage_ == Stage::hello;
        case UpLink::hello_with_cookie:
            return stage_ == Stage::hello && cookie_.has_value();
        case UpLink::certificate:
            return stage_ == Stage::certificate;
        case UpLink::key_exchange:
            return stage_ == Stage::key_exchange;
        case UpLink::certificate_verify:
            return stage_ == Stage::certificate_verify;
        case UpLink::finished:
            return stage_ == Stage::finished;
    }
    return false;
}

bool Client::expects(MessageType type) const {
    switch (type) {
        case MessageType::hello_verify_request:
            return stage_ == Stage::hello;
        case MessageType::server_hello:
            return stage_ == Stage::hello && cookie_.has_value() == cookie_was_sent_;
        case MessageType::certificate:
            return stage_ == Stage::server_certificate;
        case MessageType::server_key_exchange:
            return stage_ == Stage::server_key_exchange;
        case MessageType::certificate_request:
            return stage_ == Stage::request_or_done && !certificate_was_requested_;
        case MessageType::server_hello_done:
            return stage_ == Stage::request_or_done;
        case MessageType::finished:
            return stage_ == Stage::server_finished;
        default:
            return false;
    }
}

void Client::send(UpLink message, std::uint16_t number, Bytes body) {
    outgoing_ = message;
    message_ = {type_of(message), number, std::move(body)};
    sent_ = 0;
}

void Client::add(UpLink message, Bytes body) {
    send(message, next_number_++, std::move(body));
    transcript_.update(encode(message_));
}

Chunk Client::next_chunk(const Decisions& decisions) {
    const std::size_t limit = std::clamp<std::size_t>(decisions.chunk_size, 1, Decisions::largest_chunk);
    const std::size_t size = std::min(limit, message_.body.size() - sent_);
    const bool first = sent_ == 0;
    const bool last = sent_ + size == message_.body.size();
    Chunk chunk{last ? Part::last : (first ? Part::first : Part::middle), fragment(message_, sent_, size)};
    sent_ = last ? 0 : sent_ + size;
    return chunk;
}

Message Client::hello(const Decisions& decisions, const std::optional<Bytes>& cookie) const {
    Bytes body;
    append_u16(body, version_dtls_1_2);
    append(body, client_random_);
    body.push_back(0);  // no session to resume
    body.push_back(static_cast<std::uint8_t>(cookie ? cookie->size() : 0));
    append(body, cookie.value_or(Bytes{}));
    append_u16(body, 2);
    append_u16(body, cipher_suite);
    body.push_back(1);  // one method of compression, which is none
    body.push_back(0);
    const Bytes extensions = offered_extensions(decisions);
    append_u16(body, extensions.size());
    append(body, extensions);
    return {MessageType::client_hello, static_cast<std::uint16_t>(cookie ? 1 : 0), std::move(body)};
}

Outcome<void> Client::make_hello(Chip chip, std::optional<std::uint32_t> unix_time) {
    if (!is_due(UpLink::hello)) {
        return out_of_turn();
    }
    if (stage_ == Stage::start) {
        unix_time_ = unix_time;
        if (unix_time) {
            append_u16(client_random_, *unix_time >> 16U);
            append_u16(client_random_, *unix_time & 0xFFFFU);
        }
        append(client_random_, chip.crypto.random(random_size - client_random_.size()));
        stage_ = Stage::hello;
    }
    auto message = hello(chip.decisions, std::nullopt);
    send(UpLink::hello, message.number, std::move(message.body));
    return {};
}

Outcome<void> Client::make_hello_with_cookie(Chip chip) {
    if (!is_due(UpLink::hello_with_cookie)) {
        return out_of_turn();
    }
    auto message = hello(chip.decisions, cookie_);
    send(UpLink::hello_with_cookie, message.number, std::move(message.body));
    cookie_was_sent_ = true;
    return {};
}

Outcome<void> Client::make_certificate(Bytes list) {
    if (!is_due(UpLink::certificate)) {
        return out_of_turn();
    }
    certificate_was_sent_ = list.size() > 3;  // a list of nothing has only its length
    add(UpLink::certificate, std::move(list));
    stage_ = Stage::key_exchange;
    return {};
}

Outcome<void> Client::make_key_exchange(Chip chip) {
    if (!is_due(UpLink::key_exchange)) {
        return out_of_turn();
    }
    KeyPair pair = chip.crypto.generate(curve_);
    const auto scalar = Wiped<48>::take(std::move(pair.scalar));
    auto premaster = chip.crypto.shared_secret(curve_, scalar.view(), server_point_);
    if (!premaster) {
        return fail(ErrorCode::internal_process_error);
    }
    master_ = master_secret(chip.crypto, std::move(*premaster), client_random_, server_random_);
    Bytes body{static_cast<std::uint8_t>(pair.point.size())};
    append(body, pair.point);
    add(UpLink::key_exchange, std::move(body));
    stage_ = certificate_was_sent_ ? Stage::certificate_verify : Stage::finished;
    return {};
}

Outcome<void> Client::make_certificate_verify(const Signer& signer) {
    if (!is_due(UpLink::certificate_verify)) {
        return out_of_turn();
    }
    TRY(const auto signature, signer(transcript_.finish()));
    const Bytes encoded = der::sequence({der::two_integers(signature.r, signature.s)});
    Bytes body;
    append_u16(body, scheme_ecdsa_sha256);
    append_u16(body, encoded.size());
    append(body, encoded);
    add(UpLink::certificate_verify, std::move(body));
    stage_ = Stage::finished;
    return {};
}

Outcome<void> Client::make_finished(Chip chip) {
    if (!is_due(UpLink::finished)) {
        return out_of_turn();
    }
    keys_ = traffic_keys(chip.crypto, master_, client_random_, server_random_);
    add(UpLink::finished, verify_data(chip.crypto, master_, Side::client, transcript_.finish()));
    stage_ = Stage::server_finished;
    return {};
}

Outcome<void> Client::take(Chip chip, MessageType type, ByteView message, const std::vector<ByteView>& anchors) {
    if (!expects(type)) {
        return out_of_turn();
    }
    TRY(const auto decoded, decode(type, message));
    if (type == MessageType::hello_verify_request) {
        return take_hello_verify_request(decoded.body);
    }
    if (chip.decisions.checks_message_seq) {
        TRYV(check_number(decoded));
    }
    const auto result = [&]() -> Outcome<void> {
        switch (type) {
            case MessageType::server_hello:
                return take_server_hello(chip.decisions, decoded.body);
            case MessageType::certificate:
                return take_certificate(chip, decoded.body, anchors);
            case MessageType::server_key_exchange:
                return take_key_exchange(chip, decoded.body);
            case MessageType::certificate_request:
                return take_certificate_request(decoded.body);
            case MessageType::server_hello_done:
                return take_hello_done(decoded.body);
            default:
                return take_finished(chip, decoded.body);
        }
    }();
    transcript_.update(message);
    return result;
}

Outcome<void> Client::check_number(const Message& message) {
    const auto expected = static_cast<std::uint16_t>(last_server_number_.value_or(message.number - 1) + 1);
    last_server_number_ = message.number;
    if (message.number != expected) {
        return fail(ErrorCode::invalid_handshake_message);
    }
    return {};
}

Outcome<void> Client::take_hello_verify_request(ByteView body) {
    TRY(cookie_, read_cookie(body));
    cookie_was_sent_ = false;
    return {};
}

Outcome<void> Client::take_server_hello(const Decisions& decisions, ByteView body) {
    TRY(server_random_, read_server_random(body));
    // The hello that this answers opens the transcript; one without the cookie that was asked for is not in it.
    transcript_.update(encode(hello(decisions, cookie_)));
    next_number_ = cookie_ ? 2 : 1;
    stage_ = Stage::server_certificate;
    return {};
}

Outcome<void> Client::take_certificate(Chip chip, ByteView body, const std::vector<ByteView>& anchors) {
    TRY(const auto list, decode_list(body));
    const auto time =
        chip.decisions.checks_dates && unix_time_ ? std::optional<std::int64_t>(*unix_time_) : std::nullopt;
    TRY(server_key_, check_chain(chip.crypto, list, anchors, time));
    stage_ = Stage::server_key_exchange;
    return {};
}

Outcome<void> Client::take_key_exchange(Chip chip, ByteView body) {
    Bytes randoms = client_random_;
    append(randoms, server_random_);
    TRY(auto exchange, read_key_exchange(body, chip.crypto, *server_key_, randoms, chip.decisions));
    curve_ = exchange.curve;
    server_point_ = std::move(exchange.point);
    stage_ = Stage::request_or_done;
    return {};
}

Outcome<void> Client::take_certificate_request(ByteView body) {
    TRYV(check_certificate_request(body));
    certificate_was_requested_ = true;
    return {};
}

Outcome<void> Client::take_hello_done(ByteView body) {
    if (!body.empty()) {
        return fail(ErrorCode::invalid_handshake_message);
    }
    stage_ = certificate_was_requested_ ? Stage::certificate : Stage::key_exchange;
    return {};
}

Outcome<void> Client::take_finished(Chip chip, ByteView body) {
    const Bytes expected = verify_data(chip.crypto, master_, Side::server, transcript_.finish());
    if (body.size() != expected.size() || CRYPTO_memcmp(body.data(), expected.data(), expected.size()) != 0) {
        return fail(ErrorCode::invalid_handshake_message);
    }
    master_.wipe();
    stage_ = Stage::connected;
    return {};
}

Outcome<Bytes> Client::seal(Chip chip, Part part, ByteView bytes) {
    if (!protects_records()) {
        return out_of_turn();
    }
    if (part == Part::middle || (part == Part::last && sealing_)) {
        return seal_part(part, bytes);
    }
    sealing_.reset();
    const auto header = read_record_header(bytes);
    if (!header || !of_this_connection(*header) || !is_content_type(header->type) ||
        header->length > max_plaintext_size) {
        return does_not_fit();
    }
    const bool early =
        stage_ != Stage::connected && header->type == static_cast<std::uint8_t>(ContentType::application_data);
    if (early && !chip.decisions.encrypts_early) {
        return out_of_turn();
    }
    const ByteView text = bytes.subspan(record_header_size);
    if (text.size() > header->length || (part == Part::last && text.size() != header->length)) {
        return does_not_fit();
    }
    const std::size_t expansion = explicit_nonce_size + record_tag_size;
    if (record_header_size + text.size() + expansion > largest_part) {
        return fail(ErrorCode::insufficient_memory);
    }
    const std::uint64_t number = number_of(*header);
    if (chip.decisions.sequence_must_rise && last_sealed_ && number <= *last_sealed_) {
        return does_not_fit();
    }
    last_sealed_ = number;
    sealing_.emplace(
        Partial{Protection{Protection::Direction::seal, chip.crypto, keys_.client, *header, header->number}, Bytes{}});
    Bytes record = encode({header->type, header->version, header->number, header->length + expansion});
    append(record, header->number);
    TRY(const auto converted, seal_part(part, text));
    append(record, converted);
    return record;
}

Outcome<Bytes> Client::seal_part(Part part, ByteView text) {
    const bool fits = sealing_ && text.size() <= sealing_->protection.left() &&
                      (part != Part::last || text.size() == sealing_->protection.left());
    if (!fits) {
        sealing_.reset();
        return does_not_fit();
    }
    Bytes converted = sealing_->protection.convert(text);
    if (part == Part::last) {
        append(converted, sealing_->protection.tag());
        sealing_.reset();
    }
    if (converted.size() > largest_part) {
        sealing_.reset();
        return fail(ErrorCode::insufficient_memory);
    }
    return converted;
}

Outcome<std::optional<Bytes>> Client::open(Chip chip, Part part, ByteView bytes) {
    if (!protects_records()) {
        return out_of_turn();
    }
    if (part == Part::middle || (part == Part::last && opening_)) {
        return open_part(part, bytes);
    }
    opening_.reset();
    auto header = read_record_header(bytes);
    if (!header) {
        return does_not_fit();
    }
    const ByteView content = bytes.subspan(record_header_size);
    const std::size_t expansion = explicit_nonce_size + record_tag_size;
    const bool fits = header->length <= max_plaintext_size + expansion &&
                      (part == Part::last ? content.size() == header->length
                                          : content.size() >= explicit_nonce_size && content.size() <= header->length);
    if (!fits) {
        return does_not_fit();
    }
    if (header->length < expansion || !of_this_connection(*header)) {
        return std::optional<Bytes>{};
    }
    header->length -= expansion;
    opening_.emplace(Partial{
        Protection{Protection::Direction::open, chip.crypto, keys_.server, *header, content.first(explicit_nonce_size)},
        Bytes{}});
    TRY(const auto text, open_part(part, content.subspan(explicit_nonce_size)));
    if (!text) {
        return text;
    }
    Bytes plain = encode(*header);
    append(plain, *text);
    return std::optional(std::move(plain));
}

Outcome<std::optional<Bytes>> Client::open_part(Part part, ByteView bytes) {
    if (!opening_) {
        return does_not_fit();
    }
    const std::size_t size = std::min(bytes.size(), opening_->protection.left());
    Bytes text = opening_->protection.convert(bytes.first(size));
    append(opening_->tag, bytes.subspan(size));
    const std::size_t tag_size = opening_->tag.size();
    if (tag_size > record_tag_size || (part == Part::last && tag_size != record_tag_size)) {
        opening_.reset();
        return does_not_fit();
    }
    if (part != Part::last) {
        return std::optional(std::move(text));
    }
    const Bytes tag = opening_->protection.tag();
    const bool authentic = CRYPTO_memcmp(tag.data(), opening_->tag.data(), tag.size()) == 0;
    opening_.reset();
    return authentic ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace trustx::sim::dtls
