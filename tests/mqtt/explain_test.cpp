// SPDX-License-Identifier: Apache-2.0
// Why a connection attempt failed, for every way in which one does. That the causes are recognised in real connections
// is shown by failure_scenario_test.cpp; here each is given as Paho, OpenSSL and the probe report it.
#include "connection/explain.hpp"

#include "support/catch.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

using namespace trustx::mqtt;
using trustx::openssl::QueuedError;
using Obstacle = ProbeResult::Obstacle;

namespace {

const Addressee broker{"broker.example", 8883, "trustx:E0E1", "ca.pem", "gateway-1"};

ProbeResult unasked() {
    FAIL("a probe was made although the cause was known");
    return {};
}

const Probes no_probes{unasked, unasked};

ConnectFailed failure(std::vector<QueuedError> errors = {}, std::vector<int> alerts = {}) {
    return {.code = -1, .tls_errors = std::move(errors), .alerts = std::move(alerts), .trace = {}};
}

QueuedError alert_read(int number) {
    return {ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + number), "SSL routines", "", ""};
}

const QueuedError connection_reset{ERR_SYSTEM_FLAG | ECONNRESET, "system library", "Connection reset by peer", ""};

Error explain_probe_result(const ProbeResult& result) {
    return explain(failure(), broker, {[&result] { return result; }, unasked});
}

}  // namespace

TEST_CASE("a CONNECT that is refused by MQTT 5 is explained by its reason code", "[explain]") {
    struct {
        ReasonCode reason;
        Cause cause;
    } const cases[] = {
        {ReasonCode::unsupported_version, Cause::mqtt_version}, {ReasonCode::client_id_refused, Cause::client_id},
        {ReasonCode::bad_credentials, Cause::password_wanted},  {ReasonCode::not_authorised, Cause::not_authorised},
        {ReasonCode::quota_exceeded, Cause::unavailable},       {static_cast<ReasonCode>(0xEE), Cause::unavailable}};
    for (const auto& [reason, cause] : cases) {
        CAPTURE(static_cast<int>(reason));
        auto refused = failure();
        refused.code = static_cast<int>(reason);
        refused.reason = reason;
        const auto error = explain(refused, broker, no_probes);
        CHECK(error.cause == cause);
        CHECK(error.what.ends_with(words(reason)));
        CHECK_FALSE(error.remedy.empty());
    }
}

TEST_CASE("what a broker says about load passes by itself, and what it says about the client does not", "[explain]") {
    CHECK(passes_by_itself(ReasonCode::busy));
    CHECK(passes_by_itself(ReasonCode::connection_rate_exceeded));
    CHECK_FALSE(passes_by_itself(ReasonCode::not_authorised));
    CHECK_FALSE(passes_by_itself(static_cast<ReasonCode>(0xEE)));
}

TEST_CASE("a refused CONNECT is explained by its return code", "[explain]") {
    struct {
        int code;
        Cause cause;
    } const cases[] = {{1, Cause::mqtt_version},
                       {2, Cause::client_id},
                       {3, Cause::unavailable},
                       {4, Cause::password_wanted},
                       {5, Cause::not_authorised}};
    for (const auto& [code, cause] : cases) {
        CAPTURE(code);
        auto refused = failure();
        refused.code = code;
        const auto error = explain(refused, broker, no_probes);
        CHECK(error.cause == cause);
        CHECK_FALSE(error.what.empty());
        CHECK_FALSE(error.remedy.empty());
    }
}

TEST_CASE("a chip that gives no signature is named with the provider's words", "[explain]") {
    constexpr int no_chip = 5102;  // whatever the section of openssl.cnf calls the provider
    const auto error = explain(failure({{ERR_PACK(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR), "SSL routines", "", ""},
                                        {ERR_PACK(130, 0, no_chip), "chip", "no chip", "CalcSign with key E0F1"}}),
                               broker, no_probes);
    CHECK(error.cause == Cause::chip);
    CHECK_THAT(error.what, ContainsSubstring("no chip: CalcSign with key E0F1"));
}

TEST_CASE("a chip that does not verify the broker is told from one that gives no signature", "[explain]") {
    constexpr int anchor_replaced = 5050;
    const auto error =
        explain(failure({{ERR_PACK(130, 0, anchor_replaced), "trustx", "trust anchor in the chip is another", "E0E8"},
                         {ERR_PACK(ERR_LIB_SSL, 0, SSL_R_CERTIFICATE_VERIFY_FAILED), "SSL routines", "", ""}}),
                broker, no_probes);
    CHECK(error.cause == Cause::chip);
    CHECK_THAT(error.what, ContainsSubstring("verify the broker") && ContainsSubstring("E0E8") &&
                               !ContainsSubstring("no signature"));
}

