// SPDX-License-Identifier: Apache-2.0
// Revocation lists that openssl would not write.
#include "common/x509/revocation_list.hpp"

#include "common/files/input_error.hpp"
#include "support/catch.hpp"

using namespace trustx;

namespace {

// A list in DER by an authority that nobody needs to know.
Bytes list(bool says_when_the_next_one_comes) {
    const auto key = openssl::must<openssl::Pkey>(EVP_EC_gen("P-256"));
    const auto list = openssl::must<x509::RevocationLists::List>(X509_CRL_new());
    const auto time = openssl::must<openssl::Handle<ASN1_TIME, ASN1_TIME_free>>(ASN1_TIME_set(nullptr, 1'700'000'000));
    const auto name = openssl::must<openssl::X509Name>(X509_NAME_new());
    const auto* text = reinterpret_cast<const unsigned char*>("maker");
    REQUIRE(X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
    REQUIRE(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
    REQUIRE(X509_CRL_set_issuer_name(list.get(), name.get()) == 1);
    REQUIRE(X509_CRL_set1_lastUpdate(list.get(), time.get()) == 1);
    REQUIRE((!says_when_the_next_one_comes || X509_CRL_set1_nextUpdate(list.get(), time.get()) == 1));
    REQUIRE(X509_CRL_sign(list.get(), key.get(), EVP_sha256()) > 0);
    Bytes der(static_cast<std::size_t>(i2d_X509_CRL(list.get(), nullptr)));
    auto* cursor = der.data();
    i2d_X509_CRL(list.get(), &cursor);
    return der;
}

}  // namespace

TEST_CASE("a revocation list that is valid forever is refused", "[certificate]") {
    CHECK(x509::RevocationLists::parse(list(true), "maker.crl").value().lists().size() == 1);
    const auto refused = x509::RevocationLists::parse(list(false), "maker.crl");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::malformed);
    CHECK_THAT(refused.error().message(), ContainsSubstring("maker.crl") && ContainsSubstring("until when"));
}

TEST_CASE("nothing may follow a revocation list in DER", "[certificate]") {
    auto der = list(true);
    der.push_back(0);
    CHECK_FALSE(x509::RevocationLists::parse(der, "maker.crl"));
}
