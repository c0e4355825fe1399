// SPDX-License-Identifier: Apache-2.0
// One type per chip command. A command is a value: its limits are checked before the bus is touched, and
// LockedDevice::run turns it into its Response. Source: chip-commands.md section 6.
//
// encode writes the command's APDU; Error: Errc::argument_invalid outside the limits. `command.decode(data)` reads the
// data of a good answer; Error: Errc::response_malformed. It is a member where the answer depends on the question.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/export.hpp>
#include <trustx/key.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace trustx {

class ApduWriter;

// Repeatable says whether a command may be sent again when its answer was lost.
enum class Repeatable : bool { no = false, yes = true };

struct NoResponse {};

// OpenApplication starts the chip's application. Sessions, a running hash and the authentication scheme are lost,
// so libtrustx sends it only to a chip whose application is not open. (70, section 6.1)
struct TRUSTX_EXPORT OpenApplication {
    using Response = NoResponse;
    static constexpr std::string_view name = "OpenApplication";
    static constexpr Repeatable repeatable = Repeatable::yes;

    [[nodiscard]] std::string subject() const { return {}; }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// GetDataObject reads a slice of an object; the chip clips a length that reaches beyond the used size. A slice that
// begins at or beyond it fails with ChipError::data_object_boundary_exceeded. (01, section 6.2)
struct TRUSTX_EXPORT GetDataObject {
    using Response = Bytes;
    static constexpr std::string_view name = "GetDataObject";
    static constexpr Repeatable repeatable = Repeatable::yes;
    static constexpr std::uint16_t max_length = 1553;

    ObjectId object;
    std::uint16_t offset = 0;
    std::uint16_t length = max_length;

