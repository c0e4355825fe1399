// SPDX-License-Identifier: Apache-2.0
// What libcrypto says, as values.
#include "common/openssl/curve_names.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/pem.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509err.h>

using namespace trustx;

TEST_CASE("a curve is known by each of its names", "[openssl]") {
    for (const char* name :
         {"P-256", "p-256", "P256", "prime256v1", "PRIME256V1", "secp256r1", "1.2.840.10045.3.1.7"}) {
        CHECK(openssl::group_name(name) == SN_X9_62_prime256v1);
    }
    for (const char* name : {"P-384", "p384", "secp384r1", "SECP384R1"}) {
        CHECK(openssl::group_name(name) == SN_secp384r1);
    }
    CHECK(openssl::group_name("P-521") == SN_secp521r1);
    CHECK(openssl::group_name("brainpoolP256r1") == SN_brainpoolP256r1);
    for (const char* name : {"", "curve", "P-257"}) {
        CHECK(openssl::group_name(name).empty());
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("queued errors keep their numbers, oldest first, and the queue is empty afterwards", "[openssl]") {
    ERR_clear_error();
    ERR_raise_data(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH, "of two keys");
    ERR_raise(ERR_LIB_SYS, ECONNRESET);
    CHECK(openssl::last_reason() == "Connection reset by peer");
    const auto errors = openssl::take_errors();
    CHECK(ERR_peek_error() == 0);
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].library_number() == ERR_LIB_X509);
    CHECK(errors[0].reason_number() == X509_R_KEY_VALUES_MISMATCH);
    CHECK_FALSE(errors[0].is_system_error());
    CHECK(openssl::to_string(errors[0]) == "key values mismatch: of two keys");
    CHECK(errors[1].is_system_error());
    CHECK(errors[1].reason_number() == ECONNRESET);
    CHECK(openssl::to_string(errors) == "key values mismatch: of two keys; Connection reset by peer");
    CHECK(openssl::take_errors().empty());
    CHECK(openssl::last_reason().empty());
}

TEST_CASE("a block of PEM is found among others, and none where there is none", "[openssl]") {
    const std::vector<std::uint8_t> der{0x30, 0x00};
    const auto text =
        openssl::pem_text("FIRST", std::vector<std::uint8_t>{0x05, 0x00}) + openssl::pem_text("SECOND", der);
    const std::vector<std::uint8_t> bytes{text.begin(), text.end()};
    CHECK(openssl::pem_block(bytes, "SECOND") == der);
    CHECK(openssl::has_pem_label(bytes, "SECOND"));
    CHECK_FALSE(openssl::pem_block(bytes, "THIRD"));
    CHECK_FALSE(openssl::has_pem_label(bytes, "THIRD"));
    CHECK_FALSE(openssl::pem_block({}, "FIRST"));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("nobody is asked for the passphrase of a private key", "[openssl]") {
    const openssl::Pkey key{EVP_EC_gen("P-256")};
    const auto encrypted = openssl::writing();
    std::string passphrase = "secret";
    REQUIRE(PEM_write_bio_PrivateKey(encrypted.get(), key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                     passphrase.data()) == 1);
    ERR_clear_error();
    CHECK_FALSE(openssl::read_private_key(encrypted.get()));
    const auto errors = openssl::take_errors();
    CHECK_FALSE(errors.empty());
    CHECK(std::none_of(errors.begin(), errors.end(),
                       [](const openssl::QueuedError& error) { return error.library_number() == ERR_LIB_UI; }));
    const auto plain = openssl::writing();
    REQUIRE(PEM_write_bio_PrivateKey(plain.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    CHECK(openssl::read_private_key(plain.get()));
}
