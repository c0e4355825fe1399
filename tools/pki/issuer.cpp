// SPDX-License-Identifier: Apache-2.0
#include "pki/issuer.hpp"

#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/error.hpp"

#include <array>
#include <ctime>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace trustx::pki {
namespace {

using SigningRequest = openssl::Handle<X509_REQ, X509_REQ_free>;
using Extension = openssl::Handle<X509_EXTENSION, X509_EXTENSION_free>;

void needs_memory(bool done) {
    if (!done) {
        throw std::bad_alloc{};
    }
}

Result<SigningRequest> verified(const std::string& pem) {
    const auto bio = openssl::reading(text::as_bytes(pem));
    SigningRequest request{PEM_read_bio_X509_REQ(bio.get(), nullptr, openssl::refuse_passphrase, nullptr)};
    const bool good = request && X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) == 1;
    ERR_clear_error();
    if (!good) {
        return fail(InputErrc::malformed, "the request for a certificate has no good signature");
    }
    return request;
}

// A number that nobody can guess, of 127 bits so that it is positive (RFC 5280 section 4.1.2.2).
void set_serial(X509* certificate) {
    std::array<unsigned char, 16> bytes{};
    needs_memory(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    bytes.front() = static_cast<unsigned char>((bytes.front() & 0x7FU) | 0x40U);
    const auto number = openssl::must<openssl::Bignum>(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
    needs_memory(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void add_extensions(X509* certificate, X509* issuer) {
    constexpr std::array extensions{
        std::pair{NID_basic_constraints, "critical,CA:FALSE"}, std::pair{NID_key_usage, "critical,digitalSignature"},
        std::pair{NID_ext_key_usage, "clientAuth"}, std::pair{NID_subject_key_identifier, "hash"},
        std::pair{NID_authority_key_identifier, "keyid"}};
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    for (const auto& [nid, value] : extensions) {
        const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
        if (extension) {  // an issuer without a key identifier leaves out the last
            needs_memory(X509_add_ext(certificate, extension.get(), -1) == 1);
        }
    }
    ERR_clear_error();
}

class Authority final : public Issuer {
 public:
    Authority(x509::Certificate certificate, openssl::Pkey key, std::chrono::days validity)
        : certificate_{std::move(certificate)}, key_{std::move(key)}, validity_{validity} {}

    Result<std::string> issue(const std::string& request) override;

 private:
    x509::Certificate certificate_;
    openssl::Pkey key_;
    std::chrono::days validity_;
};

// check_time: what is issued gets its dates from this computer's clock.
Result<void> check_time(const x509::Certificate& authority) {
    const auto now = std::time(nullptr);
    const auto validity = authority.validity(now);
    const auto clock = "this computer's clock says " + text::time_text(now);
    if (validity == x509::Validity::not_yet) {
        return fail(PkiErrc::clock_wrong, clock + ", when the authority " + authority.subject() +
                                              " did not exist, whose certificate begins at " + authority.not_before() +
                                              ": set the clock, or certificates get wrong dates");
    }
    return validity == x509::Validity::valid
               ? Result<void>{}
               : fail(InputErrc::check_failed, "the authority " + authority.subject() + " has expired at " +
                                                   authority.not_after() + ", and " + clock +
                                                   ": set that if it is wrong, or use an authority that is valid");
}

Result<std::string> Authority::issue(const std::string& request) {
    constexpr long difference_of_clocks = 3600;
    TRYV(check_time(certificate_));
    TRY(const auto asked, verified(request));
    const auto made = openssl::must<openssl::X509Certificate>(X509_new());
    auto* certificate = made.get();
    needs_memory(X509_set_version(certificate, 2) == 1);
    set_serial(certificate);
    needs_memory(X509_set_issuer_name(certificate, X509_get_subject_name(certificate_.handle())) == 1);
    needs_memory(X509_set_subject_name(certificate, X509_REQ_get_subject_name(asked.get())) == 1);
    needs_memory(X509_gmtime_adj(X509_getm_notBefore(certificate), -difference_of_clocks) != nullptr);
    needs_memory(X509_time_adj_ex(X509_getm_notAfter(certificate), static_cast<int>(validity_.count()), 0, nullptr) !=
                 nullptr);
    needs_memory(X509_set_pubkey(certificate, X509_REQ_get0_pubkey(asked.get())) == 1);
    add_extensions(certificate, certificate_.handle());
    if (X509_sign(certificate, key_.get(), EVP_sha256()) <= 0) {
        return fail(InputErrc::chip_failed, "the authority's key does not sign: " + to_string(openssl::take_errors()));
    }
    const auto pem = openssl::writing();
    needs_memory(PEM_write_bio_X509(pem.get(), certificate) == 1);
    return openssl::written(pem.get()) + certificate_.pem();
}

Result<openssl::Pkey> read_key(const std::string& path) {
    TRY(const auto content, files::read_input(path));
    ERR_clear_error();
    auto key = openssl::read_private_key(openssl::reading(openssl::without_byte_order_mark(content)).get());
    const auto errors = openssl::take_errors();
    if (!key) {
        return fail(InputErrc::malformed, path + " has no private key in PEM that can be used" +
                                              (errors.empty() ? "" : ": " + to_string(errors)) +
                                              "; a key with a passphrase has to be decrypted first");
    }
    return key;
}

}  // namespace

Result<std::unique_ptr<Issuer>> open_authority(const AuthorityFiles& files) {
    TRY(const auto content, files::read_input(files.certificate));
    TRY(auto chain, x509::parse_certificate_file(content, files.certificate));
    auto& certificate = chain.front();
    if (!certificate.is_authority()) {
        return fail(InputErrc::check_failed, files.certificate + " (" + x509::summary(certificate) +
                                                 ") is not an authority's certificate: it needs basicConstraints "
                                                 "CA:TRUE");
    }
    TRY(auto key, read_key(files.key));
    const bool belongs = X509_check_private_key(certificate.handle(), key.get()) == 1;
    ERR_clear_error();
    if (!belongs) {
        return fail(InputErrc::key_mismatch, files.key + " is not the key of " + files.certificate);
    }
    return std::unique_ptr<Issuer>{std::make_unique<Authority>(std::move(certificate), std::move(key), files.validity)};
}

}  // namespace trustx::pki
