// SPDX-License-Identifier: Apache-2.0
#include "dtls/handshake.hpp"

#include "codec/byte_reader.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace trustx::dtls {
namespace {

using namespace std::chrono_literals;

// Each needs the chip, and anybody can send them.
constexpr int most_hello_verifies = 6;
constexpr std::size_t longest_hello_verify = 2 + 1 + 255;
constexpr std::uint16_t last_hello_verify_sequence = 1;  // chip-dtls.md section 7
// A server that sends its flight again has not got ours. Faster than that none repeats it, and whoever forges it would
// have the flight sent, and the chip at work, as often as he likes.
constexpr Duration resend_pause = 500ms;

// IP and UDP header, record header, message header.
constexpr std::size_t fragment_overhead = 20 + 8 + record_header_size + message_header_size;

std::optional<std::uint32_t> seconds_of(const std::optional<UnixTime>& time) {
    return time ? std::optional{static_cast<std::uint32_t>(time->time_since_epoch().count())} : std::nullopt;
}

MessageType type_of(ByteView message) {
    return static_cast<MessageType>(message.front());
}

// Which message may follow which, in the server's flight. Nothing else is accepted (chip-dtls.md section 7).
bool may_follow(std::optional<MessageType> former, MessageType type) {
    if (!former) {
        return type == MessageType::server_hello;
    }
    switch (*former) {
        case MessageType::server_hello:
            return type == MessageType::certificate;
        case MessageType::certificate:
            return type == MessageType::server_key_exchange;
        case MessageType::server_key_exchange:
            return type == MessageType::certificate_request || type == MessageType::server_hello_done;
        case MessageType::certificate_request:
            return type == MessageType::server_hello_done;
        default:
            return false;
    }
}

bool is_of_server_flight(MessageType type) {
    switch (type) {
        case MessageType::server_hello:
        case MessageType::certificate:
        case MessageType::server_key_exchange:
        case MessageType::certificate_request:
        case MessageType::server_hello_done:
            return true;
        default:
            return false;
    }
}

std::string_view purpose_of(MessageType type) {
    switch (type) {
        case MessageType::server_hello:
            return "agree with the server on suite and parameters (ServerHello)";
        case MessageType::certificate:
            return "verify the server's certificate with the trust anchor in E0E8 (Certificate)";
        case MessageType::server_key_exchange:
            return "verify that the server has the key of its certificate (ServerKeyExchange)";
        case MessageType::certificate_request:
            return "read what certificate the server asks for (CertificateRequest)";
        case MessageType::finished:
            return "verify that nobody changed the handshake on its way (Finished)";
        default:
            return "take a handshake message";
    }
}

tl::unexpected<Error> unexpected_message(MessageType type) {
    return fail(DtlsError::peer_violates,
                "handshake message of type " + std::to_string(static_cast<unsigned>(type)) + " out of turn");
}

std::uint16_t suite_of(ByteView server_hello) {
    constexpr std::size_t version_and_random = 2 + 32;
    ByteReader reader{server_hello.subspan(message_header_size)};
    reader.bytes(version_and_random);
    reader.bytes(reader.u8());  // session id
    return reader.u16();
}

std::vector<Bytes> certificates_of(ByteView message) {
    ByteReader outer{message.subspan(message_header_size)};
    ByteReader list{outer.bytes(outer.u24())};
    std::vector<Bytes> certificates;
    while (list.left() != 0) {
        const auto certificate = list.bytes(list.u24());
        if (!list.failed()) {
            certificates.emplace_back(certificate.begin(), certificate.end());
        }
    }
    return certificates;
}

bool is_hello_verify(ByteView body) {
    ByteReader reader{body};
    reader.u16();
    reader.bytes(reader.u8());
    return reader.done();
}

}  // namespace

Result<void> Handshake::begin(Deadline deadline) {
    TRY(auto hello, chip_.client_hello(seconds_of(options_.dates_hold_at)));
    TRYV(add_and_send(ContentType::handshake, std::move(hello), false, deadline));
    timer_.start(clock_.now());
    return {};
}

Result<void> Handshake::take(std::uint16_t epoch, ByteView body, Deadline deadline) {
    while (!body.empty()) {
        const auto fragment = dtls::take_fragment(body);
        if (!fragment) {
            ++report_.drops.malformed;
            break;
        }
        TRYV(take_fragment(epoch, *fragment, deadline));
    }
    return {};
}

Result<void> Handshake::take_fragment(std::uint16_t epoch, const Fragment& fragment, Deadline deadline) {
    switch (phase_) {
        case Phase::server_hello:
            return take_of_hello(fragment, deadline);
        case Phase::server_finished:
            return epoch == 0 ? take_repeated(fragment, deadline) : take_finished(fragment);
        case Phase::done:
            break;
    }
    ++report_.drops.repeated;
    return {};
}

