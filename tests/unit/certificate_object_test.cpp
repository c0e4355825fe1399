// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/golden.hpp"

#include <trustx/objects.hpp>

using namespace trustx;
using test::from_hex;

namespace {

Bytes golden_der(const char* name) {
    return from_hex(test::golden("crypto").at(name).at("der").get<std::string>());
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

void check_malformed(const Bytes& content) {
    CAPTURE(to_hex(content));
    const auto object = parse_certificate_object(content);
    REQUIRE_FALSE(object);
    CHECK(object.error() == Errc::certificate_malformed);
}

// usb_chain builds the USB Type-C form around certificates given from the root's side to the leaf.
Bytes usb_chain(const Bytes& certificates) {
    const std::size_t length = 4 + 32 + certificates.size();
    const auto low = static_cast<std::uint8_t>(length);
    const auto high = static_cast<std::uint8_t>(length >> 8);
    return joined({Bytes{0xC2, high, low, low, high, 0, 0}, Bytes(32, 0xAA), certificates});
}

}  // namespace

TEST_CASE("a real device certificate is wrapped in the TLS identity form and unwrapped", "[certificate_object]") {
    const Bytes der = golden_der("real_device_certificate");
    const Bytes content = encode_certificate_object({CertificateForm::tls_identity, {der}}).value();
    CHECK(content.size() == test::golden("crypto").at("real_device_certificate").at("object_len").get<std::size_t>());
    CHECK(to_hex(ByteView{content}.first(9)) == "C001C50001C20001BF");
    const CertificateObject object = parse_certificate_object(content).value();
    CHECK(object.form == CertificateForm::tls_identity);
    REQUIRE(object.certificates.size() == 1);
    CHECK(object.certificates[0] == der);
}

TEST_CASE("a bare certificate is stored as it is", "[certificate_object]") {
    const Bytes der = golden_der("real_device_certificate");
    CHECK(encode_certificate_object({CertificateForm::der, {der}}).value() == der);
    const CertificateObject object = parse_certificate_object(der).value();
    CHECK(object.form == CertificateForm::der);
    REQUIRE(object.certificates.size() == 1);
    CHECK(object.certificates[0] == der);
}

TEST_CASE("a chain is kept in order, leaf first", "[certificate_object]") {
    const Bytes leaf = golden_der("real_device_certificate");
    const Bytes issuer = golden_der("ca101");
    const Bytes content = encode_certificate_object({CertificateForm::tls_identity, {leaf, issuer}}).value();
    const CertificateObject object = parse_certificate_object(content).value();
    REQUIRE(object.certificates.size() == 2);
    CHECK(object.certificates[0] == leaf);
    CHECK(object.certificates[1] == issuer);
}

TEST_CASE("a USB Type-C chain is given leaf first", "[certificate_object]") {
    const Bytes leaf = golden_der("real_device_certificate");
    const Bytes issuer = golden_der("ca101");
    const CertificateObject object = parse_certificate_object(usb_chain(joined({issuer, leaf}))).value();
    CHECK(object.form == CertificateForm::usb_type_c);
    REQUIRE(object.certificates.size() == 2);
    CHECK(object.certificates[0] == leaf);
    CHECK(object.certificates[1] == issuer);
}

TEST_CASE("empty and zero-filled objects hold no certificate", "[certificate_object]") {
    CHECK(parse_certificate_object({}).value().certificates.empty());
    CHECK(parse_certificate_object(Bytes(1728, 0)).value().certificates.empty());
}

TEST_CASE("zeros behind a certificate are unused space, anything else is not", "[certificate_object]") {
    const Bytes der = golden_der("real_device_certificate");
    const Bytes wrapped = encode_certificate_object({CertificateForm::tls_identity, {der}}).value();
    for (const Bytes& content : {der, wrapped}) {
        CHECK(parse_certificate_object(joined({content, Bytes(100, 0)})).value().certificates.at(0) == der);
        check_malformed(joined({content, Bytes{0, 0, 1}}));
    }
}

TEST_CASE("certificate objects whose lengths disagree are refused", "[certificate_object]") {
    check_malformed(from_hex("30"));
    check_malformed(from_hex("30 03 02 01"));
    check_malformed(from_hex("31 00"));
    check_malformed(from_hex("C0 00"));
    check_malformed(from_hex("C0 00 00"));
    check_malformed(from_hex("C0 00 03 00 00 00"));                 // an empty list
    check_malformed(from_hex("C0 00 08 00 00 06 00 00 02 30 00"));  // list length
    check_malformed(from_hex("C0 00 08 00 00 05 00 00 03 30 00"));  // certificate length
    check_malformed(from_hex("C0 00 08 00 00 05 00 00 02 31 00"));  // not a SEQUENCE
    check_malformed(from_hex("C0 00 07 00 00 04 00 00 02 30 00"));
    check_malformed(from_hex("C2 00 04 04 00 00 00"));
    check_malformed(usb_chain({}));
    check_malformed(usb_chain(from_hex("30 01")));
    check_malformed(from_hex("C1 00 02 30 00"));
    CHECK(parse_certificate_object(from_hex("C0 00 08 00 00 05 00 00 02 30 00")));
}

TEST_CASE("only certificates that the form can hold are written", "[certificate_object]") {
    const Bytes der = golden_der("real_device_certificate");
    const auto refused = [](const CertificateObject& object) {
        const auto content = encode_certificate_object(object);
        return !content && content.error() == Errc::argument_invalid;
    };
    CHECK(refused({CertificateForm::der, {}}));
    CHECK(refused({CertificateForm::der, {der, der}}));
    CHECK(refused({CertificateForm::der, {Bytes{0x31, 0x00}}}));
    CHECK(refused({CertificateForm::tls_identity, {joined({der, Bytes{0}})}}));
    CHECK(refused({CertificateForm::usb_type_c, {der}}));
    CHECK(refused({CertificateForm::tls_identity, std::vector<Bytes>(200, der)}));
}
