// SPDX-License-Identifier: Apache-2.0
// What becomes of a received record. Whatever is cheap to check is checked before the chip is asked: epoch, type,
// length and number; the address by the socket.
#include "common/try.hpp"
#include "dtls/connection_impl.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace trustx::dtls {
namespace {

// More than the chip takes of one record; several of them may be in a datagram.
constexpr std::size_t longest_datagram = 16 * 1024;
// Protected records that overtake the server's ChangeCipherSpec or Finished. None of them is known to be genuine, so
// the latest are kept: a server repeats its last flight when ours is repeated. Each that is not costs a failed
// decryption, therefore there are few of those that are tried before the handshake is done.
constexpr std::size_t most_early_handshake = 2;
constexpr std::size_t most_early_alerts = 1;
constexpr std::size_t most_early_data = 16;
constexpr std::size_t shortest_protected_body = DecryptRecord::expansion + 1;

void move_to_end(std::deque<Bytes>& queue, std::deque<Bytes>& records) {
    std::ranges::move(records, std::back_inserter(queue));
    records.clear();
}

bool is_protected_type(ContentType type) {
    return type == ContentType::alert || type == ContentType::handshake || type == ContentType::application_data;
}

// The chip looked at the record and did not like it. Everything else says that the chip could not be asked.
bool is_refusal(const Error& error) {
    return error.code().category() == chip_category() || error == Errc::chip_refused;
}

}  // namespace

Result<bool> Connection::Impl::take_next(Deadline deadline) {
    if (is_throttled()) {
        return false;
    }
    if (!held_ && again_.empty() && datagram_.empty()) {
        TRY(const bool received, receive_datagram());
        if (!received) {
            return false;
        }
    }
    // What is no record takes a turn as well: whoever sends such datagrams must not keep the caller from his deadline.
    if (const auto record = next_record()) {
        TRYV(take(*record, deadline));
    } else {
        ++report_.drops.malformed;
    }
    return !is_throttled();
}

std::optional<Record> Connection::Impl::next_record() {
    is_last_try_ = held_ && held_is_last_try_;
    if (!held_ && again_.empty()) {
        return take_record(datagram_);
    }
    if (held_) {
        current_ = *std::exchange(held_, std::nullopt);
    } else {
        current_ = std::move(again_.front());
        again_.pop_front();
    }
    ByteView whole{current_};
    return take_record(whole);
}

Result<bool> Connection::Impl::receive_datagram() {
    buffer_.resize(longest_datagram);
    auto received = socket_.receive(buffer_);
    if (!received && is_about_earlier(received.error()) && report_.records_received != 0) {
        return false;
    }
    TRY(const auto size, std::move(received));
    if (!size) {
        return false;
    }
    datagram_ = *size <= buffer_.size() ? ByteView{buffer_}.first(*size) : ByteView{};
    return true;
}

// The latest first: it is the one that was sent together with the ChangeCipherSpec that is there now.
void Connection::Impl::take_early_handshake() {
    move_to_end(again_, early_handshake_);
    std::ranges::reverse(again_);
    move_to_end(again_, early_alerts_);
}

// The server's Finished is there. Others that were kept are it again, or forged.
void Connection::Impl::take_early_data() {
    report_.drops.repeated += std::erase_if(again_, [](const Bytes& record) {
        return record.front() == static_cast<std::uint8_t>(ContentType::handshake);
    });
    move_to_end(again_, early_data_);
}

Result<void> Connection::Impl::take(const Record& record, Deadline deadline) {
    constexpr std::uint16_t handshake_epoch = 0;
    constexpr std::uint16_t data_epoch = 1;  // there is no renegotiation, and so no other
    if (!has_right_version(record)) {
        ++report_.drops.version;
        return {};
    }
    if (record.epoch == handshake_epoch && report_.state == State::handshaking) {
        return take_plain(record, deadline);
    }
    if (record.epoch == data_epoch && handshake_->protects()) {
        return take_protected(record, deadline);
    }
    ++report_.drops.epoch;
    return {};
}

// A server that has not seen what version we speak may say DTLS 1.0 (chip-dtls.md section 7).
bool Connection::Impl::has_right_version(const Record& record) const {
    if (record.version != version_1_0) {
        return record.version == version_1_2;
    }
    const bool may_be_old = record.type == ContentType::alert ||
                            (record.type == ContentType::handshake && !record.body.empty() &&
                             record.body.front() == static_cast<std::uint8_t>(MessageType::hello_verify_request));
    return record.epoch == 0 && may_be_old && handshake_->awaits_server_hello();
}

