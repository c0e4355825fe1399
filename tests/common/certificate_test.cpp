// SPDX-License-Identifier: Apache-2.0
// Certificates as people hand them in and as the chip stores them.
#include "common/x509/certificate.hpp"

#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/software_key.hpp"

#include <cstdint>
#include <ctime>
#include <utility>

using namespace trustx;
using test::SoftwareKey;
using text::as_bytes;
using x509::Certificate;
using x509::parse_certificate_file;

namespace {

Bytes chip_certificate() {
    return test::from_hex(test::golden("crypto").at("real_device_certificate").at("der").get<std::string>());
}

std::string text_of(const Bytes& der) {
    return test::pem("CERTIFICATE", der);
}

void check_refused(const std::string& content, const std::string& reason) {
    const auto refused = parse_certificate_file(as_bytes(content), "cert.pem");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::malformed);
    CHECK_THAT(refused.error().message(), ContainsSubstring("cert.pem") && ContainsSubstring(reason));
}

}  // namespace

TEST_CASE("the certificate of a real chip is described", "[certificate]") {
    const auto certificate = Certificate::parse(chip_certificate(), "E0E0").value();
    CHECK(certificate.subject() == "(no name)");
    CHECK_THAT(certificate.issuer(), ContainsSubstring("CN=Infineon OPTIGA(TM) Trust X CA 101"));
    CHECK(certificate.serial() == "11C347EA");
    CHECK(certificate.not_before() == "2018-05-26T05:55:24Z");
    CHECK(certificate.not_after() == "2038-05-26T05:55:24Z");
    CHECK(certificate.public_key().value().curve == Curve::p256);
}

TEST_CASE("names in certificates do not drive a terminal", "[certificate]") {
    const SoftwareKey key{Curve::p256};
    const auto der = key.certificate_for(key.public_key(), "gate\xE2\x80\xAEyaw\xC2\x9B", "a\x1B[2Jb");
    const auto certificate = Certificate::parse(der, "leaf").value();
    CHECK(certificate.subject() == "CN=gate\\xE2\\x80\\xAEyaw\\xC2\\x9B");
    CHECK_THAT(certificate.issuer(), !ContainsSubstring("\x1B"));
}

TEST_CASE("a certificate knows its issuer by name and signature", "[certificate]") {
    const auto vectors = test::golden("crypto");
    const auto leaf = Certificate::parse(chip_certificate(), "leaf").value();
    const auto ca = Certificate::parse(test::from_hex(vectors.at("ca101").at("der").get<std::string>()), "ca").value();
    const auto root =
        Certificate::parse(test::from_hex(vectors.at("root").at("der").get<std::string>()), "root").value();
    CHECK(leaf.issued_by(ca));
    CHECK(ca.issued_by(root));
    CHECK_FALSE(leaf.issued_by(root));

    // The right name alone is not enough.
    const SoftwareKey key{Curve::p256};
    const SoftwareKey impostor{Curve::p256};
    const auto issued = Certificate::parse(key.certificate_for(key.public_key(), "leaf", "authority"), "leaf").value();
    CHECK(issued.issued_by(Certificate::parse(key.certificate("authority"), "real").value()));
    CHECK_FALSE(issued.issued_by(Certificate::parse(impostor.certificate("authority"), "impostor").value()));
}

TEST_CASE("certificate files are PEM with comments and other blocks, chains, or DER", "[certificate]") {
    const SoftwareKey key{Curve::p384};
    const auto der = key.certificate("gateway");
    const auto other = key.certificate("second");
    CHECK(parse_certificate_file(der, "cert.der").value().front().der() == der);

    const auto text = "a comment\n" + test::pem("EC PARAMETERS", Bytes{0x05, 0x00}) + text_of(der) + text_of(other);
    const auto chain = parse_certificate_file(as_bytes(text), "cert.pem").value();
    REQUIRE(chain.size() == 2);
    CHECK(chain[0].der() == der);
    CHECK(chain[1].subject() == "CN=second");
}

TEST_CASE("a certificate is printed in the PEM that it came in", "[certificate]") {
    const auto der = SoftwareKey{Curve::p256}.certificate("gateway");
    CHECK(Certificate::parse(der, "it").value().pem() == text_of(der));
}

