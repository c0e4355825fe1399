// SPDX-License-Identifier: Apache-2.0
// What ends an enrolment, beyond files (InputErrc), the chip (Errc, ChipError) and the cloud's own errors (ApiErrc). As
// with InputErrc, operation() has everything that there is to say and what to do about it; the code sorts it.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::aws {

enum class EnrolmentErrc {
    unfinished = 1,             // there is a journal: resume it or abandon it first
    nothing_begun = 2,          // there is none to resume
    busy = 3,                   // another process works on this enrolment
    other_chip = 4,             // the chip is not the one that the journal is about
    other_account = 5,          // the credentials belong to another account than the one asked for
    thing_taken = 6,            // the thing exists and has other certificates
    policy_denies = 7,          // attached, tested, and it does not allow this gateway to connect
    not_connected = 8,          // enrolled as far as is known, and the broker did not accept it in the time allowed
    enrolled_already = 9,       // there is an identity, which would be replaced
    certificate_revoked = 10,   // which is for good
    not_activated = 11,         // the broker was shown the certificate, and nobody has made it active
    claim_not_accepted = 12,    // the broker did not let the claim ask, or did not answer it
    provisioning_refused = 13,  // it answered the claim, with a refusal
    vendor_authority = 14,      // a vendor's authority would let in everybody's chips
    no_way_back = 15,           // what was begun can only be carried on
    slot_taken = 16,            // there is a key in the slot that somebody may need
    answer_awaited = 17,        // the operator has not answered the request
    some_failed = 18,           // of many gateways
    broker_untrusted = 19,      // the broker does not prove who it is
    no_network = 20,            // nothing that could accept or refuse was reached: name, port, agreement on TLS
};

const std::error_category& enrolment_category() noexcept;

inline std::error_code make_error_code(EnrolmentErrc code) noexcept {
    return {static_cast<int>(code), enrolment_category()};
}

}  // namespace trustx::aws

template <>
struct std::is_error_code_enum<trustx::aws::EnrolmentErrc> : std::true_type {};
