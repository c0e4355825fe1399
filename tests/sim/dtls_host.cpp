// SPDX-License-Identifier: Apache-2.0
#include "dtls_host.hpp"

#include "host.hpp"
#include "support/golden.hpp"

#include <stdexcept>

namespace trustx::test {

namespace {

constexpr unsigned content_change_cipher_spec = 20;
constexpr unsigned content_alert = 21;
constexpr unsigned content_handshake = 22;

std::size_t u24(const sim::Bytes& bytes, std::size_t at) {
    return static_cast<std::size_t>(bytes.at(at) << 16U | bytes.at(at + 1) << 8U | bytes.at(at + 2));
}

void put_u24(sim::Bytes& bytes, std::size_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 16U & 0xFFU));
    sim::append_u16(bytes, value);
}

sim::Bytes whole_message(unsigned type, unsigned number, const sim::Bytes& body) {
    sim::Bytes message{static_cast<std::uint8_t>(type)};
    put_u24(message, body.size());
    sim::append_u16(message, number);
    put_u24(message, 0);
    put_u24(message, body.size());
    sim::append(message, body);
    return message;
}

sim::Bytes record_header(unsigned type, unsigned epoch, std::uint32_t sequence, std::size_t length) {
    sim::Bytes header{static_cast<std::uint8_t>(type), 0xFE, 0xFD};
    sim::append_u16(header, epoch);
    sim::append_u16(header, 0);
    sim::append_u16(header, sequence >> 16U);
    sim::append_u16(header, sequence & 0xFFFFU);
    sim::append_u16(header, length);
    return header;
}

}  // namespace

DtlsHost::DtlsHost(Apdu apdu, DtlsServer& server, DtlsHostOptions options)
    : apdu_{std::move(apdu)}, server_{server}, options_{std::move(options)} {}

std::string DtlsHost::run(const std::string& hex) {
    const std::string response = apdu_(hex);
    if (response.substr(0, 2) != "00") {
        error_ = apdu_("01000002F1C2").substr(8);
        return {};
    }
    return response.substr(8);
}

// up fetches a message in all its chunks and puts it together as Infineon's library does.
std::optional<sim::Bytes> DtlsHost::up(const std::string& param, const std::string& tlvs) {
    sim::Bytes message;
    for (;;) {
        const std::string out = run(command("1A" + param, options_.session + tlvs));
        if (!error_.empty()) {
            return std::nullopt;
        }
        ++chunks[param];
        const sim::Bytes bytes = from_hex(out);
        const auto low_digit = bytes.at(0) & 0x0FU;
        const sim::Bytes chunk{bytes.begin() + 3, bytes.end()};
        if (bytes.size() - 3 != static_cast<std::size_t>(bytes.at(1) << 8U | bytes.at(2)) ||
            chunk.size() - 12 != u24(chunk, 9)) {
            throw std::runtime_error("lengths in a chunk do not agree: " + out);
        }
        if (message.empty()) {
            message.assign(chunk.begin(), chunk.begin() + 12);
            message.resize(12 + u24(chunk, 1));
        }
        const std::size_t offset = u24(chunk, 6);
        if (chunks[param] == 1 && offset != 0) {
            throw std::runtime_error("the first chunk is not the beginning: " + out);
        }
        std::copy(chunk.begin() + 12, chunk.end(), message.begin() + static_cast<std::ptrdiff_t>(12 + offset));
        if (low_digit == 1) {
            std::copy(message.begin() + 1, message.begin() + 4, message.begin() + 9);
            return message;
        }
    }
}

bool DtlsHost::down(unsigned type, const sim::Bytes& message) {
    sim::Bytes changed = message;
    if (options_.tamper) {
        options_.tamper(type, changed);
    }
    const std::string param = to_hex(sim::Bytes{static_cast<std::uint8_t>(type)});
    run(command("1B" + param, options_.session + tlv("61", to_hex(changed))));
    return error_.empty();
}

void DtlsHost::record(unsigned type, const sim::Bytes& content) {
    sim::append(datagram_, record_header(type, epoch_, sequence_++, content.size()));
    sim::append(datagram_, content);
}

void DtlsHost::flush() {
    receive_records(server_.exchange(std::exchange(datagram_, {})));
}

void DtlsHost::receive_records(const sim::Bytes& records) {
    for (std::size_t at = 0; at < records.size();) {
        const std::size_t length = static_cast<std::size_t>(records.at(at + 11) << 8U | records.at(at + 12));
        const auto begin = records.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = begin + static_cast<std::ptrdiff_t>(13 + length);
        const sim::Bytes content{begin + 13, end};
        const unsigned epoch = records.at(at + 4);
        if (epoch == 1) {
            protected_.emplace_back(begin, end);
        } else if (records.at(at) == content_handshake) {
            receive_fragments(content);
        } else if (records.at(at) == content_alert) {
            alert_ = content.at(1);
        }
        at += 13 + length;
    }
}

