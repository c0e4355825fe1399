// SPDX-License-Identifier: Apache-2.0
// Why something failed, in the numbers that OpenSSL's error queue keeps. Every failure of the provider itself has
// its own reason; failures of the driver and of the chip are mapped one to one, so that a program can tell them
// apart by number and a person by text.
#pragma once

#include <trustx/error.hpp>

#include <cstdint>

#include <openssl/core.h>

namespace trustx::provider {

// Reason numbers are part of the interface: append, never renumber. 100 + n is Errc n, 200 + n is ChipError n.
enum class Reason : std::uint32_t {
    out_of_memory = 1,
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

    driver_base = 100,
    chip_base = 200,
};

// reason_of maps an error of libtrustx to its number.
[[nodiscard]] Reason reason_of(const Error& error) noexcept;

// reason_strings is the table for OSSL_FUNC_provider_get_reason_strings: ended by {0, NULL}, of static duration.
[[nodiscard]] const OSSL_ITEM* reason_strings() noexcept;

}  // namespace trustx::provider