// reassemble says whether something came that was missing, or is other than before.
Result<bool> Handshake::reassemble(const Fragment& fragment) {
    switch (reassembly_.add(fragment)) {
        case Reassembly::Outcome::taken:
            return true;
        case Reassembly::Outcome::repeated:
            ++report_.drops.repeated;
            return false;
        case Reassembly::Outcome::ahead:
            ++report_.drops.overflow;
            return false;
        case Reassembly::Outcome::contrary:
            ++report_.drops.malformed;
            return true;
        case Reassembly::Outcome::too_long:
            break;
    }
    return fail(DtlsError::message_too_long, "handshake message of type " +
                                                 std::to_string(static_cast<unsigned>(fragment.type)) + " with " +
                                                 std::to_string(fragment.length) + " bytes");
}

Result<void> Handshake::take_of_hello(const Fragment& fragment, Deadline deadline) {
    if (fragment.type == MessageType::hello_verify_request) {
        return take_hello_verify(fragment, deadline);
    }
    if (fragment.type == MessageType::hello_request) {
        ++report_.drops.unexpected;  // it may come at any time, and asks for what is under way
        return {};
    }
    if (fragment.length > Reassembly::max_body && !is_of_server_flight(fragment.type)) {
        ++report_.drops.unexpected;
        return {};
    }
    TRY(const bool is_new, reassemble(fragment));
    const auto first = is_new ? first_sequence() : std::nullopt;
    if (!first) {
        return {};
    }
    TRY(const auto flight, server_flight(*first));
    if (!flight) {
        return {};
    }
    TRYV(take_server_flight(*flight));
    done_sequence_ = static_cast<std::uint16_t>(*first + flight->size() - 1);
    reassembly_.start_at(static_cast<std::uint16_t>(done_sequence_ + 1));
    return send_client_flight(deadline);
}

// The same cookie again is a duplicate, which the timer takes care of where it is none.
Result<void> Handshake::take_hello_verify(const Fragment& fragment, Deadline deadline) {
    if (fragment.length > longest_hello_verify || fragment.sequence > last_hello_verify_sequence) {
        ++report_.drops.malformed;
        return {};
    }
    if (hello_verify_.add(fragment) == Reassembly::Outcome::contrary) {
        ++report_.drops.malformed;
    }
    const auto message = hello_verify_.complete(fragment.sequence);
    if (!message) {
        return {};
    }
    const Bytes request{message->begin(), message->end()};
    hello_verify_.start_at(0);
    const auto body = ByteView{request}.subspan(message_header_size);
    if (!is_hello_verify(body)) {
        ++report_.drops.malformed;
        return {};
    }
    if (std::ranges::equal(body, last_hello_verify_) || hello_verifies_ == most_hello_verifies) {
        ++report_.drops.repeated;
        return {};
    }
    ++hello_verifies_;
    last_hello_verify_.assign(body.begin(), body.end());
    reassembly_.start_at(static_cast<std::uint16_t>(fragment.sequence + 1));
    TRYV(chip_.put(request).during("take the server's cookie (HelloVerifyRequest)"));
    TRY(auto hello, chip_.client_hello_with_cookie());
    flight_.clear();
    TRYV(add_and_send(ContentType::handshake, std::move(hello), false, deadline));
    timer_.start(clock_.now());
    return {};
}

// first_sequence is the number of ServerHello: the next one after HelloVerifyRequest, and 0 or 1 without.
std::optional<std::uint16_t> Handshake::first_sequence() const {
    const auto start = reassembly_.start();
    if (reassembly_.complete(start)) {
        return start;
    }
    const auto next = static_cast<std::uint16_t>(start + 1);
    const auto message = hello_verifies_ == 0 ? reassembly_.complete(next) : std::nullopt;
    return message && type_of(*message) == MessageType::server_hello ? std::optional{next} : std::nullopt;
}

Result<std::optional<Handshake::ServerFlight>> Handshake::server_flight(std::uint16_t first) const {
    ServerFlight flight;
    std::optional<MessageType> former;
    for (auto sequence = first; former != MessageType::server_hello_done; ++sequence) {
        const auto message = reassembly_.complete(sequence);
        if (!message) {
            return std::nullopt;
        }
        const auto type = type_of(*message);
        if (!may_follow(former, type)) {
            return unexpected_message(type);
        }
        flight.push_back(*message);
        former = type;
    }
    return flight;
}

