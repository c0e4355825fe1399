// SPDX-License-Identifier: Apache-2.0
// What Paho tells by its trace alone.
#include "connection/paho_trace.hpp"

#include "support/catch.hpp"

#include <openssl/ssl.h>

using trustx::mqtt::paho_trace::parse_trace_text;
using Kind = trustx::mqtt::paho_trace::TraceLine::Kind;

TEST_CASE("an alert in Paho's trace gets its number back if the broker sent it", "[paho_trace]") {
    const auto received = parse_trace_text("SSL alert read:fatal:unknown CA");
    CHECK(received.kind == Kind::alert);
    CHECK(received.alert_read == SSL_AD_UNKNOWN_CA);
    CHECK(parse_trace_text("SSL alert read:fatal:decrypt error").alert_read == SSL_AD_DECRYPT_ERROR);

    const auto sent = parse_trace_text("SSL alert write:fatal:unknown CA");
    CHECK(sent.kind == Kind::alert);
    CHECK(sent.alert_read == std::nullopt);
    CHECK(parse_trace_text("SSL alert read:fatal:unknown").alert_read == std::nullopt);
}

TEST_CASE("a line of Paho's trace is told from others that matter less", "[paho_trace]") {
    CHECK(parse_trace_text("SSLSocket error SSL_ERROR_SSL(1) in SSL_connect for socket 5 rc -1 errno 0").kind ==
          Kind::tls_error);
    CHECK(parse_trace_text("SSLSocket error WANT_READ/WANT_WRITE").kind == Kind::other);
    CHECK(parse_trace_text("X509_check_host for hostname broker.example failed, rc 0").kind == Kind::name_check);
    CHECK(parse_trace_text("Connect pending").kind == Kind::other);
}
