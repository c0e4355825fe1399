// SPDX-License-Identifier: Apache-2.0
#include "codec/der.hpp"

#include <trustx/key.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace trustx {
namespace {

constexpr std::uint8_t uncompressed = 0x04;

// asn1 object identifiers of RFC 5480, contents only.
constexpr std::array<std::uint8_t, 7> id_ec_public_key{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr std::array<std::uint8_t, 8> secp256r1{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 5> secp384r1{0x2B, 0x81, 0x04, 0x00, 0x22};

ByteView curve_oid(Curve curve) {
    return curve == Curve::p256 ? ByteView{secp256r1} : ByteView{secp384r1};
}

std::optional<Curve> curve_of(ByteView oid) {
    for (const Curve curve : {Curve::p256, Curve::p384}) {
        if (std::ranges::equal(oid, curve_oid(curve))) {
            return curve;
        }
    }
    return std::nullopt;
}

struct UsageName {
    KeyUsage bit;
    std::string_view name;
};

constexpr std::array usage_names{
    UsageName{KeyUsage::authentication, "auth"},
    UsageName{KeyUsage::encryption, "enc"},
    UsageName{KeyUsage::host_firmware_update, "hostfw"},
    UsageName{KeyUsage::device_management, "devmgmt"},
    UsageName{KeyUsage::sign, "sign"},
    UsageName{KeyUsage::key_agreement, "keyagree"},
};

KeyUsage usage_bit(std::string_view name) {
    const auto* found = std::ranges::find(usage_names, name, &UsageName::name);
    return found != usage_names.end() ? found->bit : KeyUsage::none;
}

}  // namespace

Result<KeyUsage> parse_key_usage(std::string_view list) {
    KeyUsage usage = KeyUsage::none;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string_view name = list.substr(begin, end - begin);
        const KeyUsage bit = usage_bit(name);
        if (bit == KeyUsage::none) {
            return fail(Errc::argument_invalid,
                        "key usage `" + std::string{name} + "`, known are auth, enc, hostfw, devmgmt, sign, keyagree");
        }
        usage = usage | bit;
        begin = end + 1;
    }
    return usage;
}

std::string to_string(KeyUsage usage) {
    std::string text;
    auto rest = static_cast<std::uint8_t>(usage);
    const auto add = [&text](std::string_view name) { text.append(text.empty() ? "" : ",").append(name); };
    for (const auto& [bit, name] : usage_names) {
        if ((usage & bit) != KeyUsage::none) {
            add(name);
            rest = static_cast<std::uint8_t>(rest & ~static_cast<std::uint8_t>(bit));
        }
    }
    if (rest != 0) {
        add("0x" + to_hex({&rest, 1}));
    }
    return text.empty() ? "none" : text;
}

Bytes PublicKey::subject_public_key_info() const {
    Bytes algorithm;
    der::append(algorithm, der::tag_object_identifier, id_ec_public_key);
    der::append(algorithm, der::tag_object_identifier, curve_oid(curve));
    Bytes content;
    der::append(content, der::tag_sequence, algorithm);
    der::append_whole_bytes(content, point);
    Bytes info;
    der::append(info, der::tag_sequence, content);
    return info;
}

Result<PublicKey> PublicKey::from_subject_public_key_info(ByteView der) {
    der::Reader outer{der};
    der::Reader info{outer.content(der::tag_sequence)};
    der::Reader algorithm{info.content(der::tag_sequence)};
    const ByteView type = algorithm.content(der::tag_object_identifier);
    const auto named_curve = curve_of(algorithm.content(der::tag_object_identifier));
    const auto key = from_point(info.whole_bytes());
    if (!outer.done() || !info.done() || !algorithm.done() || !std::ranges::equal(type, id_ec_public_key)) {
        return fail(Errc::key_file_malformed, "public key");
    }
    if (!key || named_curve != key->curve) {
        return fail(Errc::key_file_malformed, "public key: not an uncompressed point on P-256 or P-384");
    }
    return *key;
}

Result<PublicKey> PublicKey::from_point(ByteView point) {
    for (const Curve curve : {Curve::p256, Curve::p384}) {
        if (point.size() == 1 + 2 * field_size(curve) && point[0] == uncompressed) {
            return PublicKey{curve, Bytes{point.begin(), point.end()}};
        }
    }
    return fail(Errc::argument_invalid, "public key of " + std::to_string(point.size()) +
                                            " bytes: not an uncompressed point on P-256 or P-384");
}

Bytes Signature::der() const {
    Bytes integers;
    der::append_unsigned_integer(integers, r);
    der::append_unsigned_integer(integers, s);
    Bytes sequence;
    der::append(sequence, der::tag_sequence, integers);
    return sequence;
}

}  // namespace trustx