void DtlsHost::receive_fragments(const sim::Bytes& content) {
    for (std::size_t at = 0; at < content.size();) {
        const unsigned number = static_cast<unsigned>(content.at(at + 4) << 8U | content.at(at + 5));
        const std::size_t offset = u24(content, at + 6);
        const std::size_t size = u24(content, at + 9);
        Incoming& message = messages_[number];
        message.type = content.at(at);
        message.body.resize(u24(content, at + 1));
        const auto from = content.begin() + static_cast<std::ptrdiff_t>(at + 12);
        std::copy(from, from + static_cast<std::ptrdiff_t>(size),
                  message.body.begin() + static_cast<std::ptrdiff_t>(offset));
        message.received += size;
        at += 12 + size;
    }
}

bool DtlsHost::hello() {
    std::string time;
    if (options_.unix_time) {
        sim::Bytes bytes;
        sim::append_u16(bytes, *options_.unix_time >> 16U);
        sim::append_u16(bytes, *options_.unix_time & 0xFFFFU);
        time = tlv("31", to_hex(bytes));
    }
    run(command("1099", options_.key + options_.session));
    if (!error_.empty()) {
        return false;
    }
    const auto first = up("01", time);
    if (!first) {
        return false;
    }
    record(content_handshake, *first);
    flush();
    if (messages_.empty() || messages_.begin()->second.type != 3) {
        return true;
    }
    const auto request = std::move(messages_.begin()->second);
    const unsigned number = messages_.begin()->first;
    messages_.clear();
    if (!down(3, whole_message(3, number, request.body))) {
        return false;
    }
    const auto second = up("03");
    if (!second) {
        return false;
    }
    record(content_handshake, *second);
    flush();
    return true;
}

bool DtlsHost::server_flight() {
    for (const auto& [number, message] : messages_) {
        if (message.received < message.body.size()) {
            throw std::runtime_error("the server's flight is not complete");
        }
        if (!down(message.type, whole_message(message.type, number, message.body))) {
            return false;
        }
    }
    return !messages_.empty();
}

bool DtlsHost::client_flight() {
    bool requested = false;
    for (const auto& [number, message] : messages_) {
        requested = requested || message.type == 0x0D;
    }
    messages_.clear();
    const bool shows = requested && !options_.certificate.empty();
    if (requested) {
        const auto certificate = up("0B", shows ? tlv("32", options_.certificate) : "");
        if (!certificate) {
            return false;
        }
        record(content_handshake, *certificate);
    }
    const auto key_exchange = up("10");
    if (!key_exchange) {
        return false;
    }
    record(content_handshake, *key_exchange);
    if (shows) {
        const auto verify = up("0F");
        if (!verify) {
            return false;
        }
        record(content_handshake, *verify);
    }
    record(content_change_cipher_spec, {1});
    const auto finished = up("14");
    if (!finished) {
        return false;
    }
    epoch_ = 1;
    sequence_ = 0;
    const std::string sealed = seal(content_handshake, to_hex(*finished));
    if (sealed.empty()) {
        return false;
    }
    sim::append(datagram_, from_hex(sealed.substr(6)));
    flush();
    return true;
}

bool DtlsHost::server_finished() {
    for (const auto& sealed : protected_) {
        const std::string plain = receive(sealed);
        if (plain.empty()) {
            return false;
        }
        const sim::Bytes message = from_hex(plain.substr(6 + 26));
        if (message.at(0) == 0x14 && !down(0x14, message)) {
            return false;
        }
    }
    protected_.clear();
    return true;
}

std::string DtlsHost::handshake() {
    static_cast<void>(hello() && server_flight() && client_flight() && server_finished());
    return error_;
}

std::string DtlsHost::seal(unsigned type, const std::string& plain_hex) {
    const sim::Bytes header = record_header(type, epoch_, sequence_++, plain_hex.size() / 2);
    return run(command("1A61", options_.session + tlv("61", to_hex(header) + plain_hex)));
}

void DtlsHost::send(const std::string& text) {
    const std::string sealed = seal(23, to_hex(sim::to_bytes(std::string_view(text))));
    receive_records(server_.exchange(from_hex(sealed.substr(6))));
}

std::string DtlsHost::receive(const sim::Bytes& records) {
    return run(command("1B51", options_.session + tlv("51", to_hex(records))));
}

std::string DtlsHost::close_notify() {
    return seal(content_alert, "0100");
}

std::string DtlsHost::close() {
    return apdu_(command("1A71", options_.session));
}

}  // namespace trustx::test
