// SPDX-License-Identifier: Apache-2.0
#include "common/no_cancellation.hpp"
#include "common/try.hpp"
#include "device/fork_generation.hpp"
#include "dtls/alert_for.hpp"
#include "dtls/connection_impl.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace trustx::dtls {
namespace {

// IP and UDP header, record header, what the chip adds (chip-dtls.md section 5).
constexpr std::size_t payload_overhead = 20 + 8 + record_header_size + DecryptRecord::expansion;

// Records that are worked on after the deadline: those of a poll loop, whose deadline has always passed, and no more
// than that however many come.
constexpr int most_after_deadline = 64;

std::chrono::milliseconds patience_until(Deadline deadline, const Clock& clock) {
    constexpr Duration longest = std::chrono::hours{24};
    return std::chrono::ceil<std::chrono::milliseconds>(std::min(deadline.left(clock), longest));
}

bool is_between(ObjectId object, ObjectId first, ObjectId last) {
    return object >= first && object <= last;
}

// A chip that hangs, is gone or was reset is not asked for an alert: that would take as long again, for nothing.
bool chip_answers(const Error& error) {
    const auto& code = error.code();
    const bool is_of_bus = code.category() == std::system_category() && !is_hint(error);
    return !is_of_bus && code != Errc::session_lost && code != Errc::chip_hangs && code != Errc::no_chip &&
           code != Errc::address_nak && code != Errc::bus_failure;
}

Result<void> check(const Options& options) {
    if (!is_between(options.key, object::device_key_1, object::device_key_4)) {
        return fail(Errc::argument_invalid, "key " + options.key.hex() + ", which is none of E0F0 to E0F3");
    }
    if (options.certificate && !is_between(*options.certificate, object::certificate_1, object::certificate_4)) {
        return fail(Errc::argument_invalid,
                    "certificate " + options.certificate->hex() + ", which is none of E0E0 to E0E3");
    }
    if (options.pmtu < Options::min_pmtu || options.pmtu > Options::max_pmtu) {
        return fail(Errc::argument_invalid, "PMTU of " + std::to_string(options.pmtu) + ", possible are " +
                                                std::to_string(Options::min_pmtu) + " to " +
                                                std::to_string(Options::max_pmtu));
    }
    if (options.failed_decryptions_per_minute == 0) {
        return fail(Errc::argument_invalid, "no failed decryptions at all, where one forged record ends everything");
    }
    if (options.dates_hold_at) {
        const auto seconds = options.dates_hold_at->time_since_epoch().count();
        if (seconds < 0 || seconds > std::numeric_limits<std::uint32_t>::max()) {
            return fail(Errc::argument_invalid, "a time before 1970 or after 2106");
        }
    }
    return {};
}

}  // namespace

Connection::Impl::Impl(Device& device, DatagramSocket& socket, Clock& clock, const Options& options)
    : device_{device}, socket_{socket}, clock_{clock}, options_{options}, generation_{fork_generation()} {}

TimePoint Connection::Impl::free_at() const {
    return clock_.now() + (chip_ ? chip_->pause(options_.failed_decryptions_per_minute) : Duration::zero());
}

bool Connection::Impl::is_ours() const noexcept {
    return generation_ == fork_generation();
}

Result<void> Connection::Impl::connect(Deadline deadline) {
    if (!is_ours()) {
        return fail(DtlsError::other_process);
    }
    switch (report_.state) {
        case State::idle:
            TRYV(begin(deadline));
            break;
        case State::handshaking:
            break;
        case State::connected:
            return {};
        case State::closed:
            return end_ ? tl::unexpected{*end_} : fail(DtlsError::not_connected);
    }
    auto done = go_on(deadline);
    const bool is_silent = report_.state == State::handshaking && (done || done.error() == DtlsError::peer_silent);
    if (is_silent && is_throttled()) {
        // The peer has answered, perhaps.
        const Error waits{DtlsError::peer_silent,
                          "DTLS handshake, in which received records wait, because the chip failed to decrypt too many "
                          "in the last minute, of this or of another connection"};
        return done ? tl::unexpected{waits} : end_with(waits);
    }
    if (!done) {
        const bool lacks = done.error().code().category() == dtls_alert_category() && report_.certificate_requested &&
                           !options_.certificate;
        return end_with(done.error().during(lacks ? "DTLS handshake without the certificate that the server asks for"
                                                  : "DTLS handshake"));
    }
    return report_.state == State::connected ? Result<void>{} : fail(DtlsError::peer_silent, "DTLS handshake");
}

