// SPDX-License-Identifier: Apache-2.0
#include "trust_anchors.hpp"

#include "advice.hpp"
#include "common/openssl/certificate.hpp"
#include "digest.hpp"

#include <trustx/objects.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace trustx::provider {
namespace {

using KeyInfo = openssl::Handle<X509_PUBKEY, X509_PUBKEY_free>;

std::string verifying_with(ObjectId object) {
    return "verify with trust anchor " + object.hex();
}

tl::unexpected<ProviderError> cannot_verify(ObjectId object, const std::string& why) {
    return fail(Reason::anchor_unusable, verifying_with(object) + ": " + why);
}

openssl::Bignum coordinate(const EVP_PKEY& key, const char* name) {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(&key, name, &number);
    return openssl::Bignum{number};
}

std::string group_of(const EVP_PKEY& key) {
    std::array<char, 80> name{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(&key, name.data(), name.size(), &size) == 1 ? std::string(name.data(), size) : "";
}

// uncompressed_point is empty for a key without one.
Bytes uncompressed_point(const EVP_PKEY& key) {
    const auto x = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X);
    const auto y = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y);
    if (x == nullptr || y == nullptr) {
        return {};
    }
    const int size = (EVP_PKEY_get_bits(&key) + 7) / 8;
    Bytes point(1 + 2 * static_cast<std::size_t>(size), 4);
    const bool fits = BN_bn2binpad(x.get(), point.data() + 1, size) == size &&
                      BN_bn2binpad(y.get(), point.data() + 1 + size, size) == size;
    return fits ? point : Bytes{};
}

// key_info writes the SubjectPublicKeyInfo with curve by name; empty for a curve without a name, and without a point.
// By hand, because OpenSSL's encoders keep the form in which a key was read.
Bytes key_info(const EVP_PKEY& key) {
    const Bytes point = uncompressed_point(key);
    const auto group = group_of(key);
    if (const auto curve = curve_named(group); curve && !point.empty()) {
        return PublicKey{.curve = *curve, .point = point}.subject_public_key_info();
    }
    const int nid = OBJ_sn2nid(group.c_str());
    const KeyInfo info{X509_PUBKEY_new()};
    auto* const octets = static_cast<unsigned char*>(OPENSSL_memdup(point.data(), point.size()));
    if (nid == NID_undef || info == nullptr || octets == nullptr ||
        X509_PUBKEY_set0_param(info.get(), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT, OBJ_nid2obj(nid),
                               octets, static_cast<int>(point.size())) != 1) {
        OPENSSL_free(octets);
        return {};
    }
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(info.get(), &der);
    const openssl::Memory owner{der};
    return size > 0 ? Bytes(der, der + size) : Bytes{};
}

// parse_signature reads what ECDSA_verify would: DER in its only form. r or s may be 0 or too long.
std::optional<Signature> parse_signature(ByteView der) {
    const unsigned char* at = der.data();
    const openssl::EcdsaSignature parsed{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    if (parsed == nullptr || at != der.data() + der.size()) {
        return std::nullopt;
    }
    const auto bytes = [](const BIGNUM* number) {
        Bytes big_endian(static_cast<std::size_t>(BN_num_bytes(number)));
        BN_bn2bin(number, big_endian.data());
        return big_endian;
    };
    Signature signature{.r = bytes(ECDSA_SIG_get0_r(parsed.get())), .s = bytes(ECDSA_SIG_get0_s(parsed.get()))};
    return std::ranges::equal(signature.der(), der) ? std::optional{std::move(signature)} : std::nullopt;
}

bool fits(const Bytes& number, Curve curve) {
    return !number.empty() && number.size() <= field_size(curve);
}

// The certificate's own SubjectPublicKeyInfo, in the form in which the setting names it.
Outcome<void> compare_key(const ProviderContext& context, const VerifyAnchor& anchor, const Bytes& der) {
    ByteView following = der;
    ERR_set_mark();
    const auto certificate = openssl::take_certificate(following, context.libctx());
    const auto info = certificate == nullptr ? Bytes{} : openssl::subject_public_key_info(certificate.get());
    ERR_pop_to_mark();
    if (info.empty()) {
        return cannot_verify(anchor.object, "the object holds what is no certificate; " + advise_anchor(anchor.object));
    }
    TRY(const auto* const named, anchor_named(context, info));
    if (named != nullptr && named->object == anchor.object) {
        return {};
    }
    return fail(Reason::anchor_replaced, verifying_with(anchor.object) +
                                             ": the object holds the certificate of another " +
                                             "key than verify-anchors names; write that one back, or have the setting "
                                             "written again with `trustx anchor write " +
                                             anchor.object.hex() + " FILE --verify-anchors --force`");
}

Outcome<void> look_at(ProviderContext& context, const VerifyAnchor& anchor, Chip& chip) {
    const auto object = anchor.object;
    auto content = chip.locked(verifying_with(object), [object](LockedDevice& device) -> Result<CertificateObject> {
        return read_certificates(device, object);
    });
    if (!content && content.error().reason == reason_of(Error{Errc::certificate_malformed})) {
        return cannot_verify(object, "the object holds what is no certificate; " + advise_anchor(object));
    }
    TRY(const auto stored, std::move(content));
    if (stored.certificates.empty()) {
        return fail(
            Reason::object_empty,
            verifying_with(object) + ": the object is empty, the certificate was removed; " + advise_anchor(object));
    }
    if (stored.form != CertificateForm::der) {
        return cannot_verify(object,
                             "the object holds a wrapped certificate, and the chip verifies only with a bare one; " +
                                 advise_anchor(object));
    }
    return compare_key(context, anchor, stored.certificates.front());
}

}  // namespace