// Numbers of epoch 0 are not looked at: anybody can send any, and would have later ones of the server's taken for old.
// Messages have numbers of their own, and the rest does no harm twice.
Result<void> Connection::Impl::take_plain(const Record& record, Deadline deadline) {
    switch (record.type) {
        case ContentType::handshake:
            ++report_.records_received;
            return handshake_->take(record.epoch, record.body, deadline);
        case ContentType::change_cipher_spec:
            if (handshake_->change_cipher(record.body)) {
                ++report_.records_received;
                take_early_handshake();
            }
            return {};
        case ContentType::alert:
            if (!handshake_->expects_protected()) {
                return take_alert(record.body);
            }
            break;
        default:
            break;
    }
    ++report_.drops.unexpected;
    return {};
}

Result<void> Connection::Impl::take_protected(const Record& record, Deadline deadline) {
    if (!is_protected_type(record.type)) {
        ++report_.drops.unexpected;
        return {};
    }
    if (record.body.size() < shortest_protected_body) {
        ++report_.drops.malformed;
        return {};
    }
    if (record.whole.size() > DecryptRecord::max_record) {
        ++report_.drops.too_long;
        return {};
    }
    const bool waits_for_finished = report_.state == State::handshaking && record.type == ContentType::application_data;
    if (!handshake_->expects_protected() || waits_for_finished) {
        keep_for_later(record);
        return {};
    }
    if (!window_.is_fresh(record.number)) {
        ++report_.drops.repeated;
        return {};
    }
    TRY(auto payload, decrypt(record));
    return payload ? take_payload(record.type, *std::move(payload), deadline) : Result<void>{};
}

void Connection::Impl::keep_for_later(const Record& record) {
    const bool is_handshake = record.type == ContentType::handshake;
    const bool is_alert = record.type == ContentType::alert;
    auto& kept = is_handshake ? early_handshake_ : is_alert ? early_alerts_ : early_data_;
    const auto most = is_handshake ? most_early_handshake : is_alert ? most_early_alerts : most_early_data;
    if (kept.size() == most) {
        ++report_.drops.overflow;
        kept.pop_front();
    }
    kept.emplace_back(record.whole.begin(), record.whole.end());
}

void Connection::Impl::hold(const Record& record, bool is_last_try) {
    held_.emplace(record.whole.begin(), record.whole.end());
    held_is_last_try_ = is_last_try;
}

Result<std::optional<Bytes>> Connection::Impl::decrypt(const Record& record) {
    auto payload = chip_->decrypt(record.whole, options_.failed_decryptions_per_minute);
    if (payload && !*payload) {
        hold(record, is_last_try_);
        return std::nullopt;
    }
    if (payload) {
        window_.note(record.number);
        ++report_.records_received;
        return *std::move(payload);
    }
    if (is_refusal(payload.error())) {
        ++report_.drops.undecipherable;
        return std::nullopt;
    }
    const bool passes = passes_by(payload.error()) || payload.error().code().category() == std::system_category();
    if (passes && !is_last_try_) {
        hold(record, true);
    }
    if (report_.state == State::handshaking && passes_by(payload.error())) {
        return std::nullopt;  // then as if it were lost on its way: what is missing is sent again
    }
    return payload.failure("decrypt a record");
}

Result<void> Connection::Impl::take_payload(ContentType type, Bytes payload, Deadline deadline) {
    constexpr std::uint16_t epoch = 1;
    switch (type) {
        case ContentType::alert:
            return take_alert(payload);
        case ContentType::handshake:
            if (report_.state == State::connected) {
                return take_late_handshake(payload, deadline);
            }
            TRYV(handshake_->take(epoch, payload, deadline));
            if (handshake_->done()) {
                report_.state = State::connected;
                report_.handshake_time = clock_.now() - began_;
                take_early_data();
            }
            return {};
        default:
            report_.bytes_received += payload.size();
            payload_ = std::move(payload);
            return {};
    }
}

Result<void> Connection::Impl::take_alert(ByteView body) {
    constexpr std::uint8_t warning = 1;
    constexpr std::uint8_t fatal = 2;
    if (body.size() != 2 || (body[0] != warning && body[0] != fatal)) {
        ++report_.drops.malformed;
        return {};
    }
    ++report_.records_received;
    const Alert alert{.fatal = body[0] == fatal, .description = static_cast<DtlsAlert>(body[1])};
    report_.alert_received = alert;
    if (alert.description == DtlsAlert::close_notify) {
        return fail(DtlsError::peer_closed);
    }
    return alert.fatal ? fail(alert.description) : Result<void>{};
}

// The server's flight again says nothing new. A request for another handshake is refused: the chip has no renegotiation
// (chip-dtls.md section 1).
Result<void> Connection::Impl::take_late_handshake(ByteView body, Deadline deadline) {
    const auto fragment = take_fragment(body);
    if (!fragment || fragment->type != MessageType::hello_request || fragment->length != 0) {
        ++report_.drops.repeated;
        return {};
    }
    auto answered = send_alert({.fatal = false, .description = DtlsAlert::no_renegotiation}, deadline);
    return !answered && passes_by(answered.error()) ? Result<void>{} : answered;
}

}  // namespace trustx::dtls