// As long as the peer has heard nothing, nothing has begun.
Result<void> Connection::Impl::begin(Deadline deadline) {
    const auto try_to = [&]() -> Result<void> {
        TRYV(check(options_));
        TRY(auto chip,
            ChipSession::begin(device_, options_.key, patience_until(deadline, clock_), report_.chip_commands));
        chip_.emplace(std::move(chip));
        sender_.emplace(socket_, report_);
        handshake_.emplace(*chip_, *sender_, clock_, options_, report_);
        began_ = clock_.now();
        return handshake_->begin(deadline);
    };
    auto begun = try_to();
    if (begun) {
        report_.state = State::handshaking;
        return {};
    }
    handshake_.reset();
    sender_.reset();
    chip_.reset();
    return std::move(begun).during("begin a DTLS handshake");
}

Result<void> Connection::Impl::go_on(Deadline deadline) {
    for (int late = 0; report_.state == State::handshaking && late < most_after_deadline;) {
        TRY(const bool taken, take_next(deadline));
        const bool is_late = deadline.passed(clock_);
        late += is_late ? 1 : 0;
        if (report_.state == State::handshaking && clock_.now() >= handshake_->due()) {
            TRYV(handshake_->expire(deadline));
        } else if (!taken && report_.state == State::handshaking) {
            if (is_late) {
                break;
            }
            TRYV(wait(deadline));
        }
    }
    return {};
}

// While records wait for their turn at the chip, a socket that can be read is no news.
Result<void> Connection::Impl::wait(Deadline deadline) {
    auto until = deadline.at;
    if (report_.state == State::handshaking) {
        until = std::min(until, handshake_->due());
    }
    if (is_throttled()) {
        clock_.sleep_until(std::min(until, free_at()));
        return {};
    }
    auto waited = socket_.wait({until});
    return !waited && is_about_earlier(waited.error()) ? Result<void>{} : waited;
}

Result<void> Connection::Impl::check_connected() const {
    if (!is_ours()) {
        return fail(DtlsError::other_process);
    }
    if (report_.state == State::connected) {
        return {};
    }
    return end_ ? tl::unexpected{*end_} : fail(DtlsError::not_connected);
}

std::size_t Connection::Impl::max_payload() const noexcept {
    return std::max<std::size_t>(options_.pmtu, payload_overhead) - payload_overhead;
}

Result<void> Connection::Impl::send(ByteView payload, Deadline deadline) {
    TRYV(check_connected());
    if (payload.empty() || payload.size() > max_payload()) {
        return fail(Errc::argument_invalid, "send " + std::to_string(payload.size()) +
                                                " bytes, where a record carries 1 to " + std::to_string(max_payload()));
    }
    auto sent = sender_->protect(*chip_, ContentType::application_data, payload, deadline);
    if (sent) {
        report_.bytes_sent += payload.size();
        return {};
    }
    const auto error = sent.error().during("send over DTLS");
    const bool goes_on = passes_by(error) || error.code().category() == std::system_category();
    return goes_on ? tl::unexpected{error} : end_with(error);
}

Result<std::optional<Bytes>> Connection::Impl::receive(Deadline deadline) {
    TRYV(check_connected());
    for (int late = 0; !payload_ && late < most_after_deadline;) {
        const auto taken = take_next(deadline);
        if (!taken) {
            const auto error = taken.error().during("receive over DTLS");
            const bool goes_on = passes_by(error) || error.code().category() == std::system_category();
            TRYV(goes_on ? tl::unexpected{error} : end_with(error));
        }
        const bool is_late = deadline.passed(clock_);
        late += is_late ? 1 : 0;
        if (!*taken) {
            if (is_late) {
                break;
            }
            TRYV(wait(deadline));
        }
    }
    return std::exchange(payload_, std::nullopt);
}

Result<void> Connection::Impl::close(Deadline deadline) {
    if (!is_ours()) {
        return fail(DtlsError::other_process);
    }
    if (report_.state == State::idle || report_.state == State::closed) {
        report_.state = State::closed;
        return {};
    }
    auto told = send_alert(closing, deadline);
    auto left = chip_->close();
    leave();
    TRYV(std::move(told).during("close a DTLS connection"));
    return std::move(left).during("close a DTLS connection");
}

