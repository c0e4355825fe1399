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
    internal_error,
    system_error,  // errno, named in the text
    setting_invalid,
    software_failed,  // the delegated software implementation refused; its own errors are in the queue as well
    key_file_malformed,
    key_file_encrypted,
    key_incomplete,
    key_not_exportable,
    key_not_changeable,
    key_type_unsupported,
    slot_invalid,
    slot_used,
    usage_invalid,
    usage_denied,
    curve_unsupported,
    curve_mismatch,
    digest_unknown,
    digest_too_weak,
    digest_length_wrong,
    digest_fixed,
    parameter_invalid,
    operation_out_of_order,
    buffer_too_small,
    signature_wrong,
    reference_not_encryptable,
    output_failed,
    uri_invalid,
    public_key_unknown,
    object_empty,
    search_unsupported,
    random_failed,
    self_test_failed,
    session_lost,
    key_not_storable,
    software_missing,  // a child library context without EC keys

    driver_base = 5100,
    chip_base = 5200,
};

// reason_of maps an error of libtrustx to its number.
[[nodiscard]] Reason reason_of(const Error& error) noexcept;

// reason_strings is the table for OSSL_FUNC_provider_get_reason_strings: ended by {0, NULL}, of static duration.
[[nodiscard]] const OSSL_ITEM* reason_strings() noexcept;

}  // namespace trustx::provider