Result<void> Handshake::take_server_flight(const ServerFlight& flight) {
    for (const auto message : flight) {
        const auto type = type_of(message);
        if (type == MessageType::certificate) {
            report_.peer_certificates = certificates_of(message);
        }
        report_.certificate_requested |= type == MessageType::certificate_request;
        TRYV(chip_.put(message).during(purpose_of(type)));
        if (type == MessageType::server_hello) {
            report_.cipher_suite = suite_of(message);
        }
    }
    return {};
}

Result<void> Handshake::send_client_flight(Deadline deadline) {
    flight_.clear();
    if (report_.certificate_requested) {
        const auto& object = options_.certificate;
        auto certificate = chip_.certificate(object);
        if (!certificate && object) {
            return certificate.failure("send certificate " + object->hex());
        }
        TRYV(certificate);
        TRYV(add_and_send(ContentType::handshake, *std::move(certificate), false, deadline));
    }
    TRY(auto exchange, chip_.client_key_exchange());
    TRYV(add_and_send(ContentType::handshake, std::move(exchange), false, deadline));
    if (report_.certificate_requested && options_.certificate) {
        TRY(auto proof, chip_.certificate_verify().during("prove key " + options_.key.hex()));
        TRYV(add_and_send(ContentType::handshake, std::move(proof), false, deadline));
    }
    TRYV(add_and_send(ContentType::change_cipher_spec, Bytes{1}, false, deadline));
    TRY(auto finished, chip_.finished());
    protects_ = true;
    phase_ = Phase::server_finished;
    TRYV(add_and_send(ContentType::handshake, std::move(finished), true, deadline));
    timer_.start(clock_.now());
    return {};
}

Result<void> Handshake::add_and_send(ContentType type, Bytes content, bool is_protected, Deadline deadline) {
    return send(flight_.emplace_back(Outgoing{type, std::move(content), is_protected}), deadline);
}

Result<void> Handshake::send(const Outgoing& outgoing, Deadline deadline) {
    last_sent_ = clock_.now();
    if (outgoing.is_protected) {
        auto sent = sender_.protect(chip_, outgoing.type, outgoing.content, deadline);
        // As if it were lost on its way: the timer has it sent again, with another number.
        return !sent && passes_by(sent.error()) ? Result<void>{} : sent;
    }
    if (outgoing.type != ContentType::handshake) {
        return sender_.plain(outgoing.type, outgoing.content, deadline);
    }
    for (const auto& fragment : fragments_of(outgoing.content, options_.pmtu - fragment_overhead)) {
        TRYV(sender_.plain(outgoing.type, fragment, deadline));
    }
    return {};
}

Result<void> Handshake::send_again(Deadline deadline) {
    ++report_.flights_sent_again;
    for (const auto& outgoing : flight_) {
        TRYV(send(outgoing, deadline));
    }
    return {};
}

Result<void> Handshake::expire(Deadline deadline) {
    if (!timer_.expire(clock_.now())) {
        return fail(DtlsError::peer_silent, "send the same flight for the last time");
    }
    return send_again(deadline);
}

// The timer is not touched: a server that always repeats itself would have us wait for ever.
Result<void> Handshake::take_repeated(const Fragment& fragment, Deadline deadline) {
    ++report_.drops.repeated;
    const bool is_end = fragment.type == MessageType::server_hello_done && fragment.sequence == done_sequence_;
    return is_end && clock_.now() - last_sent_ >= resend_pause ? send_again(deadline) : Result<void>{};
}

bool Handshake::change_cipher(ByteView body) {
    constexpr std::array<std::uint8_t, 1> content{1};
    if (!protects_ || expects_protected_ || !std::ranges::equal(body, content)) {
        ++(expects_protected_ ? report_.drops.repeated : report_.drops.unexpected);
        return false;
    }
    expects_protected_ = true;
    return true;
}

Result<void> Handshake::take_finished(const Fragment& fragment) {
    if (fragment.type == MessageType::hello_request) {
        ++report_.drops.unexpected;  // in the middle of a handshake it means nothing
        return {};
    }
    TRY(const bool is_new, reassemble(fragment));
    const auto message = is_new ? reassembly_.complete(reassembly_.start()) : std::nullopt;
    if (!message) {
        return {};
    }
    if (type_of(*message) != MessageType::finished) {
        return unexpected_message(type_of(*message));
    }
    TRYV(chip_.put(*message).during(purpose_of(MessageType::finished)));
    phase_ = Phase::done;
    flight_.clear();  // the server's Finished proves that it has ours
    reassembly_.start_at(static_cast<std::uint16_t>(reassembly_.start() + 1));
    return {};
}

}  // namespace trustx::dtls
