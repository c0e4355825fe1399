// SPDX-License-Identifier: Apache-2.0
// Which of OpenSSL's errors explain a connection that failed.
#include "connection/tls_error.hpp"

#include "support/catch.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

using trustx::mqtt::alert_of;
using trustx::mqtt::find_provider_error;

TEST_CASE("the error of the chip's provider is found among OpenSSL's by its reason number", "[tls_error]") {
    const std::vector<trustx::openssl::QueuedError> errors{
        {ERR_PACK(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR), "SSL routines", "", ""},
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
