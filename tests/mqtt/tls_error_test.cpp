// SPDX-License-Identifier: Apache-2.0
// OpenSSL's error queue as values.
#include "tls_error.hpp"

#include "support/catch.hpp"

#include <cerrno>

#include <openssl/err.h>
#include <openssl/pem.h>

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

TEST_CASE("the error of the chip's provider is found among OpenSSL's", "[tls_error]") {
    const std::vector<TlsError> errors{{"SSL routines", "internal error", ""},
                                       {"trustx", "chip not found", "unix:/x"},
                                       {"SSL routines", "ssl handshake failure", ""}};
    const auto* found = find_provider_error(errors);
    REQUIRE(found != nullptr);
    CHECK(found->reason == "chip not found");
    CHECK(find_provider_error({errors[0]}) == nullptr);
}
