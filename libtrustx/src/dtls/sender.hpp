// SPDX-License-Identifier: Apache-2.0
// What leaves: records with their numbers, one to a datagram.
#pragma once

#include "dtls/chip_session.hpp"
#include "dtls/record.hpp"

#include <trustx/commands.hpp>
#include <trustx/dtls.hpp>

#include <cstdint>
#include <optional>

namespace trustx::dtls {

// RecordNumbers gives out each number of an epoch once, whatever becomes of the record: the nonce is made of it.
class RecordNumbers {
 public:
    explicit RecordNumbers(std::uint64_t first = 0) : next_{first} {}

    // take gives nothing when all 2^48 are used.
    [[nodiscard]] std::optional<std::uint64_t> take() noexcept {
        return next_ > EncryptRecord::max_number ? std::nullopt : std::optional{next_++};
    }

 private:
    std::uint64_t next_;
};

// passes_by: the command has not been carried out, or its answer was lost, and the next one may well succeed.
[[nodiscard]] bool passes_by(const Error& error);

class Sender {
 public:
    Sender(DatagramSocket& socket, Report& report) : socket_{socket}, report_{report} {}

    // plain sends a record of epoch 0, protect one of epoch 1, which continue over retransmissions. Errors:
    // DtlsError::numbers_exhausted, those of the socket and of the chip.
    [[nodiscard]] Result<void> plain(ContentType type, ByteView body, Deadline deadline);
    [[nodiscard]] Result<void> protect(ChipSession& chip, ContentType type, ByteView payload, Deadline deadline);

    // Whether the peer may know of us.
    [[nodiscard]] bool sent_something() const noexcept { return sent_something_; }

 private:
    Result<void> transmit(ByteView record, Deadline deadline);

    DatagramSocket& socket_;
    Report& report_;
    RecordNumbers plain_numbers_;
    RecordNumbers protected_numbers_;
    bool sent_something_ = false;
};

// is_hint tells what the network says about an earlier datagram by ICMP, and anybody can forge: a host or port that is
// not reached. Before the peer was heard it is worth believing. is_about_earlier is for an error that did not come from
// sending a datagram just then: it has "too long" as well, which says more when it is about that one.
[[nodiscard]] bool is_hint(const Error& error);
[[nodiscard]] bool is_about_earlier(const Error& error);

}  // namespace trustx::dtls
