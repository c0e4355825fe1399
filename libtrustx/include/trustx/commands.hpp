// SPDX-License-Identifier: Apache-2.0
// One struct per chip command, and everything about that command in it. A command is a value that owns its bytes: its
// limits are checked before the bus is touched, and LockedDevice::run turns it into its Response. Source:
// chip-commands.md section 6.
//
// To add a command: its struct here, and its encoding in libtrustx/src/command/.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/export.hpp>
#include <trustx/key.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace trustx {

class ApduWriter;
class CommandCall;

// Repeatable says whether a command may be sent again when its answer was lost.
enum class Repeatable : bool { no = false, yes = true };

// UsesPrivateKey says whether a command uses a private key: with a stored one that is an event for the chip's security
// monitor (chip-objects.md section 9).
enum class UsesPrivateKey : std::uint8_t {
    no,
    yes,     // the object that the command is about, or, where it names none, a stored one
    stored,  // a stored one, whatever the command is about
};

// Openness says what of a command's data, and of its answer's, may be in a trace. Secret are: the chip's random
// numbers, shared secrets, derived keys and their seeds, exported private keys, messages and their unfinished hashes,
// and the content of an object whose kind may hold a secret.
enum class Openness : std::uint8_t {
    everything,
    command,  // nothing of the answer
    nothing,  // of either
    reading,  // the command; the answer is the content of its object
    writing,  // object and offset, the first four bytes of the command; what follows is content of its object
};

// CommandInfo is what is the same for all commands of one kind.
struct CommandInfo {
    std::string_view name;  // in messages and traces
    std::uint8_t opcode;    // Cmd
    Repeatable repeatable;
    Openness openness;
    // How long the chip takes: a fixed part, and one for each byte of the command. Source: chip-commands.md section 7,
    // the lower figures, those of the faster successor: a first poll that comes too early costs a transfer, one that
    // comes too late costs time.
    std::chrono::microseconds typical{0};
    std::chrono::microseconds typical_per_byte{0};
    UsesPrivateKey uses_private_key = UsesPrivateKey::no;
};

// CommandFacts is what depends on the values in a command.
struct CommandFacts {
    std::uint8_t param;                   // Param
    std::optional<ObjectId> object = {};  // data object or key object that the command is about
    std::size_t wanted = 0;               // bytes asked for, where the chip's time depends on them
};

// CommandBytes is a command's own copy of the bytes it was given, wiped when it is destroyed; a range, so a ByteView
// can be made of it.
class CommandBytes {
 public:
    CommandBytes() = default;
    template <class Range>
        requires(!std::same_as<Range, CommandBytes> && std::convertible_to<const Range&, ByteView>)
    CommandBytes(const Range& bytes) {  // NOLINT(google-explicit-constructor): `.digest = digest`
        const ByteView view = bytes;
        bytes_.assign(view.begin(), view.end());
    }

    [[nodiscard]] const std::uint8_t* begin() const noexcept { return bytes_.data(); }
    [[nodiscard]] const std::uint8_t* end() const noexcept { return bytes_.data() + bytes_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

 private:
    SecretBytes bytes_;
};

struct NoResponse {};

// GetDataObject reads a slice of an object; the chip clips a length that reaches beyond the used size. A slice that
// begins at or beyond it fails with ChipError::data_object_boundary_exceeded. (01, section 6.2)
struct TRUSTX_EXPORT GetDataObject {
    using Response = Bytes;
    static constexpr CommandInfo info{"GetDataObject", 0x01, Repeatable::yes, Openness::reading};
    static constexpr std::uint16_t max_length = 1553;

    ObjectId object;
    std::uint16_t offset = 0;
    std::uint16_t length = max_length;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x00, .object = object, .wanted = length}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// GetMetadata reads an object's metadata (GetDataObject with Param 01). Always allowed.
struct TRUSTX_EXPORT GetMetadata {
    using Response = Metadata;
    static constexpr CommandInfo info{"GetDataObject (metadata)", 0x01, Repeatable::yes, Openness::everything};

    ObjectId object;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x01, .object = object}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// SetDataObject writes a slice of an object. (02, section 6.3)
struct TRUSTX_EXPORT SetDataObject {
    using Response = NoResponse;
    // The same bytes at the same place: a second execution changes nothing.
    static constexpr CommandInfo info{"SetDataObject",
                                      0x02,
                                      Repeatable::yes,
                                      Openness::writing,
                                      std::chrono::milliseconds{10},
                                      std::chrono::microseconds{175}};
    static constexpr std::size_t max_data = 1549;

