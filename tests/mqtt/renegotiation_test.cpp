// SPDX-License-Identifier: Apache-2.0
// A broker cannot make the client sign again on a connection by TLS 1.2.
#include "connection/renegotiation.hpp"

#include "support/catch.hpp"

#include <memory>

#include <openssl/ssl.h>

TEST_CASE("each TLS context that is made afterwards forbids renegotiation", "[mqtt]") {
    trustx::mqtt::forbid_renegotiation();
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    REQUIRE(context);
    CHECK((SSL_CTX_get_options(context.get()) & SSL_OP_NO_RENEGOTIATION) != 0);
    const std::unique_ptr<SSL, decltype(&SSL_free)> connection{SSL_new(context.get()), &SSL_free};
    CHECK((SSL_get_options(connection.get()) & SSL_OP_NO_RENEGOTIATION) != 0);
}
