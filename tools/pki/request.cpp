// SPDX-License-Identifier: Apache-2.0
#include "pki/request.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "pki/error.hpp"

#include <trustx/objects.hpp>

#include <array>
#include <system_error>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

namespace trustx::pki {
namespace {

using Request = openssl::Handle<X509_REQ, X509_REQ_free>;
using Algorithm = openssl::Handle<X509_ALGOR, X509_ALGOR_free>;
using BitString = openssl::Handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;

void must_succeed(int result) {
    if (result <= 0) {
        throw std::bad_alloc{};
    }
}

openssl::Pkey handle_of(const PublicKey& key) {
    const auto info = key.subject_public_key_info();
    const unsigned char* cursor = info.data();
    return openssl::must<openssl::Pkey>(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(info.size())));
}

const EVP_MD* hash_for(Curve curve) {
    return curve == Curve::p256 ? EVP_sha256() : EVP_sha384();
}

Bytes digest_of(Curve curve, ByteView message) {
    Bytes digest(field_size(curve));
    must_succeed(EVP_Digest(message.data(), message.size(), digest.data(), nullptr, hash_for(curve), nullptr));
    return digest;
}

bool verifies(const PublicKey& key, ByteView digest, ByteView der) {
    const auto handle = handle_of(key);
    const auto context = openssl::must<openssl::PkeyContext>(EVP_PKEY_CTX_new(handle.get(), nullptr));
    const bool good = EVP_PKEY_verify_init(context.get()) == 1 &&
                      EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
    ERR_clear_error();
    return good;
}

tl::unexpected<Error> another_key(ObjectId slot) {
    return fail(InputErrc::key_mismatch, "the key in " + slot.hex() +
                                             " is not the one that this enrolment is about: a new key was generated "
                                             "there, or another chip is attached");
}

Request unsigned_request(const PublicKey& key, const Subject& subject) {
    auto request = openssl::must<Request>(X509_REQ_new());
    must_succeed(X509_REQ_set_version(request.get(), 0));
    must_succeed(X509_REQ_set_subject_name(request.get(), subject.name().get()));
    must_succeed(X509_REQ_set_pubkey(request.get(), handle_of(key).get()));
    return request;
}

Bytes signed_part(X509_REQ* request) {
    unsigned char* der = nullptr;
    const int length = i2d_re_X509_REQ_tbs(request, &der);
    must_succeed(length);
    const openssl::Memory owner{der};
    return {der, der + length};
}

// bit_string goes by way of DER, because libcrypto's own setter drops zero bits at the end.
BitString bit_string(const Bytes& bytes) {
    constexpr std::uint8_t tag = 0x03;
    constexpr std::uint8_t unused_bits = 0;
    Bytes der{tag, static_cast<std::uint8_t>(bytes.size() + 1), unused_bits};  // a signature is shorter than 127 bytes
    der.insert(der.end(), bytes.begin(), bytes.end());
    const unsigned char* cursor = der.data();
    return openssl::must<BitString>(d2i_ASN1_BIT_STRING(nullptr, &cursor, static_cast<long>(der.size())));
}

void attach(X509_REQ* request, Curve curve, const Signature& signature) {
    const auto algorithm = openssl::must<Algorithm>(X509_ALGOR_new());
    const int nid = curve == Curve::p256 ? NID_ecdsa_with_SHA256 : NID_ecdsa_with_SHA384;
    must_succeed(X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(nid), V_ASN1_UNDEF, nullptr));
    must_succeed(X509_REQ_set1_signature_algo(request, algorithm.get()));
    X509_REQ_set0_signature(request, bit_string(signature.der()).release());
}

std::string pem_of(X509_REQ* request) {
    const auto bio = openssl::writing();
    must_succeed(PEM_write_bio_X509_REQ(bio.get(), request));
    return openssl::written(bio.get());
}

Request parsed_request(const std::string& pem) {
    const auto bio = openssl::reading(text::as_bytes(pem));
    return Request{PEM_read_bio_X509_REQ(bio.get(), nullptr, openssl::refuse_passphrase, nullptr)};
}

Bytes key_info(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key, &der);
    must_succeed(length);
    const openssl::Memory owner{der};
    return {der, der + length};
}

Result<void> check_dates(const x509::Certificate& leaf, std::time_t now, const std::string& from) {
    // Nobody issues certificates for the future, but issuers whose clock is a little ahead.
    constexpr std::time_t difference_of_clocks = 300;
    const auto validity = leaf.validity(now);
    if (validity == x509::Validity::valid || leaf.validity(now + difference_of_clocks) == x509::Validity::valid) {
        return {};
    }
    const auto code = validity == x509::Validity::not_yet ? std::error_code{PkiErrc::clock_wrong}
                                                          : std::error_code{InputErrc::check_failed};
    return fail(code, "the certificate from " + from + " is valid from " + leaf.not_before() + " to " +
                          leaf.not_after() + ", and this computer's clock says " + text::time_text(now) +
                          ": set the clock (for example by systemd-timesyncd), or have another certificate issued");
}

