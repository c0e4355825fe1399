// SPDX-License-Identifier: Apache-2.0
#include "dtls/sender.hpp"

#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace trustx::dtls {

bool passes_by(const Error& error) {
    return error == Errc::outcome_unknown || error == Errc::timeout || error == Errc::chip_busy ||
           error == Errc::lock_timeout;
}

bool is_hint(const Error& error) {
    const auto& code = error.code();
    if (code.category() != std::system_category()) {
        return false;
    }
    constexpr std::array hints{ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN,  ENETDOWN,
                               ENOPROTOOPT,  EPROTO,       EACCES,      EOPNOTSUPP, ENONET};
    return std::ranges::find(hints, code.value()) != hints.end();
}

bool is_about_earlier(const Error& error) {
    return is_hint(error) || error == errno_code(EMSGSIZE);
}

Result<void> Sender::plain(ContentType type, ByteView body, Deadline deadline) {
    const auto number = plain_numbers_.take();
    if (!number) {
        return fail(DtlsError::numbers_exhausted);
    }
    return transmit(plain_record(type, *number, body), deadline);
}

Result<void> Sender::protect(ChipSession& chip, ContentType type, ByteView payload, Deadline deadline) {
    const auto number = protected_numbers_.take();
    if (!number) {
        return fail(DtlsError::numbers_exhausted);
    }
    TRY(const auto record, chip.encrypt(type, *number, payload));
    return transmit(record, deadline);
}

Result<void> Sender::transmit(ByteView record, Deadline deadline) {
    auto sent = socket_.send(record, deadline);
    if (!sent && is_about_earlier(sent.error()) && report_.records_received != 0) {
        // It was about an earlier datagram, and this one has not been sent.
        sent = socket_.send(record, deadline);
        if (!sent && is_hint(sent.error())) {
            sent = {};
        }
    }
    TRYV(std::move(sent).during("send a datagram of " + std::to_string(record.size()) + " bytes"));
    sent_something_ = true;
    ++report_.records_sent;
    return {};
}

}  // namespace trustx::dtls
