// SPDX-License-Identifier: Apache-2.0
// Written as DER by hand (RFC 5280 section 4.1): the structure is fixed, and with `--seed` every byte is, too.
#include "model/chip/certificate.hpp"

#include "model/crypto/der.hpp"
#include "model/crypto/sha256.hpp"

namespace trustx::sim {

namespace {

constexpr std::string_view ca_name = "trustx-sim throw-away CA";
constexpr std::string_view not_before = "20200101000000Z";
constexpr std::string_view not_after = "20491231235959Z";

Bytes oid(std::string_view hex) {
    return der::oid(from_hex(hex).value());
}

Bytes ecdsa_with_sha256() {
    return der::sequence({oid("2A8648CE3D040302")});
}

Bytes public_key_info(ByteView point) {
    const Bytes ec_public_key = oid("2A8648CE3D0201");
    const Bytes prime256v1 = oid("2A8648CE3D030107");
    return der::sequence({der::sequence({ec_public_key, prime256v1}), der::bit_string(point)});
}

Bytes common_name(std::string_view name) {
    const Bytes attribute = der::sequence({oid("550403"), der::utf8_string(name)});
    return der::sequence({der::set({attribute})});
}

Bytes extension(std::string_view id, bool critical, ByteView value) {
    const Bytes flag = critical ? der::boolean_true() : Bytes{};
    return der::sequence({oid(id), flag, der::octet_string(value)});
}

// Method 1 of RFC 5280 section 4.2.1.2 takes SHA-1; any other unique value does as well, and this one is there.
Bytes key_identifier(ByteView point) {
    const auto digest = Sha256::of(point);
    return {digest.begin(), digest.begin() + 20};
}

Bytes key_usage(std::uint8_t bits, std::uint8_t unused) {
    return extension("551D0F", true, der::bit_string(Bytes{bits}, unused));
}

Bytes basic_constraints(bool ca) {
    const Bytes flag = ca ? der::boolean_true() : Bytes{};
    return extension("551D13", true, der::sequence({flag}));
}

Bytes authority_key_identifier(ByteView ca_point) {
    return extension("551D23", false, der::sequence({der::tlv(0x80, key_identifier(ca_point))}));
}

Bytes subject_key_identifier(ByteView point) {
    return extension("551D0E", false, der::octet_string(key_identifier(point)));
}

struct Subject {
    Bytes name;
    Bytes point;
    Bytes extensions;  // content of the SEQUENCE OF Extension
};

Bytes signed_by(Crypto& crypto, const KeyPair& ca, const Subject& subject) {
    const Bytes version_3 = der::tlv(0xA0, der::integer(Bytes{2}));
    Bytes serial = crypto.random(8);
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7FU) | 0x40U);  // positive and of full length
    const Bytes validity = der::sequence({der::time(not_before), der::time(not_after)});
    const Bytes to_be_signed = der::sequence(
        {version_3, der::integer(serial), ecdsa_with_sha256(), common_name(ca_name), validity, subject.name,
         public_key_info(subject.point), der::tlv(0xA3, der::sequence({subject.extensions}))});
    const Signature signature = crypto.sign(Curve::p256, ca.scalar, Sha256::of(to_be_signed));
    const Bytes value = der::sequence({der::two_integers(signature.r, signature.s)});
    return der::sequence({to_be_signed, ecdsa_with_sha256(), der::bit_string(value)});
}

}  // namespace

IssuedCertificate issue_certificate(Crypto& crypto, ByteView device_point) {
    constexpr std::uint8_t digital_signature = 0x80;
    constexpr std::uint8_t key_cert_sign_and_crl_sign = 0x06;
    const KeyPair ca = crypto.generate(Curve::p256);
    const Subject ca_subject{common_name(ca_name), ca.point,
                             der::concatenate({key_usage(key_cert_sign_and_crl_sign, 1), basic_constraints(true),
                                               subject_key_identifier(ca.point)})};
    const Subject device_subject{der::sequence({}), to_bytes(device_point),
                                 der::concatenate({key_usage(digital_signature, 7), basic_constraints(false),
                                                   authority_key_identifier(ca.point)})};
    return {signed_by(crypto, ca, ca_subject), signed_by(crypto, ca, device_subject)};
}

Bytes tls_identity(ByteView certificate) {
    const std::size_t size = certificate.size();
    Bytes object{0xC0};
    append_u16(object, size + 6);
    object.push_back(0);
    append_u16(object, size + 3);
    object.push_back(0);
    append_u16(object, size);
    append(object, certificate);
    return object;
}

}  // namespace trustx::sim