Outcome<const VerifyAnchor*> anchor_named(const ProviderContext& context, ByteView key_info) {
    const auto& anchors = context.settings().verify_anchors;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (EVP_Q_digest(context.libctx(), "SHA256", nullptr, key_info.data(), key_info.size(), digest.data(), &size) !=
        1) {
        return software_failed("compute SHA-256 of a public key");
    }
    const auto found = std::ranges::find_if(anchors, [&](const VerifyAnchor& anchor) {
        return std::ranges::equal(anchor.key_sha256, ByteView{digest}.first(size));
    });
    return found == anchors.end() ? nullptr : &*found;
}

Outcome<const VerifyAnchor*> anchor_of(const ProviderContext& context, EVP_PKEY& key) {
    const auto& settings = context.settings();
    if (!settings.asks_anchors()) {
        return nullptr;
    }
    if (settings.anchors_fault) {
        return tl::unexpected<ProviderError>(*settings.anchors_fault);
    }
    ERR_set_mark();
    const Bytes info = key_info(key);
    ERR_pop_to_mark();
    return info.empty() ? Outcome<const VerifyAnchor*>{nullptr} : anchor_named(context, info);
}

bool is_for_chip(const ProviderContext& context, EVP_PKEY& key) {
    const auto anchor = anchor_of(context, key);
    return !anchor || *anchor != nullptr;
}

Outcome<int> verify_with_anchor(ProviderContext& context, const VerifyAnchor& anchor, const EVP_PKEY& key,
                                ByteView signature, ByteView digest) {
    const auto curve = curve_named(group_of(key));
    if (!curve) {
        return cannot_verify(anchor.object, "the chip verifies on P-256 and P-384 only");
    }
    const auto parsed = parse_signature(signature);
    if (!parsed || !fits(parsed->r, *curve) || !fits(parsed->s, *curve)) {
        return parsed ? 0 : -1;
    }
    TRY(auto* const chip, context.chips().find("").during(verifying_with(anchor.object)));
    auto verified = chip->verify(anchor.object, ecdsa_input(digest, *curve), *parsed);
    if (verified) {
        return *verified ? 1 : 0;
    }
    if (verified.error().reason >= Reason::chip_base) {
        TRYV(examine_anchor(context, anchor));
        return cannot_verify(anchor.object, verified.error().text);
    }
    return tl::unexpected<ProviderError>(std::move(verified).during(verifying_with(anchor.object)).error());
}

// Programs that print no reason of ours leave it to the trace to name the object.
Outcome<void> examine_anchor(ProviderContext& context, const VerifyAnchor& anchor) {
    TRY(auto* const chip, context.chips().find("").during(verifying_with(anchor.object)));
    auto examined = look_at(context, anchor, *chip);
    if (!examined) {
        chip->note(examined.error().text);
    }
    return examined;
}

Outcome<void> check_anchor(const ProviderContext& context, ObjectId object, const Bytes& certificate) {
    const auto& anchors = context.settings().verify_anchors;
    const auto entry = std::ranges::find(anchors, object, &VerifyAnchor::object);
    return entry == anchors.end() ? Outcome<void>{} : compare_key(context, *entry, certificate);
}

}  // namespace trustx::provider
