// SPDX-License-Identifier: Apache-2.0
// Why something failed, in the numbers that OpenSSL's error queue keeps. Every failure of the provider itself has
// its own reason; failures of the driver and of the chip are mapped one to one, so that a program can tell them
// apart by number and a person by text.
#pragma once

#include <trustx/error.hpp>

#include <cstdint>

#include <openssl/core.h>

namespace trustx::provider {

// Reason numbers are part of the interface: append, never renumber. 5100 + n is Errc n, 5200 + n is ChipError n.
//
// They begin above all numbers of libcrypto and libssl. libcrypto gives each provider that is loaded the next "library
// number" and never takes one back, but an error has only 8 bits for it: from the 128th provider of a process on, our
// strings go by the numbers of libcrypto's own libraries, and what has the same reason there loses its text when we are
// unloaded.
enum class Reason : std::uint32_t {
    out_of_memory = 5001,
    internal_error = 5002,
    system_error = 5003,  // errno, named in the text; not one of those with a reason of their own below
    setting_invalid = 5004,
    software_failed = 5005,  // the delegated software implementation refused; its own errors are in the queue as well
    key_file_malformed = 5006,
    key_file_encrypted = 5007,
    key_incomplete = 5008,
    key_not_exportable = 5009,
    key_not_changeable = 5010,
    key_type_unsupported = 5011,
    slot_invalid = 5012,
    slot_used = 5013,
    usage_invalid = 5014,
    usage_denied = 5015,
    curve_unsupported = 5016,
    curve_mismatch = 5017,
    digest_unknown = 5018,
    digest_too_weak = 5019,
    digest_length_wrong = 5020,
    digest_fixed = 5021,
    parameter_invalid = 5022,
    operation_out_of_order = 5023,
    buffer_too_small = 5024,
    signature_wrong = 5025,
    reference_not_encryptable = 5026,
    output_failed = 5027,
    uri_invalid = 5028,
    public_key_unknown = 5029,
    object_empty = 5030,
    search_unsupported = 5031,
    random_failed = 5032,
    self_test_failed = 5033,
    session_lost = 5034,
    key_not_storable = 5035,
    software_missing = 5036,  // a child library context without EC keys
    bus_missing = 5037,       // no such adapter or socket
    bus_denied = 5038,        // the process may not open the bus
    bus_taken = 5039,         // a kernel driver owns the address
    bus_silent = 5040,        // nobody behind the socket or adapter
    settings_unreadable = 5041,
    session_unavailable = 5042,
    anchor_replaced = 5050,  // the trust anchor in the chip is not the one that the configuration names
    anchor_unusable = 5051,  // the chip cannot verify with that trust anchor

    driver_base = 5100,
    chip_base = 5200,
};

// reason_of maps an error of libtrustx to its number.
[[nodiscard]] Reason reason_of(const Error& error) noexcept;

// reason_strings is the table for OSSL_FUNC_provider_get_reason_strings: ended by {0, NULL}, of static duration.
[[nodiscard]] const OSSL_ITEM* reason_strings() noexcept;

}  // namespace trustx::provider
