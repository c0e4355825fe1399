// SPDX-License-Identifier: Apache-2.0
#include "reason.hpp"

#include "common/openssl/provider_reason.hpp"
#include "ossl.hpp"

#include <cerrno>

namespace trustx::provider {
namespace {

constexpr unsigned int number(Reason reason) {
    return static_cast<unsigned int>(reason);
}
static_assert(number(Reason::out_of_memory) == openssl::first_provider_reason);
static_assert(number(Reason::chip_base) + 0xFF == openssl::last_provider_reason);
static_assert(number(Reason::driver_base) == openssl::provider_reason_of_driver);
static_assert(number(Reason::chip_base) == openssl::provider_reason_of_chip);
static_assert(number(Reason::setting_invalid) == openssl::provider_reason_setting_invalid);
static_assert(number(Reason::key_file_malformed) == openssl::provider_reason_key_file_malformed);
static_assert(number(Reason::usage_denied) == openssl::provider_reason_usage_denied);
static_assert(number(Reason::signature_wrong) == openssl::provider_reason_signature_wrong);

constexpr unsigned int number(Errc code) {
    return number(Reason::driver_base) + static_cast<unsigned int>(code);
}
constexpr unsigned int number(ChipError code) {
    return number(Reason::chip_base) + static_cast<unsigned int>(code);
}

template <class Code>
constexpr OSSL_ITEM item(Code code, const char* text) {
    return {number(code), only_read(text)};
}

const OSSL_ITEM table[] = {
    item(Reason::out_of_memory, "out of memory"),
    item(Reason::internal_error, "internal error"),
    item(Reason::system_error, "operating system error"),
    item(Reason::setting_invalid, "setting in the provider's configuration section is not valid"),
    item(Reason::software_failed, "software implementation failed"),
    item(Reason::key_file_malformed, "key file is not a readable TRUSTX PRIVATE KEY"),
    item(Reason::key_file_encrypted, "key file is encrypted"),
    item(Reason::key_incomplete, "key has no such part"),
    item(Reason::key_not_exportable, "private key cannot leave the chip"),
    item(Reason::key_not_changeable, "chip key cannot be changed"),
    item(Reason::key_type_unsupported, "kind of key not supported for this operation"),
    item(Reason::slot_invalid, "not a key slot of the chip"),
    item(Reason::slot_used, "key slot is in use"),
    item(Reason::usage_invalid, "key usage is not valid"),
    item(Reason::usage_denied, "key usage does not allow this operation"),
    item(Reason::curve_unsupported, "curve not supported by the chip"),
    item(Reason::curve_mismatch, "curves of the keys differ"),
    item(Reason::digest_unknown, "digest not known"),
    item(Reason::digest_too_weak, "digest too weak for signing"),
    item(Reason::digest_length_wrong, "length of the digest is wrong"),
    item(Reason::digest_fixed, "digest can no longer be changed"),
    item(Reason::parameter_invalid, "parameter is not valid"),
    item(Reason::operation_out_of_order, "operation not initialised, or already finished"),
    item(Reason::buffer_too_small, "output buffer too small"),
    item(Reason::signature_wrong, "signature made by the chip does not verify with the public key"),
    item(Reason::reference_not_encryptable, "a key reference holds no secret and cannot be encrypted"),
    item(Reason::output_failed, "output could not be written"),
    item(Reason::uri_invalid, "not a trustx: URI"),
    item(Reason::public_key_unknown, "public key of the slot is not known"),
    item(Reason::object_empty, "object of the chip is empty"),
    item(Reason::search_unsupported, "search criterion not supported"),
    item(Reason::random_failed, "random number generator of the chip failed"),
    item(Reason::self_test_failed, "self test failed"),
    item(Reason::session_lost, "key in a session object is gone"),
    item(Reason::session_unavailable, "no session object is free"),
    item(Reason::key_not_storable, "key in a session object cannot be stored"),
    item(Reason::software_missing, "no provider for EC keys in software"),
    item(Reason::bus_missing, "bus of the chip does not exist"),
    item(Reason::bus_denied, "no permission for the bus of the chip"),
    item(Reason::bus_taken, "address of the chip is in use by a kernel driver"),
    item(Reason::bus_silent, "bus of the chip does not answer"),
    item(Reason::settings_unreadable, "settings file cannot be read"),
    item(Reason::anchor_replaced, "trust anchor in the chip is another than the configuration says"),
    item(Reason::anchor_unusable, "chip cannot verify with this trust anchor"),

    item(Errc::address_nak, "chip did not acknowledge its address"),
    item(Errc::no_chip, "no chip"),
    item(Errc::bus_failure, "bus failure"),
    item(Errc::timeout, "deadline passed"),
    item(Errc::chip_busy, "chip still at work, possibly throttled"),
    item(Errc::lock_timeout, "chip is locked by another user"),
    item(Errc::sync_lost, "frame numbers out of step"),
    item(Errc::chaining_failed, "packet chaining failed"),
    item(Errc::outcome_unknown, "answer lost, outcome of the command unknown"),
    item(Errc::response_malformed, "response of the chip malformed"),
    item(Errc::argument_invalid, "argument not valid"),
    item(Errc::address_invalid, "device address not valid"),
    item(Errc::setting_invalid, "setting not valid"),
    item(Errc::not_supported, "not supported by this bus or chip"),
    item(Errc::key_file_malformed, "key reference malformed"),
    item(Errc::certificate_malformed, "certificate object malformed"),
    item(Errc::metadata_malformed, "metadata malformed"),
    item(Errc::verify_mismatch, "read back differs from what was written"),
    item(Errc::wrong_chip, "wrong chip"),
    item(Errc::lock_directory_missing, "lock directory does not exist"),
    item(Errc::chip_refused, "chip refused without a reason"),
    item(Errc::already_locked, "chip is locked by the same thread"),
    item(Errc::not_locked, "chip is not locked"),
    item(Errc::chip_hangs, "chip hangs"),
    item(Errc::line_unavailable, "reset or supply line of the chip cannot be driven"),
    item(Errc::session_lost, "session of the chip lost by a reset"),
    item(Errc::lock_directory_refused, "lock directory of another user"),
    item(Errc::root_changed, "not found under the new root directory (chroot)"),
    item(Errc::lock_directory_denied, "no permission for the lock directory"),
    item(Errc::no_listener, "nothing listens on the socket"),

    item(ChipError::no_error, "chip: no error"),
    item(ChipError::invalid_oid, "chip: invalid OID"),
    item(ChipError::invalid_param_field, "chip: invalid param field"),
    item(ChipError::invalid_length_field, "chip: invalid length field"),
    item(ChipError::invalid_parameter_in_data_field, "chip: invalid parameter in data field"),
    item(ChipError::internal_process_error, "chip: internal process error"),
    item(ChipError::access_conditions_not_satisfied, "chip: access conditions not satisfied"),
    item(ChipError::data_object_boundary_exceeded, "chip: data object boundary exceeded"),
    item(ChipError::metadata_truncation_error, "chip: metadata truncation error"),
    item(ChipError::invalid_command_field, "chip: invalid command field"),
    item(ChipError::command_out_of_sequence, "chip: command out of sequence"),
    item(ChipError::command_not_available, "chip: command not available"),
    item(ChipError::insufficient_buffer, "chip: insufficient buffer"),
    item(ChipError::invalid_handshake_message, "chip: invalid handshake message"),
    item(ChipError::version_mismatch, "chip: version mismatch"),
    item(ChipError::unsupported_cipher_suite, "chip: unsupported cipher suite"),
    item(ChipError::unsupported_extension_or_identifier, "chip: unsupported extension, key usage or algorithm"),
    item(ChipError::unsupported_parameters, "chip: unsupported parameters"),
    item(ChipError::invalid_trust_anchor, "chip: invalid trust anchor"),
    item(ChipError::trust_anchor_expired, "chip: trust anchor expired"),
    item(ChipError::unsupported_trust_anchor, "chip: unsupported trust anchor"),
    item(ChipError::invalid_certificate_format, "chip: invalid certificate format"),
    item(ChipError::unsupported_certificate_or_algorithm, "chip: unsupported certificate or algorithm"),
    item(ChipError::certificate_expired, "chip: certificate expired"),
    item(ChipError::signature_verification_failure, "chip: signature verification failure"),
    {0, nullptr},
};

bool has_text(unsigned int id) noexcept {
    for (const auto& entry : table) {
        if (entry.ptr != nullptr && entry.id == id) {
            return true;
        }
    }
    return false;
}

// What the system says when a bus is opened or used. Its lock file and settings have codes of their own.
Reason reason_of_errno(int number) noexcept {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
        case ENODEV:
        case ENXIO:
        case ENOTTY:
            return Reason::bus_missing;
        case EACCES:
        case EPERM:
            return Reason::bus_denied;
        case EBUSY:
            return Reason::bus_taken;
        case ECONNREFUSED:
        case ECONNRESET:
        case EPIPE:
        case ETIMEDOUT:
        case EREMOTEIO:
            return Reason::bus_silent;
        default:
            return Reason::system_error;
    }
}

}  // namespace

Reason reason_of(const Error& error) noexcept {
    const auto& category = error.code().category();
    const auto value = static_cast<unsigned int>(error.code().value());
    if (category == std::system_category() || category == std::generic_category()) {
        return reason_of_errno(error.code().value());
    }
    const auto base = category == chip_category() ? Reason::chip_base : Reason::driver_base;
    // A chip may give a code that no document lists: the text has the number, the reason stays within the table.
    const auto id = number(base) + value;
    return has_text(id) ? static_cast<Reason>(id) : Reason::internal_error;
}

const OSSL_ITEM* reason_strings() noexcept {
    return table;
}

}  // namespace trustx::provider
