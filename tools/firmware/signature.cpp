// SPDX-License-Identifier: Apache-2.0
#include "firmware/signature.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/pem.hpp"
#include "common/try.hpp"
#include "firmware/error.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace trustx::firmware {
namespace {

using Cms = openssl::Handle<CMS_ContentInfo, CMS_ContentInfo_free>;
using Store = openssl::Handle<X509_STORE, X509_STORE_free>;
using StoreContext = openssl::Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
// The first does not own its certificates; the second does.
using Borrowed = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;
using Owned =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); })>;

constexpr unsigned int form = CMS_DETACHED | CMS_BINARY;
constexpr int strength = 2;  // OpenSSL's level of 112 bits: no SHA-1, no short keys

tl::unexpected<Error> untrusted(const std::string& reason) {
    ERR_clear_error();
    return fail(FirmwareErrc::untrusted, reason);
}

// A certificate of the same authority for TLS must not do: each gateway may have one.
bool may_sign_code(X509* certificate) {
    const auto purposes = X509_get_extended_key_usage(certificate);
    const auto use = X509_get_key_usage(certificate);  // all bits where there is no such extension
    return purposes != UINT32_MAX && (purposes & (XKU_CODE_SIGN | XKU_SMIME)) != 0 && (use & KU_DIGITAL_SIGNATURE) != 0;
}

// An authority that is for something else vouches for no signer: RFC 5280 section 4.2.1.12 leaves that to programs, and
// OpenSSL's purposes have none for signatures of code before 3.2.
bool may_issue_signers(X509* certificate) {
    const auto purposes = X509_get_extended_key_usage(certificate);
    return purposes == UINT32_MAX || (purposes & (XKU_CODE_SIGN | XKU_SMIME | XKU_ANYEKU)) != 0;
}

constexpr const char* purpose_advice =
    "has no extended key usage codeSigning (or emailProtection), without which it signs no firmware";

Bytes encoded(const CMS_ContentInfo* cms) {
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_CMS_ContentInfo(cms, nullptr))));
    auto* cursor = der.data();
    i2d_CMS_ContentInfo(cms, &cursor);
    return der;
}

// signed_part is the TBSCertificate of a certificate as it was signed, header included.
std::optional<ByteView> signed_part(ByteView certificate) {
    const auto* cursor = certificate.data();
    long length = 0;
    int tag = 0;
    int kind = 0;
    if ((static_cast<unsigned>(ASN1_get_object(&cursor, &length, &tag, &kind, static_cast<long>(certificate.size()))) &
         0x80U) != 0) {
        return std::nullopt;
    }
    const auto* begin = cursor;
    if ((static_cast<unsigned>(ASN1_get_object(&cursor, &length, &tag, &kind, length)) & 0x80U) != 0) {
        return std::nullopt;
    }
    return ByteView{begin, static_cast<std::size_t>(cursor + length - begin)};
}

Result<Bytes> digest_of(ByteView data, int algorithm, Curve curve) {
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned int length = 0;
    const auto* hash = EVP_get_digestbynid(algorithm);
    if (hash == nullptr || EVP_Digest(data.data(), data.size(), digest.data(), &length, hash, nullptr) != 1) {
        return untrusted("OpenSSL cannot compute the digest that the chain was signed with");
    }
    digest.resize(std::min<std::size_t>(length, field_size(curve)));  // FIPS 186-4 section 6.4: the leftmost bits
    return digest;
}

Bytes der_of(X509* certificate) {
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(certificate, nullptr))));
    auto* cursor = der.data();
    i2d_X509(certificate, &cursor);
    return der;
}

// last_step takes the signature of a certificate that the authority issued apart.
Result<LastStep> last_step(X509* issued, const x509::Certificate& authority) {
    TRY(const auto key, authority.public_key());
    int hash = NID_undef;
    int scheme = NID_undef;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(issued), &hash, &scheme) != 1 ||
        scheme != NID_X9_62_id_ecPublicKey) {
        return untrusted("the authority's signature is no ECDSA signature, and the chip verifies no other");
    }
    const auto der = der_of(issued);
    const auto part = signed_part(der);
    if (!part) {
        return untrusted("a certificate of the signer's chain cannot be read");
    }
    TRY(auto digest, digest_of(*part, hash, key.curve));
    const ASN1_BIT_STRING* signature = nullptr;
    X509_get0_signature(&signature, nullptr, issued);
    const auto* bytes = ASN1_STRING_get0_data(signature);
    return LastStep{.digest = std::move(digest), .signature = {bytes, bytes + ASN1_STRING_length(signature)}};
}

// verify_content gives the signer's certificate, which belongs to the CMS.
Result<X509*> verify_content(CMS_ContentInfo* cms, ByteView content) {
    const auto* infos = CMS_get0_SignerInfos(cms);
    if (sk_CMS_SignerInfo_num(infos) != 1) {
        return untrusted("it holds " + std::to_string(std::max(0, sk_CMS_SignerInfo_num(infos))) +
                         " signatures, and one is what counts");
    }
    const auto data = openssl::reading(content);
    ERR_clear_error();
    if (CMS_verify(cms, nullptr, nullptr, data.get(), nullptr, form | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
        return untrusted("the manifest is not what was signed, or the signature is damaged: " +
                         to_string(openssl::take_errors()));
    }
    X509_ALGOR* algorithm = nullptr;
    X509* signer = nullptr;
    CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(infos, 0), nullptr, &signer, &algorithm, nullptr);
    const auto hash = algorithm == nullptr ? NID_undef : OBJ_obj2nid(algorithm->algorithm);
    constexpr std::array strong{NID_sha256, NID_sha384, NID_sha512};
    if (std::find(strong.begin(), strong.end(), hash) == strong.end()) {
        return untrusted("its digest is none of SHA-256, SHA-384 and SHA-512");
    }
    return signer == nullptr ? Result<X509*>{untrusted("the signer's certificate is not in it")} : signer;
}