    enum class Mode : std::uint8_t { write = 0x00, erase_and_write = 0x40 };

    ObjectId object;
    std::uint16_t offset = 0;
    CommandBytes data;
    Mode mode = Mode::write;

    [[nodiscard]] CommandFacts facts() const { return {.param = static_cast<std::uint8_t>(mode), .object = object}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// SetMetadata replaces the given tags of an object's metadata (SetDataObject with Param 01). Raising a life cycle
// state is irreversible.
struct TRUSTX_EXPORT SetMetadata {
    using Response = NoResponse;
    static constexpr CommandInfo info{
        "SetDataObject (metadata)",    0x02, Repeatable::no, Openness::everything, std::chrono::milliseconds{10},
        std::chrono::microseconds{175}};

    ObjectId object;
    Metadata metadata;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x01, .object = object}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// GetRandom reads 8 to 256 random bytes. (0C, section 6.4)
struct TRUSTX_EXPORT GetRandom {
    using Response = Bytes;
    static constexpr CommandInfo info{"GetRandom", 0x0C, Repeatable::yes, Openness::command};
    static constexpr std::uint16_t min_length = 8;
    static constexpr std::uint16_t max_length = 256;

    enum class Source : std::uint8_t { trng = 0x00, drng = 0x01 };

    std::uint16_t length = max_length;
    Source source = Source::trng;

    [[nodiscard]] CommandFacts facts() const { return {.param = static_cast<std::uint8_t>(source)}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// GenKeyPair makes a key pair in a key object; the private key never leaves the chip and a key that was there
// before is destroyed. (38, section 6.12)
struct TRUSTX_EXPORT GenKeyPair {
    using Response = PublicKey;
    static constexpr CommandInfo info{"GenKeyPair", 0x38, Repeatable::no, Openness::everything,
                                      std::chrono::milliseconds{55}};

    ObjectId key;
    Curve curve = Curve::p256;
    KeyUsage usage = KeyUsage::authentication | KeyUsage::sign;

    [[nodiscard]] CommandFacts facts() const { return {.param = static_cast<std::uint8_t>(curve), .object = key}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// CalcSign signs a digest of 10 bytes up to the size of the key (32 or 48) with ECDSA. A private key use. (31,
// section 6.8)
struct TRUSTX_EXPORT CalcSign {
    using Response = Signature;
    // A second signature over the same digest does no harm, but it is a second private key use, which only the caller
    // may decide on.
    static constexpr CommandInfo info{"CalcSign",
                                      0x31,
                                      Repeatable::no,
                                      Openness::everything,
                                      std::chrono::milliseconds{65},
                                      std::chrono::microseconds{0},
                                      UsesPrivateKey::yes};
    static constexpr std::size_t min_digest = 10;
    static constexpr std::size_t max_digest = 48;

    ObjectId key;
    CommandBytes digest;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x11, .object = key}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// ExportKeyPair makes a key pair and returns both halves; nothing stays on the chip. For keys that live elsewhere:
// a device key belongs in a key object. (GenKeyPair with tag 07, 38, section 6.12)
struct TRUSTX_EXPORT ExportKeyPair {
    struct Response {
        SecretBytes private_key;  // the scalar, 32 or 48 bytes, big-endian
        PublicKey public_key;
    };
    static constexpr CommandInfo info{"GenKeyPair (export)", 0x38, Repeatable::yes, Openness::command,
                                      std::chrono::milliseconds{55}};

    Curve curve = Curve::p256;

    [[nodiscard]] CommandFacts facts() const { return {.param = static_cast<std::uint8_t>(curve)}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// VerifySign verifies an ECDSA signature over a digest, with a public key or with the certificate in an object, which
// must hold a single bare DER certificate. A signature that does not fit is
// ChipError::signature_verification_failure. (32, section 6.9)
struct TRUSTX_EXPORT VerifySign {
    using Response = NoResponse;
    static constexpr CommandInfo info{"VerifySign", 0x32, Repeatable::yes, Openness::everything,
                                      std::chrono::milliseconds{85}};
    static constexpr std::size_t max_digest = 48;

    CommandBytes digest;
    Signature signature;
    std::variant<PublicKey, ObjectId> key;

    [[nodiscard]] CommandFacts facts() const;

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// CalcSSec agrees on a shared secret (ECDH): the X coordinate, 32 or 48 bytes, which is returned, or stays in a session
// object when one is named. A private key use when the key is a key object. (33, section 6.10)
struct TRUSTX_EXPORT CalcSSec {
    using Response = SecretBytes;  // empty when the secret stays in a session
    // With the key taken from the session that the secret replaces, a repetition would find another key.
    static constexpr CommandInfo info{"CalcSSec",
                                      0x33,
                                      Repeatable::no,
                                      Openness::command,
                                      std::chrono::milliseconds{60},
                                      std::chrono::microseconds{0},
                                      UsesPrivateKey::yes};

    ObjectId key;
    PublicKey peer;
    std::optional<ObjectId> session = {};

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x01, .object = key}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// DeriveKey derives a key with the PRF of TLS 1.2 (SHA-256) from a secret in a session or data object. The chip takes
// label and seed as one string. (34, section 6.11)
struct TRUSTX_EXPORT DeriveKey {
    using Response = SecretBytes;  // empty when the key stays in a session
    // The target may be the session of the secret.
    static constexpr CommandInfo info{"DeriveKey", 0x34, Repeatable::no, Openness::nothing,
                                      std::chrono::milliseconds{50}};
    static constexpr std::size_t min_seed = 8;
    static constexpr std::size_t max_seed = 1024;
    static constexpr std::uint16_t min_length = 16;
    static constexpr std::uint16_t max_length = 256;
    static constexpr std::uint16_t max_session_length = 48;

    ObjectId secret;
    CommandBytes label_and_seed;
    std::uint16_t length = 48;
    std::optional<ObjectId> session = {};

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x01, .object = secret}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// CalcHash hashes with SHA-256 on the chip, in one command or in a sequence. The running hash is one per
// chip: a program that hashes in several commands exports the state after each and imports it before the next, or holds
// the lock. (30, section 6.7)
struct TRUSTX_EXPORT CalcHash {
    struct Response {
        Bytes digest;   // 32 bytes where the sequence ends or looks at the intermediate digest
        Bytes context;  // 130 opaque bytes where the state is exported
    };
    // Without import and export the chip's own state moves on with each execution.
    static constexpr CommandInfo info{"CalcHash",
                                      0x30,
                                      Repeatable::no,
                                      Openness::nothing,
                                      std::chrono::milliseconds{10},
                                      std::chrono::microseconds{65}};
    static constexpr std::size_t digest_size = 32;
    static constexpr std::size_t context_size = 130;

    enum class Sequence : std::uint8_t { start = 0, start_final = 1, proceed = 2, final = 3, terminate = 4, peek = 5 };
    // ObjectSlice is data that never leaves the chip.
    struct ObjectSlice {
        ObjectId object;
        std::uint16_t offset = 0;
        std::uint16_t length = 0;
    };

    Sequence sequence = Sequence::start_final;
    std::variant<CommandBytes, ObjectSlice> data;
    CommandBytes import_context = {};  // empty: go on with the chip's running hash
    bool export_context = false;       // with start and proceed

    [[nodiscard]] CommandFacts facts() const;

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// SetAuthScheme chooses the key for a one-way authentication. (10, section 6.5)
struct TRUSTX_EXPORT SetAuthScheme {
    using Response = NoResponse;
    static constexpr CommandInfo info{"SetAuthScheme", 0x10, Repeatable::yes, Openness::everything};

    ObjectId key;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x91, .object = key}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// SetAuthMsg hands over the challenge, 8 to 256 bytes. (19, section 6.6)
struct TRUSTX_EXPORT SetAuthMsg {
    using Response = NoResponse;
    static constexpr CommandInfo info{"SetAuthMsg", 0x19, Repeatable::yes, Openness::everything};
    static constexpr std::size_t min_challenge = 8;
    static constexpr std::size_t max_challenge = 256;

    CommandBytes challenge;

    static CommandFacts facts() { return {.param = 0x01}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// GetAuthMsg returns the signature over SHA-256 of the challenge. The three commands belong together: hold the lock.
// A private key use. (18, section 6.6)
struct TRUSTX_EXPORT GetAuthMsg {
    using Response = Signature;
    static constexpr CommandInfo info{"GetAuthMsg",
                                      0x18,
                                      Repeatable::no,
                                      Openness::everything,
                                      std::chrono::milliseconds{65},
                                      std::chrono::microseconds{0},
                                      UsesPrivateKey::yes};

    static CommandFacts facts() { return {.param = 0x02}; }

 private:
    friend class CommandCall;
    static Result<void> encode(ApduWriter& apdu);
    static Result<Response> decode(ByteView data);
};

// The chip's DTLS client: chip-dtls.md sections 2 to 5. One state in each session object; a command that is not due in
// it fails with ChipError::command_out_of_sequence. Errors of all of them, where the session is no session object:
// Errc::argument_invalid. dtls.hpp has a connection that is made of them.

// StartDtlsClient begins a DTLS client in a session object, which loses what it held, and chooses the key that
// authenticates it. (SetAuthScheme with Param 99, 10, section 6.5)
struct TRUSTX_EXPORT StartDtlsClient {
    using Response = NoResponse;
    static constexpr CommandInfo info{"SetAuthScheme (DTLS)", 0x10, Repeatable::yes, Openness::everything};

    ObjectId key;
    ObjectId session;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x99, .object = session}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// HandshakePart is what the chip hands out of a handshake message at once: a DTLS handshake header of 12 bytes, whose
// fragment offset and length describe the rest. The same command again gives the next part.
struct HandshakePart {
    bool last;
    Bytes bytes;  // at least the header
};

// GetHandshakeMessage lets the chip make the next message of the client's. (ProcUpLinkMsg, 1A)
struct TRUSTX_EXPORT GetHandshakeMessage {
    using Response = HandshakePart;
    // Sent again, it asks for the next part.
    static constexpr CommandInfo info{"ProcUpLinkMsg", 0x1A, Repeatable::no, Openness::everything,
                                      std::chrono::milliseconds{10}};

    enum class Message : std::uint8_t {
        client_hello = 0x01,
        client_hello_with_cookie = 0x03,
        certificate = 0x0B,
        client_key_exchange = 0x10,
        finished = 0x14,  // in plain
    };

    ObjectId session;
    Message message = Message::client_hello;
    std::optional<std::uint32_t> unix_time = {};  // with client_hello: the dates of certificates are checked against it
    std::optional<ObjectId> certificate = {};     // with certificate: E0E0 to E0E3; none: an empty list

    [[nodiscard]] CommandFacts facts() const {
        return {.param = static_cast<std::uint8_t>(message), .object = session};
    }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// GetCertificateVerify lets the chip make the message that proves the client's key. A private key use. (ProcUpLinkMsg
// with Param 0F, 1A)
struct TRUSTX_EXPORT GetCertificateVerify {
    using Response = HandshakePart;
    static constexpr CommandInfo info{"ProcUpLinkMsg (CertificateVerify)",
                                      0x1A,
                                      Repeatable::no,
                                      Openness::everything,
                                      std::chrono::milliseconds{65},
                                      std::chrono::microseconds{0},
                                      UsesPrivateKey::stored};

    ObjectId session;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x0F, .object = session}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// PutHandshakeMessage gives the chip a message of the server's, which checks it. (ProcDownLinkMsg, 1B)
struct TRUSTX_EXPORT PutHandshakeMessage {
    using Response = NoResponse;
    static constexpr CommandInfo info{"ProcDownLinkMsg", 0x1B, Repeatable::no, Openness::everything,
                                      std::chrono::milliseconds{10}};
    static constexpr std::size_t header_size = 12;
    static constexpr std::size_t max_body = 1536;

    ObjectId session;
    CommandBytes message;  // header of the whole message (fragment offset 0) and body; Finished in plain

    [[nodiscard]] CommandFacts facts() const {
        return {.param = message.empty() ? std::uint8_t{0} : *message.begin(), .object = session};
    }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// EncryptRecord makes the protected record of a payload, ready to be sent. (ProcUpLinkMsg with Param 61, 1A)
struct TRUSTX_EXPORT EncryptRecord {
    using Response = Bytes;  // the whole record: 13 bytes of header, 8 of nonce, payload, 8 of tag
    // The nonce may be made of epoch and number, or be the chip's own. That it is never used for two payloads must not
    // depend on which: a number is not used again, whatever became of the command (chip-dtls.md section 5).
    static constexpr CommandInfo info{"ProcUpLinkMsg (encrypt)", 0x1A, Repeatable::no, Openness::nothing,
                                      std::chrono::milliseconds{10}};
    static constexpr std::size_t max_payload = 1535;
    static constexpr std::uint64_t max_number = (std::uint64_t{1} << 48U) - 1;

    ObjectId session;
    std::uint8_t type = 0;  // of the record: 21 alert, 22 handshake, 23 application data
    std::uint16_t epoch = 1;
    std::uint64_t number = 0;
    CommandBytes payload;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x61, .object = session, .wanted = payload.size()}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// DecryptRecord gives the payload of a protected record as it was received. Where it is not genuine the chip refuses
// it, and takes that for an attack: an event for its security monitor (chip-objects.md section 9). (ProcDownLinkMsg
// with Param 51, 1B)
struct TRUSTX_EXPORT DecryptRecord {
    using Response = Bytes;
    // The chip keeps no replay window: that is the host's (chip-dtls.md section 1).
    static constexpr CommandInfo info{"ProcDownLinkMsg (decrypt)", 0x1B, Repeatable::yes, Openness::command,
                                      std::chrono::milliseconds{10}};
    static constexpr std::uint8_t decrypt_param = 0x51;
    static constexpr std::size_t header_size = 13;
    static constexpr std::size_t expansion = 16;
    static constexpr std::size_t max_record = 1548;

    ObjectId session;
    CommandBytes record;

    [[nodiscard]] CommandFacts facts() const { return {.param = decrypt_param, .object = session}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// CloseSession wipes the DTLS client in a session object. (ProcUpLinkMsg with Param 71, 1A)
struct TRUSTX_EXPORT CloseSession {
    using Response = NoResponse;
    static constexpr CommandInfo info{"ProcUpLinkMsg (close)", 0x1A, Repeatable::yes, Openness::everything};

    ObjectId session;

    [[nodiscard]] CommandFacts facts() const { return {.param = 0x71, .object = session}; }

 private:
    friend class CommandCall;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
};

// ChipCommand is what LockedDevice::run takes: a struct of this header.
template <class Command>
concept ChipCommand = requires(const Command& command) {
    typename Command::Response;
    { Command::info } -> std::convertible_to<const CommandInfo&>;
    { command.facts() } -> std::same_as<CommandFacts>;
};

// CommandCall is a command as the library carries it out, whatever its type. Not for programs.
class TRUSTX_EXPORT CommandCall {
 public:
    // Both command and response must outlive the call; decode() fills the response.
    template <ChipCommand Command>
    CommandCall(const Command& command, std::optional<typename Command::Response>& response)
        : info_{Command::info},
          facts_{command.facts()},
          encode_{[&command](ApduWriter& apdu) { return command.encode(apdu); }},
          decode_{[&command, &response](ByteView data) { return decode_into(response, command, data); }} {}

    // run gives the command's response after carry_out has carried out its call, or the error of carry_out.
    template <ChipCommand Command, class CarryOut>
    static Result<typename Command::Response> run(const Command& command, const CarryOut& carry_out) {
        std::optional<typename Command::Response> response;
        if (Result<void> done = carry_out(CommandCall{command, response}); !done) {
            return done.failure();
        }
        return *std::move(response);
    }

    [[nodiscard]] const CommandInfo& info() const noexcept { return info_; }
    [[nodiscard]] const CommandFacts& facts() const noexcept { return facts_; }

    // encode writes InData. Error: Errc::argument_invalid outside the command's limits.
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const { return encode_(apdu); }
    // decode reads OutData of a good answer. Error: Errc::response_malformed.
    [[nodiscard]] Result<void> decode(ByteView data) const { return decode_(data); }

    // operation names command and object in messages: "CalcSign E0F1".
    [[nodiscard]] std::string operation() const;

 private:
    template <class Command>
    static Result<void> decode_into(std::optional<typename Command::Response>& response, const Command& command,
                                    ByteView data) {
        if constexpr (std::same_as<typename Command::Response, NoResponse>) {
            response.emplace();
            return expect_nothing(data);
        } else {
            auto decoded = command.decode(data);
            if (!decoded) {
                return decoded.failure();
            }
            response.emplace(std::move(*decoded));
            return {};
        }
    }
    static Result<void> expect_nothing(ByteView data);

    const CommandInfo& info_;
    CommandFacts facts_;
    std::function<Result<void>(ApduWriter&)> encode_;
    std::function<Result<void>(ByteView)> decode_;
};

}  // namespace trustx
