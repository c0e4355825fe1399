// SPDX-License-Identifier: Apache-2.0
// Public keys, signatures and key usage in the chip's terms. Source: chip-commands.md sections 4 and 5.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/export.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx {

// Curve is the chip's algorithm identifier of an EC key.
enum class Curve : std::uint8_t { p256 = 0x03, p384 = 0x04 };

// field_size is the width of a coordinate, of r, of s and of a shared secret, in bytes: 32 or 48.
constexpr std::size_t field_size(Curve curve) noexcept {
    return curve == Curve::p256 ? 32 : 48;
}
// curve_name is the NIST name: "P-256"; group_name the one OpenSSL uses: "prime256v1".
constexpr std::string_view curve_name(Curve curve) noexcept {
    return curve == Curve::p256 ? "P-256" : "P-384";
}
constexpr std::string_view group_name(Curve curve) noexcept {
    return curve == Curve::p256 ? "prime256v1" : "secp384r1";
}
// curve_named finds a curve by one of these two names; case matters.
constexpr std::optional<Curve> curve_named(std::string_view name) noexcept {
    for (const auto curve : {Curve::p256, Curve::p384}) {
        if (name == curve_name(curve) || name == group_name(curve)) {
            return curve;
        }
    }
    return std::nullopt;
}

// KeyUsage is the chip's bit mask of what a private key may do.
enum class KeyUsage : std::uint8_t {
    none = 0x00,
    authentication = 0x01,
    encryption = 0x02,
    host_firmware_update = 0x04,
    device_management = 0x08,
    sign = 0x10,
    key_agreement = 0x20,
};
constexpr KeyUsage operator|(KeyUsage a, KeyUsage b) noexcept {
    return static_cast<KeyUsage>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr KeyUsage operator&(KeyUsage a, KeyUsage b) noexcept {
    return static_cast<KeyUsage>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}
// parse_key_usage reads a list such as `sign,auth,keyagree`. Error: Errc::argument_invalid.
TRUSTX_EXPORT Result<KeyUsage> parse_key_usage(std::string_view list);
// to_string is the inverse: "auth,sign".
TRUSTX_EXPORT std::string to_string(KeyUsage usage);

// PublicKey is a point on a curve.
struct TRUSTX_EXPORT PublicKey {
    Curve curve = Curve::p256;
    Bytes point;  // uncompressed: 04, X, Y; 65 or 97 bytes

    // subject_public_key_info is the DER form of RFC 5480 with the curve by name.
    [[nodiscard]] Bytes subject_public_key_info() const;
    // from_subject_public_key_info reads that form; nothing is allowed to follow it. Error: Errc::key_file_malformed.
    static Result<PublicKey> from_subject_public_key_info(ByteView der);
    // from_point takes an uncompressed point of the right length. Error: Errc::argument_invalid.
    // That the point is on the curve is not checked here.
    static Result<PublicKey> from_point(ByteView point);

    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// Signature is an ECDSA signature as two unsigned big-endian integers without leading zero bytes.
struct TRUSTX_EXPORT Signature {
    Bytes r;
    Bytes s;

    // der is the form that is used everywhere but in the chip: SEQUENCE { INTEGER r, INTEGER s } (RFC 3279
    // section 2.2.3).
    [[nodiscard]] Bytes der() const;

    friend bool operator==(const Signature&, const Signature&) = default;
};

}  // namespace trustx