TEST_CASE("certificate files that cannot be used are refused in words", "[certificate]") {
    const auto der = SoftwareKey{Curve::p256}.certificate("gateway");
    const auto good = text_of(der);
    check_refused("", "empty");
    check_refused("hello\n", "not an X.509 certificate");
    check_refused(std::string(der.begin(), der.end()) + "x", "1 byte(s) follow");
    check_refused(test::pem("PUBLIC KEY", Bytes{0x30, 0x00}), "no CERTIFICATE block");
    check_refused(good.substr(0, good.size() / 2), "damaged PEM");
    check_refused(good + good.substr(0, good.size() / 2), "damaged PEM after 1");
    check_refused(test::pem("CERTIFICATE", Bytes{0x30, 0x00}), "not an X.509 certificate");
    check_refused(good + test::pem("CERTIFICATE", Bytes{0x30, 0x00}), "certificate 2");
}

TEST_CASE("a certificate on another kind of key is refused for the chip", "[certificate]") {
    const openssl::Pkey key{EVP_RSA_gen(2048)};
    const auto x509 = openssl::must<openssl::X509Certificate>(X509_new());
    X509_set_pubkey(x509.get(), key.get());
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 60);
    REQUIRE(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0);
    unsigned char* encoded = nullptr;
    const int length = i2d_X509(x509.get(), &encoded);
    const Bytes der(encoded, encoded + length);
    OPENSSL_free(encoded);

    const auto public_key = Certificate::parse(der, "rsa.pem").value().public_key();
    REQUIRE_FALSE(public_key);
    CHECK_THAT(public_key.error().message(), ContainsSubstring("rsa.pem") && ContainsSubstring("P-256"));
}

TEST_CASE("certificate objects give their chain in either form, and nothing when blank", "[certificate]") {
    const auto object = object::certificate_1;
    const auto der = chip_certificate();
    CHECK(x509::parse_stored_certificates(parse_certificate_object(der).value(), object).value().front().der() == der);
    // The prefix of the TLS identity form (chip-objects.md section 7).
    auto wrapped = test::from_hex("C001C50001C20001BF");
    wrapped.insert(wrapped.end(), der.begin(), der.end());
    CHECK(x509::parse_stored_certificates(parse_certificate_object(wrapped).value(), object).value().front().der() ==
          der);
    CHECK(x509::parse_stored_certificates(CertificateObject{}, object).value().empty());

    const auto refused =
        x509::parse_stored_certificates(CertificateObject{CertificateForm::der, {Bytes{1, 2, 3}}}, object);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::check_failed);
    CHECK_THAT(refused.error().message(), ContainsSubstring("E0E0"));
}

TEST_CASE("a certificate is judged by its dates, and described so", "[certificate]") {
    constexpr std::time_t before = 1'500'000'000;  // 2017
    constexpr std::time_t within = 1'700'000'000;  // 2023
    constexpr std::int64_t after = 2'200'000'000;  // 2039
    const auto certificate = Certificate::parse(chip_certificate(), "E0E0").value();
    CHECK(certificate.validity(before) == x509::Validity::not_yet);
    CHECK(certificate.validity(within) == x509::Validity::valid);
    CHECK_THAT(x509::summary(certificate, before), ContainsSubstring("not valid before 2018-05-26"));
    CHECK_THAT(x509::summary(certificate, within), ContainsSubstring("valid until 2038-05-26"));
    if (std::in_range<std::time_t>(after)) {  // a clock of 32 bits never comes so far
        const auto late = static_cast<std::time_t>(after);
        CHECK(certificate.validity(late) == x509::Validity::expired);
        CHECK_THAT(x509::summary(certificate, late), ContainsSubstring("expired at 2038-05-26"));
    }
}

TEST_CASE("a certificate knows its version, and whether it signed itself", "[certificate]") {
    const SoftwareKey key{Curve::p256};
    const auto self_signed = Certificate::parse(key.certificate("authority"), "authority").value();
    CHECK(self_signed.is_version_3());
    CHECK(self_signed.is_self_signed());
    const auto issued =
        Certificate::parse(key.issue({.subject = SoftwareKey{Curve::p256}.public_key(), .version = 0}), "leaf").value();
    CHECK_FALSE(issued.is_version_3());
    CHECK_FALSE(issued.is_self_signed());
}
