// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as values. An Error says what was tried (operation) and what came back (code); its message
// also says what to do. Codes come from the operating system (errno), trustx itself (Errc), the chip (ChipError, the
// last error code object F1C2) and, with DTLS, from the connection (DtlsError) and the peer (DtlsAlert).
#pragma once

#include <trustx/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace trustx {

// Errc lists the failures that trustx finds itself. The numbers are part of the interface: the reason codes of the
// OpenSSL provider are built on them. New ones go to the end, and a number that is free (7) is not used again.
enum class Errc {
    address_nak = 1,              // the address was not acknowledged: chip busy, asleep, starting or absent
    no_chip = 2,                  // the address stayed unacknowledged for longer than any state of a working chip
    bus_failure = 3,              // the bus itself failed: arbitration, short circuit, adapter or peer gone
    timeout = 4,                  // the deadline of the caller passed
    chip_busy = 5,                // the deadline passed while the chip was at work: delayed, not absent
    lock_timeout = 6,             // another process or thread kept the chip for longer than the caller would wait
    sync_lost = 8,                // frame numbers disagree although both sides were resynchronised
    chaining_failed = 9,          // the chip reports or commits a chaining error
    outcome_unknown = 10,         // the answer was lost and the command must not simply be repeated
    response_malformed = 11,      // the chip's answer does not have the form its command prescribes
    argument_invalid = 12,        // the caller asks for something outside the documented limits
    address_invalid = 13,         // a device address that cannot be read
    setting_invalid = 14,         // a setting that cannot be read
    not_supported = 15,           // this bus or chip cannot do that
    key_file_malformed = 16,      // not a key reference, or one of another version
    certificate_malformed = 17,   // not one of the three forms of a certificate object
    metadata_malformed = 18,      // not a metadata TLV
    verify_mismatch = 19,         // what was read back differs from what was written
    wrong_chip = 20,              // another chip than the one a key file names
    lock_directory_missing = 21,  // the directory of the lock files does not exist and cannot be made
    chip_refused = 22,            // status FF, but the last error code object gave no reason
    already_locked = 23,          // this thread holds the lock of the device, which it would wait for
    not_locked = 24,              // a LockedDevice that was moved from
    chip_hangs = 25,              // at work for longer than any command takes, even one that the chip delays
    line_unavailable = 26,        // a GPIO line of the chip cannot be driven
    session_lost = 27,            // the chip was reset since the session object was filled
    lock_directory_refused = 28,  // the directory of the lock files is a link, or another user's
    root_changed = 29,            // not found, and the process has another root directory than before (chroot)
    lock_directory_denied = 30,   // the process may not use the directory of the lock files, or the file in it
    no_listener = 31,             // nothing listens on the socket of a bus
};

// ChipError lists the chip's error codes. Source: chip-commands.md section 3.
enum class ChipError : std::uint8_t {
    no_error = 0x00,
    invalid_oid = 0x01,
    invalid_param_field = 0x03,
    invalid_length_field = 0x04,
    invalid_parameter_in_data_field = 0x05,
    internal_process_error = 0x06,
    access_conditions_not_satisfied = 0x07,
    data_object_boundary_exceeded = 0x08,
    metadata_truncation_error = 0x09,
    invalid_command_field = 0x0A,
    command_out_of_sequence = 0x0B,
    command_not_available = 0x0C,
    insufficient_buffer = 0x0D,
    invalid_handshake_message = 0x21,
    version_mismatch = 0x22,
    unsupported_cipher_suite = 0x23,
    unsupported_extension_or_identifier = 0x24,
    unsupported_parameters = 0x25,
    invalid_trust_anchor = 0x26,
    trust_anchor_expired = 0x27,
    unsupported_trust_anchor = 0x28,
    invalid_certificate_format = 0x29,
    unsupported_certificate_or_algorithm = 0x2A,
    certificate_expired = 0x2B,
    signature_verification_failure = 0x2C,
};