Result<void> Connection::Impl::end_with(const Error& error) {
    send_last_words(error, Deadline{clock_.now()});
    // The connection is over, whatever the chip says to that; the next one in this object begins with a clean state.
    if (chip_answers(error)) {
        static_cast<void>(chip_->close());
    }
    leave();
    end_ = error;
    return tl::unexpected{error};
}

void Connection::Impl::send_last_words(const Error& error, Deadline deadline) {
    const auto alert = alert_for(error);
    if (!alert) {
        return;
    }
    // A chip that refused the Finished has forgotten the keys: in plain then (chip-dtls.md section 4).
    auto sent = chip_answers(error) ? send_alert(*alert, deadline) : fail(error.code());
    if (!sent && report_.state == State::handshaking) {
        const std::array<std::uint8_t, 2> body{static_cast<std::uint8_t>(alert->fatal ? 2 : 1),
                                               static_cast<std::uint8_t>(alert->description)};
        sent = sender_->plain(ContentType::alert, body, deadline);
    }
    if (sent) {
        report_.alert_sent = alert;
    }
}

// Before the server's ChangeCipherSpec alerts are in plain, though ours may be out.
Result<void> Connection::Impl::send_alert(const Alert& alert, Deadline deadline) {
    const std::array<std::uint8_t, 2> body{static_cast<std::uint8_t>(alert.fatal ? 2 : 1),
                                           static_cast<std::uint8_t>(alert.description)};
    TRYV(handshake_->expects_protected() ? sender_->protect(*chip_, ContentType::alert, body, deadline)
                                         : sender_->plain(ContentType::alert, body, deadline));
    report_.alert_sent = alert;
    return {};
}

void Connection::Impl::leave() {
    report_.session = ObjectId{};
    report_.state = State::closed;
    handshake_.reset();
    chip_.reset();
    early_handshake_.clear();
    early_alerts_.clear();
    early_data_.clear();
    again_.clear();
    held_.reset();
    payload_.reset();
}

Report Connection::Impl::report() const {
    Report report = report_;
    report.session = chip_ ? chip_->object() : ObjectId{};
    report.throttled = is_throttled();
    report.drops.foreign = socket_.foreign();
    return report;
}

Readiness Connection::Impl::readiness() const {
    if (report_.state != State::handshaking && report_.state != State::connected) {
        return {};
    }
    Readiness readiness{.datagram = true};
    if (report_.state == State::handshaking) {
        readiness.at = handshake_->due();
    }
    if (is_throttled()) {
        readiness.datagram = false;
        readiness.at = std::min(readiness.at.value_or(TimePoint::max()), free_at());
    } else if (held_ || payload_ || !again_.empty() || !datagram_.empty()) {
        readiness.at = TimePoint::min();
    }
    return readiness;
}

Connection::Connection(Device& device, DatagramSocket& socket, Clock& clock, const Options& options)
    : impl_{std::make_unique<Impl>(device, socket, clock, options)} {}

Connection::~Connection() {
    const NoCancellation uncancelled;
    if (impl_ && impl_->is_ours()) {
        static_cast<void>(impl_->close(Deadline{TimePoint::min()}));
    }
}

Connection::Connection(Connection&& other) noexcept = default;

Connection& Connection::operator=(Connection&& other) noexcept {
    const NoCancellation uncancelled;
    const Connection former{std::move(*this)};
    impl_ = std::move(other.impl_);
    return *this;
}

Result<void> Connection::connect(Deadline deadline) {
    const NoCancellation uncancelled;
    return impl_->connect(deadline);
}

std::size_t Connection::max_payload() const noexcept {
    return impl_->max_payload();
}

Result<void> Connection::send(ByteView payload, Deadline deadline) {
    const NoCancellation uncancelled;
    return impl_->send(payload, deadline);
}

Result<std::optional<Bytes>> Connection::receive(Deadline deadline) {
    const NoCancellation uncancelled;
    return impl_->receive(deadline);
}

Result<void> Connection::close(Deadline deadline) {
    const NoCancellation uncancelled;
    return impl_->close(deadline);
}

State Connection::state() const noexcept {
    return impl_->state();
}

Report Connection::report() const {
    return impl_->report();
}

int Connection::fd() const noexcept {
    return impl_->fd();
}

Readiness Connection::readiness() const {
    return impl_->readiness();
}

}  // namespace trustx::dtls
