// SPDX-License-Identifier: Apache-2.0
// OpenSSL's error queue as values.
#include "connection/tls_error.hpp"

#include "support/catch.hpp"

#include <cerrno>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

using trustx::mqtt::alert_of;
using trustx::mqtt::find_provider_error;
using trustx::mqtt::TlsError;

TEST_CASE("the queue of this thread is emptied oldest first", "[tls_error]") {
    ERR_clear_error();
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    ERR_raise_data(ERR_LIB_SSL, ERR_R_UNSUPPORTED, "what %d", 7);
    const auto errors = trustx::mqtt::take_tls_errors();
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].reason == "no start line");
    CHECK(errors[1].reason == "unsupported");
    CHECK(errors[1].data == "what 7");
    CHECK(to_string(errors[0]) == "no start line");
    CHECK(to_string(errors[1]) == "unsupported: what 7");
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("an error of the network is told in the system's words, and known as one", "[tls_error]") {
    ERR_clear_error();
    ERR_raise_data(ERR_LIB_SYS, ECONNRESET, "tls_retry_write_records failure");
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    const auto errors = trustx::mqtt::take_tls_errors();
    REQUIRE(errors.size() == 2);
    CHECK(to_string(errors[0]) == "Connection reset by peer: tls_retry_write_records failure");
    CHECK(is_system_error(errors[0]));
    CHECK_FALSE(is_system_error(errors[1]));
}

TEST_CASE("the error of the chip's provider is found among OpenSSL's by its reason number", "[tls_error]") {
    const std::vector<TlsError> errors{{ERR_PACK(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR), "SSL routines", "", ""},
                                       {ERR_PACK(130, 0, 5001), "whatever the section is called", "", ""},
                                       {ERR_SYSTEM_FLAG | 5001UL, "system library", "", ""}};
    CHECK(find_provider_error(errors) == &errors[1]);
    CHECK(find_provider_error({errors[0]}) == nullptr);
    CHECK(find_provider_error({errors[2]}) == nullptr);
}

TEST_CASE("an alert of the peer is told from libssl's other errors by its number", "[tls_error]") {
    const auto alert = [](int library, int reason) {
        return alert_of({ERR_PACK(library, 0, reason), "SSL routines", "", ""});
    };
    CHECK(alert(ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA) == SSL_AD_UNKNOWN_CA);
    CHECK(alert(ERR_LIB_SSL, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) == SSL_AD_HANDSHAKE_FAILURE);
    CHECK(alert(ERR_LIB_SSL, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED) == TLS13_AD_CERTIFICATE_REQUIRED);
    CHECK(alert(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED) == std::nullopt);
    CHECK(alert(ERR_LIB_X509, SSL_R_TLSV1_ALERT_UNKNOWN_CA) == std::nullopt);
    CHECK(alert_of({ERR_SYSTEM_FLAG | 1048UL, "system library", "", ""}) == std::nullopt);
}
