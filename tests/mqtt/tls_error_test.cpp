// SPDX-License-Identifier: Apache-2.0
// Lines of OpenSSL's error queue as Paho hands them on.
#include "tls_error.hpp"

#include "support/catch.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

using trustx::mqtt::find_provider_error;
using trustx::mqtt::parse_tls_error;
using trustx::mqtt::TlsError;

TEST_CASE("a TLS error is read from a line of ERR_print_errors", "[tls_error]") {
    const auto error = parse_tls_error(
        "40F7B2E1A87F0000:error:0A000086:SSL routines:tls_process_server_certificate:certificate verify failed:"
        "../ssl/statem/statem_clnt.c:1889:\n");
    REQUIRE(error);
    CHECK(*error == TlsError{"SSL routines", "certificate verify failed", ""});
    CHECK(to_string(*error) == "certificate verify failed");
}

TEST_CASE("a TLS error keeps the colons of its data", "[tls_error]") {
    const auto error = parse_tls_error("00:error:40000003:trustx::chip refused:../k.cpp:12:CalcSign: E0F1: access\n");
    REQUIRE(error);
    CHECK(*error == TlsError{"trustx", "chip refused", "CalcSign: E0F1: access"});
    CHECK(to_string(*error) == "chip refused: CalcSign: E0F1: access");
}

TEST_CASE("lines that are not errors are not read as such", "[tls_error]") {
    for (const char* line : {"", "\n", ":", "no error at all", "00:error", "00:error:0A000086:SSL routines:f:"}) {
        CAPTURE(line);
        CHECK_FALSE(parse_tls_error(line));
    }
}

TEST_CASE("the queue of this thread is emptied oldest first", "[tls_error]") {
    ERR_clear_error();
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    ERR_raise_data(ERR_LIB_SSL, ERR_R_UNSUPPORTED, "what %d", 7);
    const auto errors = trustx::mqtt::take_tls_errors();
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].reason == "no start line");
    CHECK(errors[1].reason == "unsupported");
    CHECK(errors[1].data == "what 7");
    CHECK(ERR_peek_error() == 0);
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