Result<void> check_order(const std::vector<x509::Certificate>& chain, const std::string& from) {
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        if (!chain[i].issued_by(chain[i + 1])) {
            return fail(InputErrc::check_failed, "the certificates from " + from +
                                                     " are no chain: " + chain[i].subject() + " is not signed by " +
                                                     chain[i + 1].subject());
        }
    }
    return {};
}

Result<void> check_size(const std::vector<x509::Certificate>& chain, ObjectId object, const std::string& from) {
    std::vector<Bytes> ders;
    for (const auto& certificate : chain) {
        ders.push_back(certificate.der());
    }
    TRY(const auto content, encode_certificate_object(certificate_object(std::move(ders))));
    const auto room = describe(object)->max_size;
    if (content.size() > room) {
        return fail(InputErrc::check_failed, "the certificate from " + from + " takes " +
                                                 std::to_string(content.size()) + " bytes and " + object.hex() +
                                                 " holds " + std::to_string(room) +
                                                 ": have one issued with fewer extensions or without its chain");
    }
    return {};
}

}  // namespace

Result<std::string> make_request(ChipPort& chip, ObjectId slot, const PublicKey& key, const Subject& subject) {
    const auto request = unsigned_request(key, subject);
    const auto digest = digest_of(key.curve, signed_part(request.get()));
    TRY(const auto signature, chip.sign(slot, digest).during("sign the request for a certificate"));
    if (!verifies(key, digest, signature.der())) {
        return another_key(slot);
    }
    attach(request.get(), key.curve, signature);
    return pem_of(request.get());
}

bool is_request_for(const std::string& pem, const PublicKey& key) {
    const auto requested = key_of_request(pem, "the request");
    return requested && *requested == key;
}

Result<PublicKey> key_of_request(const std::string& pem, const std::string& from) {
    const auto request = parsed_request(pem);
    EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
    if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
        ERR_clear_error();
        return fail(InputErrc::malformed, from +
                                              " has no request for a certificate (PKCS#10 in PEM) with a good "
                                              "signature");
    }
    auto requested = PublicKey::from_subject_public_key_info(key_info(key));
    return requested ? std::move(requested)
                     : fail(InputErrc::malformed, from +
                                                      " asks for a certificate for a key that is not on the curves "
                                                      "P-256 and P-384, so it is no key of this kind of chip");
}

Result<std::string> sign_text(ChipPort& chip, ObjectId slot, const PublicKey& key, std::string_view text) {
    const auto digest = digest_of(key.curve, text::as_bytes(text));
    TRY(const auto signature, chip.sign(slot, digest).during("let " + slot.hex() + " sign to show which key it holds"));
    const auto der = signature.der();
    return verifies(key, digest, der) ? Result<std::string>{to_hex(der)} : another_key(slot);
}

bool is_signed(const PublicKey& key, std::string_view text, const std::string& signature) {
    long length = 0;
    const openssl::Memory der{OPENSSL_hexstr2buf(signature.c_str(), &length)};
    ERR_clear_error();
    return der &&
           verifies(key, digest_of(key.curve, text::as_bytes(text)), {der.get(), static_cast<std::size_t>(length)});
}

std::string make_challenge() {
    std::array<std::uint8_t, challenge_digits / 2> bytes{};
    must_succeed(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())));
    return to_hex(bytes);
}

Result<void> prove_key(ChipPort& chip, ObjectId slot, const PublicKey& key) {
    TRYV(sign_text(chip, slot, key, "trustx: does this slot hold the key of the certificate? " + make_challenge()));
    return {};
}

std::string certificate_id(const x509::Certificate& certificate) {
    return text::lower_case(certificate.fingerprint());
}

Result<void> check_certificate(const std::vector<x509::Certificate>& chain, const PublicKey& key, ObjectId object,
                               std::time_t now, const std::string& from) {
    const auto& leaf = chain.front();
    const auto certified = leaf.public_key();
    if (!certified || *certified != key) {
        return fail(InputErrc::key_mismatch,
                    "the certificate from " + from + " (" + leaf.subject() +
                        (certified ? ") is for another key than the chip's; it is not used"
                                   : ") is for a key that no chip of this kind has, which are on P-256 or P-384; it is "
                                     "not used: have one issued for the key in the request"));
    }
    TRYV(check_dates(leaf, now, from));
    TRYV(check_order(chain, from));
    return check_size(chain, object, from);
}

}  // namespace trustx::pki