    [[nodiscard]] std::string subject() const { return object.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// GetMetadata reads an object's metadata (GetDataObject with Param 01). Always allowed.
struct TRUSTX_EXPORT GetMetadata {
    using Response = Metadata;
    static constexpr std::string_view name = "GetDataObject (metadata)";
    static constexpr Repeatable repeatable = Repeatable::yes;

    ObjectId object;

    [[nodiscard]] std::string subject() const { return object.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// SetDataObject writes a slice of an object. (02, section 6.3)
struct TRUSTX_EXPORT SetDataObject {
    using Response = NoResponse;
    static constexpr std::string_view name = "SetDataObject";
    // The same bytes at the same place: a second execution changes nothing.
    static constexpr Repeatable repeatable = Repeatable::yes;
    static constexpr std::size_t max_data = 1549;

    enum class Mode : std::uint8_t { write = 0x00, erase_and_write = 0x40 };

    ObjectId object;
    std::uint16_t offset = 0;
    ByteView data;
    Mode mode = Mode::write;

    [[nodiscard]] std::string subject() const { return object.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// SetMetadata replaces the given tags of an object's metadata (SetDataObject with Param 01). Raising a life cycle
// state is irreversible.
struct TRUSTX_EXPORT SetMetadata {
    using Response = NoResponse;
    static constexpr std::string_view name = "SetDataObject (metadata)";
    static constexpr Repeatable repeatable = Repeatable::no;

    ObjectId object;
    Metadata metadata;

    [[nodiscard]] std::string subject() const { return object.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// GetRandom reads 8 to 256 random bytes. (0C, section 6.4)
struct TRUSTX_EXPORT GetRandom {
    using Response = Bytes;
    static constexpr std::string_view name = "GetRandom";
    static constexpr Repeatable repeatable = Repeatable::yes;
    static constexpr std::uint16_t min_length = 8;
    static constexpr std::uint16_t max_length = 256;

    enum class Source : std::uint8_t { trng = 0x00, drng = 0x01 };

    std::uint16_t length = max_length;
    Source source = Source::trng;

    [[nodiscard]] std::string subject() const { return {}; }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// GenKeyPair makes a key pair in a key object; the private key never leaves the chip and a key that was there
// before is destroyed. (38, section 6.12)
struct TRUSTX_EXPORT GenKeyPair {
    using Response = PublicKey;
    static constexpr std::string_view name = "GenKeyPair";
    static constexpr Repeatable repeatable = Repeatable::no;

    ObjectId key;
    Curve curve = Curve::p256;
    KeyUsage usage = KeyUsage::authentication | KeyUsage::sign;

    [[nodiscard]] std::string subject() const { return key.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// CalcSign signs a digest of 10 bytes up to the size of the key (32 or 48) with ECDSA. A private key use. (31,
// section 6.8)
struct TRUSTX_EXPORT CalcSign {
    using Response = Signature;
    static constexpr std::string_view name = "CalcSign";
    // A second signature over the same digest does no harm, but it is a second private key use: never silently.
    static constexpr Repeatable repeatable = Repeatable::no;
    static constexpr std::size_t min_digest = 10;
    static constexpr std::size_t max_digest = 48;

    ObjectId key;
    ByteView digest;

    [[nodiscard]] std::string subject() const { return key.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// ExportKeyPair makes a key pair and hands out both halves; nothing stays on the chip. For keys that live elsewhere:
// a device key belongs in a key object. (GenKeyPair with tag 07, 38, section 6.12)
struct TRUSTX_EXPORT ExportKeyPair {
    struct Response {
        SecretBytes private_key;  // the scalar, 32 or 48 bytes, big-endian
        PublicKey public_key;
    };
    static constexpr std::string_view name = "GenKeyPair (export)";
    static constexpr Repeatable repeatable = Repeatable::yes;

    Curve curve = Curve::p256;

    [[nodiscard]] std::string subject() const { return {}; }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// VerifySign verifies an ECDSA signature over a digest, with a public key or with the certificate in an object, which
// must hold a single bare DER certificate. A signature that does not fit is
// ChipError::signature_verification_failure. (32, section 6.9)
struct TRUSTX_EXPORT VerifySign {
    using Response = NoResponse;
    static constexpr std::string_view name = "VerifySign";
    static constexpr Repeatable repeatable = Repeatable::yes;
    static constexpr std::size_t max_digest = 48;

    ByteView digest;
    Signature signature;
    std::variant<PublicKey, ObjectId> key;

    [[nodiscard]] std::string subject() const;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// CalcSSec agrees on a shared secret (ECDH): the X coordinate, 32 or 48 bytes, which is returned, or stays in a session
// object when one is named. A private key use when the key is a key object. (33, section 6.10)
struct TRUSTX_EXPORT CalcSSec {
    using Response = SecretBytes;  // empty when the secret stays in a session
    static constexpr std::string_view name = "CalcSSec";
    // With the key taken from the session that the secret replaces, a repetition would find another key.
    static constexpr Repeatable repeatable = Repeatable::no;

    ObjectId key;
    PublicKey peer;
    std::optional<ObjectId> session = {};

    [[nodiscard]] std::string subject() const { return key.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// DeriveKey derives a key with the PRF of TLS 1.2 (SHA-256) from a secret in a session or data object. The chip takes
// label and seed as one string. (34, section 6.11)
struct TRUSTX_EXPORT DeriveKey {
    using Response = SecretBytes;  // empty when the key stays in a session
    static constexpr std::string_view name = "DeriveKey";
    static constexpr Repeatable repeatable = Repeatable::no;  // the target may be the session of the secret
    static constexpr std::size_t min_seed = 8;
    static constexpr std::size_t max_seed = 1024;
    static constexpr std::uint16_t min_length = 16;
    static constexpr std::uint16_t max_length = 256;
    static constexpr std::uint16_t max_session_length = 48;

    ObjectId secret;
    ByteView label_and_seed;
    std::uint16_t length = 48;
    std::optional<ObjectId> session = {};

    [[nodiscard]] std::string subject() const { return secret.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// CalcHash hashes with SHA-256 on the chip, in one command or in a sequence. The running hash is one per chip: who
// hashes in several commands exports the state after each and imports it before the next, or holds the lock. (30,
// section 6.7)
struct TRUSTX_EXPORT CalcHash {
    struct Response {
        Bytes digest;   // 32 bytes where the sequence ends or looks at the intermediate digest
        Bytes context;  // 130 opaque bytes where the state is exported
    };
    static constexpr std::string_view name = "CalcHash";
    // Without import and export the chip's own state moves on with each execution.
    static constexpr Repeatable repeatable = Repeatable::no;
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
    std::variant<ByteView, ObjectSlice> data;
    ByteView import_context = {};  // empty: go on with the chip's running hash
    bool export_context = false;   // with start and proceed

    [[nodiscard]] std::string subject() const;
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    [[nodiscard]] Result<Response> decode(ByteView data) const;
};

// SetAuthScheme chooses the key for a one-way authentication. (10, section 6.5)
struct TRUSTX_EXPORT SetAuthScheme {
    using Response = NoResponse;
    static constexpr std::string_view name = "SetAuthScheme";
    static constexpr Repeatable repeatable = Repeatable::yes;

    ObjectId key;

    [[nodiscard]] std::string subject() const { return key.hex(); }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// SetAuthMsg hands over the challenge, 8 to 256 bytes. (19, section 6.6)
struct TRUSTX_EXPORT SetAuthMsg {
    using Response = NoResponse;
    static constexpr std::string_view name = "SetAuthMsg";
    static constexpr Repeatable repeatable = Repeatable::yes;
    static constexpr std::size_t min_challenge = 8;
    static constexpr std::size_t max_challenge = 256;

    ByteView challenge;

    [[nodiscard]] std::string subject() const { return {}; }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

// GetAuthMsg returns the signature over SHA-256 of the challenge. The three commands belong together: hold the lock.
// A private key use. (18, section 6.6)
struct TRUSTX_EXPORT GetAuthMsg {
    using Response = Signature;
    static constexpr std::string_view name = "GetAuthMsg";
    static constexpr Repeatable repeatable = Repeatable::no;

    [[nodiscard]] std::string subject() const { return {}; }
    [[nodiscard]] Result<void> encode(ApduWriter& apdu) const;
    static Result<Response> decode(ByteView data);
};

}  // namespace trustx