TEST_CASE("an alert of the broker is explained, from OpenSSL's error or from Paho's trace", "[explain]") {
    for (const int number :
         {SSL_AD_UNKNOWN_CA, TLS13_AD_CERTIFICATE_REQUIRED, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_REVOKED,
          SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_ACCESS_DENIED,
          SSL_AD_DECRYPT_ERROR, SSL_AD_NO_APPLICATION_PROTOCOL, SSL_AD_PROTOCOL_VERSION, SSL_AD_UNRECOGNIZED_NAME,
          SSL_AD_HANDSHAKE_FAILURE}) {
        CAPTURE(number);
        const auto from_error = explain(failure({alert_read(number)}), broker, no_probes);
        CHECK(from_error.cause == Cause::alert);
        CHECK_THAT(from_error.what, ContainsSubstring("TLS alert " + std::to_string(number) + ")"));
        CHECK_FALSE(from_error.remedy.empty());
        const auto from_trace = explain(failure({}, {number}), broker, no_probes);
        CHECK(from_trace.cause == Cause::alert);
        CHECK(from_trace.what == from_error.what);
    }
    CHECK_THAT(explain(failure({alert_read(SSL_AD_UNKNOWN_CA)}), broker, no_probes).what,
               ContainsSubstring("certificate trustx:E0E1"));
}

TEST_CASE("a broker that is not trusted is explained with OpenSSL's reason and the CA file", "[explain]") {
    const auto error = explain_probe_result(
        {Obstacle::certificate, "self-signed certificate", X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, {}});
    CHECK(error.cause == Cause::broker_untrusted);
    CHECK_THAT(error.what, ContainsSubstring("self-signed certificate"));
    CHECK_THAT(error.remedy, ContainsSubstring("ca.pem"));
}

TEST_CASE("what stopped the probe is what stopped the connection", "[explain]") {
    struct {
        Obstacle obstacle;
        long verify_code;
        Cause cause;
    } const cases[] = {{Obstacle::name, 0, Cause::name},
                       {Obstacle::tcp, 0, Cause::tcp},
                       {Obstacle::tls, 0, Cause::tls},
                       {Obstacle::certificate, X509_V_ERR_CERT_NOT_YET_VALID, Cause::broker_not_yet_valid},
                       {Obstacle::certificate, X509_V_ERR_CERT_HAS_EXPIRED, Cause::broker_expired},
                       {Obstacle::certificate, X509_V_ERR_HOSTNAME_MISMATCH, Cause::broker_name},
                       {Obstacle::certificate, X509_V_ERR_IP_ADDRESS_MISMATCH, Cause::broker_name}};
    for (const auto& [obstacle, verify_code, cause] : cases) {
        CAPTURE(static_cast<int>(cause));
        const auto error = explain_probe_result({obstacle, "in the system's words", verify_code, {}});
        CHECK(error.cause == cause);
        CHECK_THAT(error.what, ContainsSubstring("broker.example"));
        CHECK_FALSE(error.remedy.empty());
    }
}

TEST_CASE("a connection closed without a reason is asked about once more, with credentials", "[explain]") {
    // A client that is reset while it still sends does not get to read why; OpenSSL 3.0 says nothing then, later
    // versions do.
    const auto silent = failure(GENERATE(std::vector<QueuedError>{}, std::vector<QueuedError>{connection_reset}));
    const auto reachable = [] { return ProbeResult{}; };

    SECTION("and the answer is the explanation") {
        const auto error =
            explain(silent, broker, {reachable, [] {
                                         return ProbeResult{Obstacle::tls, "", 0, {alert_read(SSL_AD_UNKNOWN_CA)}};
                                     }});
        CHECK(error.cause == Cause::alert);
    }
    SECTION("and if nothing comes of it, the rules for certificate and client id are pointed to") {
        const auto error = explain(silent, broker, {reachable, reachable});
        CHECK(error.cause == Cause::closed);
        CHECK_THAT(error.remedy, ContainsSubstring("client id 'gateway-1'"));
    }
    SECTION("unless the use of the key is not wanted") {
        CHECK(explain(silent, broker, {reachable, {}}).cause == Cause::closed);
    }
}

TEST_CASE("TLS that failed for another reason is explained with OpenSSL's message", "[explain]") {
    const QueuedError other{ERR_PACK(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR), "SSL routines", "internal error", ""};
    const auto error = explain(failure({other}), broker, {[] { return ProbeResult{}; }, unasked});
    CHECK(error.cause == Cause::tls);
    CHECK_THAT(error.what, ContainsSubstring("internal error"));
}
