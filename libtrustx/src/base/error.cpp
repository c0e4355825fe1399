// SPDX-License-Identifier: Apache-2.0
// The words of an error: what came back, and what a user can do about it.
#include "common/text/printable.hpp"

#include <trustx/error.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <new>

namespace trustx {
namespace {

using namespace std::string_view_literals;

struct Words {
    int code;
    std::string_view what;
    std::string_view remedy;
    std::string_view remedy_behind_socket = {};  // where it is another one
};

constexpr auto code_of(Errc code) {
    return static_cast<int>(code);
}
constexpr auto code_of(ChipError code) {
    return static_cast<int>(code);
}

constexpr std::string_view report_this = "update trustx; if it stays, report it together with a trace of the bus";
constexpr std::string_view check_the_bus =
    "check wiring, pull-ups and bus speed, and that nothing else uses the target address";

constexpr std::string_view check_the_program = "look whether the program behind this socket reports trouble of its bus";

constexpr std::array trustx_words{
    Words{code_of(Errc::address_nak), "the chip did not acknowledge its address",
          "check that the chip is powered and at this address (0x30 unless it was changed)",
          "correct the target address in `device` (0x30 unless it was changed)"},
    Words{
        code_of(Errc::no_chip), "no chip answers at this address",
        "check power, wiring and target address, and that `device` names the right bus",
        "correct the target address in `device` (0x30 unless it was changed), and look whether the program behind this "
        "socket has a chip there"},
    Words{code_of(Errc::bus_failure), "the bus failed", check_the_bus,
          "correct `device`, or start the program behind this socket again: it breaks the protocol"},
    Words{code_of(Errc::timeout), "no answer within the time allowed",
          "try again; command-timeout-ms bounds the time of one command"},
    Words{
        code_of(Errc::chip_busy), "the chip answers and is still busy: it delays its work",
        "wait a minute, then look at the security event counter (object E0C5): from 128 on the chip delays private key "
        "operations by up to 5 s, and command-timeout-ms should stay well above that"},
    Words{code_of(Errc::lock_timeout), "another thread or process keeps the chip locked",
          "wait for it to finish or end it; raise lock-timeout-ms where many programs share the chip"},
    Words{code_of(Errc::sync_lost), "the frame numbers of host and chip disagree even after a resynchronisation",
          "make sure that every program uses the same lock directory, then reset the chip"},
    Words{code_of(Errc::chaining_failed), "host and chip disagree about the parts of a long message",
          "try again; if it stays, reset the chip"},
    Words{code_of(Errc::outcome_unknown),
          "the answer was lost, so it is unknown whether the chip carried out the command",
          "repeat it; look first at what a command that writes an object or generates a key has left there"},
    Words{code_of(Errc::response_malformed), "the chip's answer does not have the form that the command prescribes",
          "look for another host on the bus that does not know the lock, such as i2ctransfer or a vendor's tool: its "
          "answer may have been taken for this one; otherwise check that the device is an OPTIGA Trust X"},
    Words{code_of(Errc::argument_invalid), "the request is outside the chip's limits", ""},
    Words{code_of(Errc::address_invalid), "not a device address",
          "write i2c:/dev/i2c-1, i2c:/dev/i2c-1@0x30 or unix:/path/to/socket"},
    Words{code_of(Errc::setting_invalid), "the setting cannot be used", "correct that line, variable or option"},
    Words{code_of(Errc::not_supported), "this bus or chip cannot do that", ""},
    Words{code_of(Errc::key_file_malformed), "not a key reference that this version can read",
          "make a new one; the key stays in the chip"},
    Words{code_of(Errc::certificate_malformed), "neither a certificate nor a list of certificates",
          "write a certificate to the object"},
    Words{code_of(Errc::metadata_malformed), "the object's metadata cannot be read",
          "check that the device is an OPTIGA Trust X"},
    Words{code_of(Errc::verify_mismatch), "what was read back differs from what was written",
          "write it again; another program may be writing the same object"},
    Words{code_of(Errc::wrong_chip), "the key file names another chip",
          "use the device that holds the key, or make a key file for this one"},
    Words{code_of(Errc::lock_directory_missing), "the directory does not exist",
          "make it (systemd-tmpfiles --create makes /run/lock/trustx), or correct lock-directory; every program that "
          "uses the chip needs the same one"},
    Words{code_of(Errc::lock_directory_denied), "Permission denied",
          "join the group that owns the lock directory, see `ls -ld` (usually trustx), and log in again"},
    Words{code_of(Errc::chip_refused), "the chip refused the command without giving a reason",
          "try again; if it stays, reset the chip"},
    Words{code_of(Errc::already_locked), "this thread has locked the device already, and would wait in vain",
          "run the command on the LockedDevice, or destroy that first"},
    Words{code_of(Errc::chip_hangs), "the chip has been at work for longer than any command takes, so it hangs",
          "reset it, or switch its power off and on"},
    Words{
        code_of(Errc::lock_directory_refused), "it is neither root's nor this user's own, or only a link",
        "let root make it (systemd-tmpfiles --create makes /run/lock/trustx), or correct lock-directory; every program "
        "that uses the chip needs the same one"},
    Words{code_of(Errc::root_changed), "the process has changed its root directory (chroot), and it is not there",
          "set `open = load`, so that bus and lock are opened before the change, and stay open"},
    Words{code_of(Errc::no_listener), "nothing listens on this socket",
          "start the program that should listen on it, or correct `device`"},
    Words{code_of(Errc::not_locked), "this LockedDevice was moved from", "use the one that it was moved to"},
    Words{
        code_of(Errc::line_unavailable), "the line cannot be driven",
        "correct reset-line and supply-line; the line must be free, and its controller (/dev/gpiochipN) accessible to "
        "the user, for whom the udev rules have a group"},
    Words{code_of(Errc::session_lost), "the chip was reset, and what the session object held is gone",
          "make the session's key or secret, or the DTLS connection, again"},
};

constexpr std::string_view odd_request =
    "check that object and lengths suit this chip; the object's metadata has its sizes";

constexpr std::array chip_words{
    Words{code_of(ChipError::no_error), "no error", ""},
    Words{code_of(ChipError::invalid_oid), "the chip has no such object", "check the number of the object"},
    Words{code_of(ChipError::invalid_param_field), "invalid Param", report_this},
    Words{code_of(ChipError::invalid_length_field), "invalid length field", odd_request},
    Words{code_of(ChipError::invalid_parameter_in_data_field), "invalid parameter in the data field",
          "check that the object holds what the command needs: a key that was made in the chip, a digest no longer "
          "than the key, metadata with allowed values"},
    Words{code_of(ChipError::internal_process_error), "internal process error of the chip",
          "try again; if it stays, reset the chip"},
    Words{code_of(ChipError::access_conditions_not_satisfied), "access conditions not satisfied",
          "the object's access conditions or life cycle forbid this: see its metadata"},
    Words{code_of(ChipError::data_object_boundary_exceeded), "beyond the end of the object",
          "the object's metadata has its sizes"},
    Words{code_of(ChipError::metadata_truncation_error), "the metadata would become too long",
          "use shorter access conditions"},
    Words{code_of(ChipError::invalid_command_field), "the chip does not know the command",
          "check that the device is an OPTIGA Trust X"},
    Words{code_of(ChipError::command_out_of_sequence), "command out of sequence",
          "another program may have used the chip in between: repeat the whole operation"},
    Words{code_of(ChipError::command_not_available),
          "command not available: the application is not open or is terminated",
          "try again; if it stays, look at the life cycle state of the application"},
    Words{code_of(ChipError::insufficient_buffer), "the chip's buffer is too small for this", "use smaller pieces"},
    Words{code_of(ChipError::invalid_handshake_message), "DTLS: invalid handshake message", ""},
    Words{code_of(ChipError::version_mismatch), "DTLS: version mismatch", "let the server offer DTLS 1.2"},
    Words{code_of(ChipError::unsupported_cipher_suite), "DTLS: cipher suite not supported",
          "let the server offer TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    Words{code_of(ChipError::unsupported_extension_or_identifier), "unsupported extension, key usage or algorithm",
          "check the usage in the key's metadata; a new usage needs a new key"},
    Words{code_of(ChipError::unsupported_parameters), "unsupported parameters", ""},
    Words{code_of(ChipError::invalid_trust_anchor), "invalid trust anchor",
          "write the server's root certificate again"},
    Words{code_of(ChipError::trust_anchor_expired), "the trust anchor has expired", "write its successor"},
    Words{code_of(ChipError::unsupported_trust_anchor), "unsupported trust anchor",
          "use an ECDSA certificate on P-256 or P-384"},
    Words{code_of(ChipError::invalid_certificate_format), "invalid certificate format",
          "the chip verifies only with a single bare DER certificate of X.509 version 3"},
    Words{code_of(ChipError::unsupported_certificate_or_algorithm),
          "unsupported certificate, hash or signature algorithm",
          "use an ECDSA certificate on P-256 or P-384 with SHA-256 of at most 1300 bytes"},
    Words{code_of(ChipError::certificate_expired), "the certificate has expired", "renew it"},
    Words{code_of(ChipError::signature_verification_failure), "the signature does not verify",
          "check that data, signature and public key belong together"},
};

constexpr auto code_of(DtlsError code) {
    return static_cast<int>(code);
}
constexpr auto code_of(DtlsAlert code) {
    return static_cast<int>(code);
}

constexpr std::array dtls_words{
    Words{code_of(DtlsError::peer_silent), "the peer does not answer",
          "check address and port, that the server speaks DTLS 1.2 over UDP, and that no firewall is in between"},
    Words{code_of(DtlsError::peer_closed), "the peer has closed the connection", "connect again"},
    Words{code_of(DtlsError::peer_violates), "the peer sent what the protocol does not allow",
          "check that a DTLS 1.2 server listens there"},
    Words{code_of(DtlsError::message_too_long), "a handshake message of the peer is longer than the chip takes",
          "let the server send a shorter chain of certificates, without the root: 1536 bytes are the most"},
    Words{code_of(DtlsError::not_connected), "there is no connection", "connect first"},
    Words{code_of(DtlsError::other_process), "the connection belongs to the process that this one was forked from",
          "connect in this process"},
    Words{code_of(DtlsError::numbers_exhausted), "the connection has used all of its record numbers", "connect again"},
};

// What the chip offers is one suite, one curve, and one kind of signature: chip-dtls.md section 6.
constexpr std::array alert_words{
    Words{code_of(DtlsAlert::close_notify), "close_notify", ""},
    Words{code_of(DtlsAlert::unexpected_message), "unexpected_message", ""},
    Words{code_of(DtlsAlert::bad_record_mac), "bad_record_mac", "connect again"},
    Words{code_of(DtlsAlert::record_overflow), "record_overflow", ""},
    Words{
        code_of(DtlsAlert::handshake_failure), "handshake_failure",
        "where the server demands a certificate of the client, name its object; else let the server have an ECDSA key "
        "on P-256 and offer TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 (OpenSSL: cipher ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0)"},
    Words{code_of(DtlsAlert::bad_certificate), "bad_certificate",
          "check the client's certificate: the server refuses it"},
    Words{code_of(DtlsAlert::unsupported_certificate), "unsupported_certificate",
          "check key usage and extended key usage (clientAuth) of the client's certificate"},
    Words{code_of(DtlsAlert::certificate_revoked), "certificate_revoked",
          "get a new certificate for the client: the server holds this one for revoked"},
    Words{code_of(DtlsAlert::certificate_expired), "certificate_expired",
          "renew the client's certificate; also check the server's clock"},
    Words{code_of(DtlsAlert::certificate_unknown), "certificate_unknown",
          "check the client's certificate: the server refuses it"},
    Words{code_of(DtlsAlert::illegal_parameter), "illegal_parameter", ""},
    Words{code_of(DtlsAlert::unknown_ca), "unknown_ca",
          "let the server trust the issuer of the client's certificate, or use a certificate of one it trusts"},
    Words{code_of(DtlsAlert::access_denied), "access_denied", "the server knows the client and does not admit it"},
    Words{code_of(DtlsAlert::decode_error), "decode_error", ""},
    Words{code_of(DtlsAlert::decrypt_error), "decrypt_error", "check that the client's certificate belongs to its key"},
    Words{code_of(DtlsAlert::protocol_version), "protocol_version", "let the server offer DTLS 1.2"},
    Words{code_of(DtlsAlert::insufficient_security), "insufficient_security",
          "let the server accept a tag of 64 bits (OpenSSL: @SECLEVEL=0)"},
    Words{code_of(DtlsAlert::internal_error), "internal_error", "look into the server's log"},
    Words{code_of(DtlsAlert::user_canceled), "user_canceled", ""},
    Words{code_of(DtlsAlert::no_renegotiation), "no_renegotiation", ""},
    Words{code_of(DtlsAlert::unsupported_extension), "unsupported_extension", ""},
};

constexpr std::array system_words{
    Words{EACCES, {}, "join the group that owns it, see `ls -l` (for the bus usually trustx or i2c), and log in again"},
    Words{EPERM, {}, "run as a user who may do this, see `ls -l`"},
    Words{ENOENT, {}, "enable the bus and load its driver (i2c-dev), or correct `device`"},
    Words{ENODEV, {}, "plug the bus adapter in again, and check that its driver is loaded"},
    Words{ENOTTY, {}, "correct `device`: `i2cdetect -l` lists the adapters"},
    Words{ENXIO, {}, "check power, wiring and target address of the chip", check_the_program},
    Words{EREMOTEIO, {}, "check power, wiring and target address of the chip", check_the_program},
    Words{EPIPE, {}, "start the program behind this socket again: it has ended"},
    Words{ECONNRESET, {}, "start the program behind this socket again: it has ended"},
    Words{EBUSY, {}, "unbind the kernel driver that owns this address (see /sys/bus/i2c/devices)"},
    Words{ETIMEDOUT, {}, "check that nothing holds the bus low, and the bus speed (at most 1 MHz)", check_the_program},
    Words{EIO, {}, check_the_bus, check_the_program},
    Words{ENOSPC, {}, "free space on that file system"},
    Words{EMLINK, {}, "remove this name of the file, which has another one too"},
    Words{EFBIG, {}, "raise the limit of file sizes (`ulimit -f`, systemd's LimitFSIZE)"},
    Words{EROFS, {}, "choose a directory on a file system that can be written"},
    Words{EMFILE, {}, "close files or raise the limit (`ulimit -n`)"},
};

template <std::size_t size>
constexpr const Words* find(const std::array<Words, size>& table, int code) {
    for (const Words& words : table) {
        if (words.code == code) {
            return &words;
        }
    }
    return nullptr;
}

class TrustxCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "trustx"; }
    [[nodiscard]] std::string message(int code) const override {
        const Words* words = find(trustx_words, code);
        return words != nullptr ? std::string{words->what} : "unknown trustx error " + std::to_string(code);
    }
};

class ChipCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "chip"; }
    [[nodiscard]] std::string message(int code) const override {
        static constexpr std::string_view digits = "0123456789ABCDEF";
        const auto value = static_cast<unsigned>(code);
        const std::string number{digits[value >> 4 & 0x0F], digits[value & 0x0F]};
        const Words* words = find(chip_words, code);
        return (words != nullptr ? std::string{words->what} : std::string{"unknown chip error"}) + " (chip error " +
               number + ")";
    }
};

class DtlsCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "dtls"; }
    [[nodiscard]] std::string message(int code) const override {
        const Words* words = find(dtls_words, code);
        return words != nullptr ? std::string{words->what} : "unknown DTLS error " + std::to_string(code);
    }
};

class DtlsAlertCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "dtls-alert"; }
    [[nodiscard]] std::string message(int code) const override {
        const Words* words = find(alert_words, code);
        return "the peer ended the connection with alert " + std::to_string(code) +
               (words != nullptr ? " (" + std::string{words->what} + ")" : std::string{});
    }
};

// never_destroyed makes one object that stays: OpenSSL calls into a provider from its own atexit handler, which
// runs after the static destructors of what it loaded (openssl-provider.md section 1.13).
template <class T>
const T& never_destroyed() noexcept {
    alignas(T) static std::byte storage[sizeof(T)];
    static const T* const object = new (storage) T;
    return *object;
}

}  // namespace