StoreContext chain_context(X509_STORE* store, X509* signer, STACK_OF(X509) * others, std::time_t now) {
    auto context = openssl::must<StoreContext>(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(context.get(), store, signer, others) != 1) {
        throw std::bad_alloc{};
    }
    auto* parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(parameters, strength);
    X509_VERIFY_PARAM_set_time(parameters, now);
    return context;
}

bool is_about_dates(int error) {
    return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

Result<LastStep> verify_chain(CMS_ContentInfo* cms, X509* signer, const x509::Certificate& authority,
                              const std::string& about, std::time_t now) {
    const auto store = openssl::must<Store>(X509_STORE_new());
    X509_STORE_add_cert(store.get(), authority.handle());
    const Owned others{CMS_get1_certs(cms)};
    const auto context = chain_context(store.get(), signer, others.get(), now);
    const bool good = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!good) {
        const auto error = X509_STORE_CTX_get_error(context.get());
        const std::string reason = X509_verify_cert_error_string(error);
        if (is_about_dates(error)) {
            return fail(FirmwareErrc::expired, "signed by " + about + ": " + reason +
                                                   "; have the firmware signed again, or set this computer's clock");
        }
        return untrusted("signed by " + about + ", whom the authority (" + authority.subject() +
                         ") does not vouch for: " + reason);
    }
    const auto* chain = X509_STORE_CTX_get0_chain(context.get());
    if (sk_X509_num(chain) < 2) {
        return untrusted("signed by the authority itself; it is to issue a certificate for a signer");
    }
    for (int i = 1; i < sk_X509_num(chain); ++i) {
        if (!may_issue_signers(sk_X509_value(chain, i))) {
            TRY(const auto issuer, x509::Certificate::parse(der_of(sk_X509_value(chain, i)), "an issuer"));
            return untrusted("signed by " + about + ", which was issued by " + x509::summary(issuer, now) +
                             ", an authority whose extended key usage is not about signatures of code");
        }
    }
    return last_step(sk_X509_value(chain, sk_X509_num(chain) - 2), authority);
}

}  // namespace

Result<Bytes> sign(ByteView content, EVP_PKEY* key, const std::vector<x509::Certificate>& certificates,
                   std::time_t now) {
    auto* signer = certificates.front().handle();
    ERR_clear_error();
    if (X509_check_private_key(signer, key) != 1) {
        ERR_clear_error();
        return fail(InputErrc::key_mismatch, "the certificate " + certificates.front().subject() +
                                                 " is for another key than the one to sign with");
    }
    if (!may_sign_code(signer)) {
        return fail(InputErrc::check_failed,
                    "the certificate " + certificates.front().subject() + " " + purpose_advice);
    }
    for (const auto& certificate : certificates) {
        if (certificate.validity(now) != x509::Validity::valid) {
            return fail(FirmwareErrc::expired, "no gateway lets in what is signed with this certificate today: " +
                                                   x509::summary(certificate, now) +
                                                   "; have another one issued, or set this computer's clock");
        }
    }
    const auto others = openssl::must<Borrowed>(sk_X509_new_null());
    std::for_each(certificates.begin() + 1, certificates.end(),
                  [&others](const auto& certificate) { sk_X509_push(others.get(), certificate.handle()); });
    const auto data = openssl::reading(content);
    const Cms cms{CMS_sign(nullptr, nullptr, others.get(), nullptr, form | CMS_PARTIAL)};
    if (cms == nullptr || CMS_add1_signer(cms.get(), signer, key, EVP_sha256(), form | CMS_NOSMIMECAP) == nullptr ||
        CMS_final(cms.get(), data.get(), nullptr, form) != 1) {
        return fail(InputErrc::chip_failed, "OpenSSL cannot sign with this key: " + to_string(openssl::take_errors()));
    }
    return encoded(cms.get());
}

Result<Verified> check_signature(ByteView content, ByteView signature, const x509::Certificate& authority,
                                 std::time_t now) {
    const auto* cursor = signature.data();
    const Cms cms{d2i_CMS_ContentInfo(nullptr, &cursor, static_cast<long>(signature.size()))};
    if (cms == nullptr || cursor != signature.data() + signature.size() ||
        OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) {
        return untrusted("it is no CMS signature in DER");
    }
    TRY(auto* const signer, verify_content(cms.get(), content));
    TRY(const auto certificate, x509::Certificate::parse(der_of(signer), "the signer's certificate"));
    const auto about = x509::summary(certificate, now);
    if (!may_sign_code(signer)) {
        return untrusted("signed by " + about + ", whose certificate " + purpose_advice);
    }
    TRY(auto step, verify_chain(cms.get(), signer, authority, about, now));
    return Verified{.signer = about, .last_step = std::move(step)};
}

}  // namespace trustx::firmware
