// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/server_messages.hpp"

#include "common/try.hpp"
#include "model/crypto/der.hpp"
#include "model/crypto/sha256.hpp"
#include "model/dtls/handshake_message.hpp"

#include <algorithm>
#include <set>

namespace trustx::sim::dtls {

namespace {

constexpr std::size_t max_session_id_size = 32;
constexpr std::uint8_t compression_null = 0;
constexpr std::uint8_t curve_type_named = 3;
constexpr std::uint8_t certificate_type_ecdsa_sign = 64;

tl::unexpected<ErrorCode> malformed() {
    return fail(ErrorCode::invalid_handshake_message);
}

bool was_offered(std::uint16_t extension) {
    return extension == extension_groups || extension == extension_point_formats ||
           extension == extension_signature_algorithms;
}

Outcome<void> check_extensions(ByteView extensions) {
    ByteReader reader{extensions};
    std::set<std::uint16_t> seen;
    while (reader.left() > 0) {
        const std::uint16_t extension = reader.u16();
        reader.take(reader.u16());
        if (reader.failed() || !seen.insert(extension).second) {
            return malformed();
        }
        if (!was_offered(extension)) {
            return fail(ErrorCode::unsupported_key_usage_or_algorithm);
        }
    }
    return {};
}

}  // namespace

Outcome<Bytes> read_cookie(ByteView body) {
    ByteReader reader{body};
    const std::uint16_t version = reader.u16();
    const ByteView cookie = reader.take(reader.u8());
    if (!reader.complete()) {
        return malformed();
    }
    if (version != version_dtls_1_2 && version != version_dtls_1_0) {
        return fail(ErrorCode::version_mismatch);
    }
    return to_bytes(cookie);
}

Outcome<Bytes> read_server_random(ByteView body) {
    ByteReader reader{body};
    const std::uint16_t version = reader.u16();
    const ByteView random = reader.take(random_size);
    const std::size_t session_id_size = reader.u8();
    reader.take(session_id_size);
    const std::uint16_t suite = reader.u16();
    const std::uint8_t compression = reader.u8();
    const ByteView extensions = reader.left() > 0 ? reader.take(reader.u16()) : ByteView{};
    if (!reader.complete() || session_id_size > max_session_id_size) {
        return malformed();
    }
    if (version != version_dtls_1_2) {
        return fail(ErrorCode::version_mismatch);
    }
    if (suite != cipher_suite) {
        return fail(ErrorCode::unsupported_cipher_suite);
    }
    if (compression != compression_null) {
        return fail(ErrorCode::unsupported_parameters);
    }
    TRYV(check_extensions(extensions));
    return to_bytes(random);
}

Outcome<ServerKeyExchange> read_key_exchange(ByteView body, const Crypto& crypto, const CertificateKey& signer,
                                             ByteView randoms, const Decisions& decisions) {
    ByteReader reader{body};
    const std::uint8_t curve_type = reader.u8();
    const std::uint16_t group = reader.u16();
    const ByteView point = reader.take(reader.u8());
    const ByteView parameters = body.first(body.size() - reader.left());
    const std::uint16_t scheme = reader.u16();
    const ByteView signature = reader.take(reader.u16());
    if (!reader.complete()) {
        return malformed();
    }
    const auto& offered = decisions.groups;
    if (curve_type != curve_type_named || std::find(offered.begin(), offered.end(), group) == offered.end()) {
        return fail(ErrorCode::unsupported_parameters);
    }
    const Curve curve = group == group_p384 ? Curve::p384 : Curve::p256;
    if (point.size() != 1 + 2 * field_size(curve) || !crypto.on_curve(curve, point)) {
        return fail(ErrorCode::unsupported_parameters);
    }
    if (scheme != scheme_ecdsa_sha256) {
        return fail(ErrorCode::unsupported_certificate);
    }
    Bytes signed_bytes = to_bytes(randoms);
    append(signed_bytes, parameters);
    const Bytes integers = der::two_integers_of(signature);
    if (integers.empty() || !crypto.verify(signer.curve, signer.point, Sha256::of(signed_bytes), integers)) {
        return fail(ErrorCode::signature_verification_failed);
    }
    return ServerKeyExchange{curve, to_bytes(point)};
}

Outcome<void> check_certificate_request(ByteView body) {
    ByteReader reader{body};
    const ByteView types = reader.take(reader.u8());
    ByteReader schemes{reader.take(reader.u16())};
    ByteReader names{reader.take(reader.u16())};
    if (!reader.complete() || schemes.left() % 2 != 0) {
        return malformed();
    }
    while (names.left() > 0 && !names.failed()) {
        names.take(names.u16());
    }
    if (names.failed()) {
        return malformed();
    }
    bool found = false;
    while (schemes.left() > 0) {
        found = schemes.u16() == scheme_ecdsa_sha256 || found;
    }
    if (!found || std::find(types.begin(), types.end(), certificate_type_ecdsa_sign) == types.end()) {
        return fail(ErrorCode::unsupported_certificate);
    }
    return {};
}

}  // namespace trustx::sim::dtls