const std::error_category& trustx_category() noexcept {
    return never_destroyed<TrustxCategory>();
}

const std::error_category& chip_category() noexcept {
    return never_destroyed<ChipCategory>();
}

const std::error_category& dtls_category() noexcept {
    return never_destroyed<DtlsCategory>();
}

const std::error_category& dtls_alert_category() noexcept {
    return never_destroyed<DtlsAlertCategory>();
}

std::error_code errno_code() noexcept {
    return errno_code(errno);
}

Error Error::during(std::string_view wider) const {
    Error error{*this};
    error.operation_ = std::string{wider}.append(operation_.empty() ? "" : ": ").append(operation_);
    return error;
}

Error Error::behind_socket() const {
    Error error{*this};
    error.behind_socket_ = true;
    return error;
}

std::string Error::remedy() const {
    const Words* words = nullptr;
    if (code_.category() == trustx_category()) {
        words = find(trustx_words, code_.value());
    } else if (code_.category() == chip_category()) {
        words = find(chip_words, code_.value());
    } else if (code_.category() == dtls_category()) {
        words = find(dtls_words, code_.value());
    } else if (code_.category() == dtls_alert_category()) {
        words = find(alert_words, code_.value());
    } else if (code_.category() == std::system_category() || code_.category() == std::generic_category()) {
        words = find(system_words, code_.value());
    }
    if (words == nullptr) {
        return {};
    }
    return std::string{behind_socket_ && !words->remedy_behind_socket.empty() ? words->remedy_behind_socket
                                                                              : words->remedy};
}

std::string Error::description() const {
    const std::string words = code_.message();
    // What was tried names files, chips, certificates and peers in their own words.
    return text::printable(operation_ + (operation_.empty() || words.empty() ? "" : ": ") + words);
}

std::string Error::message() const {
    const std::string advice = remedy();
    return advice.empty() ? description() : description() + "; " + advice;
}

}  // namespace trustx