// DtlsError lists what can end a DTLS connection besides chip, socket and an alert of the peer, and what is refused on
// it.
enum class DtlsError {
    peer_silent = 1,        // no answer in time
    peer_closed = 2,        // the peer ended the connection in an orderly way (close_notify)
    peer_violates = 3,      // the peer sent what the protocol does not allow
    message_too_long = 4,   // a handshake message, longer than the chip takes
    not_connected = 5,      // before connect() has succeeded, or after the end
    other_process = 6,      // a forked child: the connection is its parent's
    numbers_exhausted = 7,  // all 2^48 record numbers are used
};

// DtlsAlert is an alert of the peer that ended a connection. Source: RFC 5246 section 7.2.
enum class DtlsAlert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    handshake_failure = 40,
    bad_certificate = 42,
    unsupported_certificate = 43,
    certificate_revoked = 44,
    certificate_expired = 45,
    certificate_unknown = 46,
    illegal_parameter = 47,
    unknown_ca = 48,
    access_denied = 49,
    decode_error = 50,
    decrypt_error = 51,
    protocol_version = 70,
    insufficient_security = 71,
    internal_error = 80,
    user_canceled = 90,
    no_renegotiation = 100,
    unsupported_extension = 110,
};

TRUSTX_EXPORT const std::error_category& trustx_category() noexcept;
TRUSTX_EXPORT const std::error_category& chip_category() noexcept;
TRUSTX_EXPORT const std::error_category& dtls_category() noexcept;
TRUSTX_EXPORT const std::error_category& dtls_alert_category() noexcept;

inline std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), trustx_category()};
}
inline std::error_code make_error_code(ChipError code) noexcept {
    return {static_cast<int>(code), chip_category()};
}
inline std::error_code make_error_code(DtlsError code) noexcept {
    return {static_cast<int>(code), dtls_category()};
}
// In an error_code the number of close_notify, 0, would be success: DtlsError::peer_closed stands for it.
inline std::error_code make_error_code(DtlsAlert code) noexcept {
    return {static_cast<int>(code), dtls_alert_category()};
}

// errno_code wraps an errno value. Without argument it takes the present one.
TRUSTX_EXPORT std::error_code errno_code() noexcept;
inline std::error_code errno_code(int value) noexcept {
    return {value, std::system_category()};
}

// Error is one failure. Copyable; threads may share const objects.
class TRUSTX_EXPORT Error {
 public:
    // operation says what was tried, in words a user can search for: "CalcSign with key E0F1".
    // It may be empty where only the caller knows, and adds it with during().
    explicit Error(std::error_code code, std::string operation = {}) : code_{code}, operation_{std::move(operation)} {}

    [[nodiscard]] const std::error_code& code() const noexcept { return code_; }
    [[nodiscard]] const std::string& operation() const noexcept { return operation_; }

    // during puts the wider operation in front: "write certificate E0E1: SetDataObject E0E1".
    [[nodiscard]] Error during(std::string_view wider) const;

    // behind_socket says that the bus is a socket: wires and adapters, which remedies are about otherwise, are those of
    // the program that listens there.
    [[nodiscard]] Error behind_socket() const;

    // remedy says what to do about it, or nothing where there is no advice. One clause, no full stop.
    [[nodiscard]] std::string remedy() const;

    // description is operation and code in words, as far as there are such. Bytes that a terminal would obey, or that
    // would make it look different from what it is, are written as `\x1B`.
    [[nodiscard]] std::string description() const;

    // message is description and remedy: one line without line break.
    [[nodiscard]] std::string message() const;

    friend bool operator==(const Error& error, std::error_code code) noexcept { return error.code_ == code; }

 private:
    std::error_code code_;
    std::string operation_;
    bool behind_socket_ = false;
};

}  // namespace trustx

template <>
struct std::is_error_code_enum<trustx::Errc> : std::true_type {};
template <>
struct std::is_error_code_enum<trustx::ChipError> : std::true_type {};
template <>
struct std::is_error_code_enum<trustx::DtlsError> : std::true_type {};
template <>
struct std::is_error_code_enum<trustx::DtlsAlert> : std::true_type {};
