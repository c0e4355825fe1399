// SPDX-License-Identifier: Apache-2.0
// The words for every way in which a connection attempt fails. That the causes are recognised in the real world is
// shown by mqtt_scenario_test.cpp; here each is given as Paho, OpenSSL and the probe report it.
#include "explain.hpp"

#include "support/catch.hpp"

#include <openssl/x509_vfy.h>

using namespace trustx::mqtt;
using Obstacle = ProbeResult::Obstacle;

namespace {

const Addressee broker{"broker.example", 8883, "trustx:E0E1", "ca.pem", "gateway-1"};

ProbeResult unasked() {
    FAIL("a probe was made although the cause was known");
    return {};
}

const Probes no_probes{unasked, unasked};

Problem explain_probe_result(const ProbeResult& result) {
    return explain(ConnectFailed{.code = -1, .tls_errors = {}, .trace = {}}, broker,
                   {[&result] { return result; }, unasked});
}

Problem explain_tls_error(const TlsError& error) {
    return explain(ConnectFailed{.code = -1, .tls_errors = {error}, .trace = {}}, broker, no_probes);
}

Problem explain_trace(const std::string& line) {
    return explain(ConnectFailed{.code = -1, .tls_errors = {}, .trace = {line}}, broker, no_probes);
}

}  // namespace

TEST_CASE("a refused CONNECT is explained by its return code", "[explain]") {
    struct {
        int code;
        const char* words;
    } const cases[] = {{1, "MQTT 3.1.1"},
                       {2, "client id 'gateway-1'"},
                       {3, "unavailable"},
                       {4, "user name and password"},
                       {5, "does not authorise certificate trustx:E0E1"}};
    for (const auto& [code, words] : cases) {
        CAPTURE(code);
        const auto problem = explain(ConnectFailed{.code = code, .tls_errors = {}, .trace = {}}, broker, no_probes);
        CHECK_THAT(problem.what, ContainsSubstring(words));
        CHECK_FALSE(problem.remedy.empty());
    }
}

TEST_CASE("a chip that gives no signature is named with the provider's words", "[explain]") {
    const auto problem = explain_tls_error({"trustx", "no chip", "CalcSign with key E0F1: unix:/x: nobody answers"});
    CHECK_THAT(problem.what, ContainsSubstring("the chip gave no signature"));
    CHECK_THAT(problem.what, ContainsSubstring("CalcSign with key E0F1: unix:/x: nobody answers"));
}

TEST_CASE("an alert of the broker is explained, from OpenSSL's error or from Paho's trace", "[explain]") {
    CHECK_THAT(explain_tls_error({"SSL routines", "tlsv1 alert unknown ca", "SSL alert number 48"}).what,
               ContainsSubstring("does not know the CA that issued certificate trustx:E0E1"));
    CHECK_THAT(explain_trace("SSL alert read:fatal:unknown CA").what,
               ContainsSubstring("does not know the CA that issued certificate trustx:E0E1"));
    CHECK_THAT(explain_tls_error({"SSL routines", "sslv3 alert certificate expired", ""}).what,
               ContainsSubstring("expired"));
    CHECK_THAT(explain_trace("SSL alert read:fatal:decrypt error").what, ContainsSubstring("signature"));
    CHECK_THAT(explain_tls_error({"SSL routines", "tlsv1 alert no application protocol", ""}).remedy,
               ContainsSubstring("x-amzn-mqtt-ca"));
}

TEST_CASE("an alert that we sent is not taken for the broker's", "[explain]") {
    const ProbeResult untrusted{Obstacle::certificate,
                                "self-signed certificate in certificate chain",
                                X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                                {}};
    const auto problem =
        explain(ConnectFailed{.code = -1, .tls_errors = {}, .trace = {"SSL alert write:fatal:unknown CA"}}, broker,
                {[&] { return untrusted; }, unasked});
    CHECK_THAT(problem.what, ContainsSubstring("the certificate of broker.example is not trusted"));
    CHECK_THAT(problem.what, ContainsSubstring("self-signed certificate in certificate chain"));
    CHECK_THAT(problem.remedy, ContainsSubstring("ca.pem"));
}

TEST_CASE("what stopped the probe is what stopped the connection", "[explain]") {
    CHECK(explain_probe_result({Obstacle::name, "Name or service not known", 0, {}}).what ==
          "the name broker.example was not found: Name or service not known");
    CHECK(explain_probe_result({Obstacle::tcp, "Connection refused", 0, {}}).what ==
          "no broker answers at broker.example port 8883: Connection refused");
    CHECK_THAT(explain_probe_result({Obstacle::tls, "wrong version number", 0, {}}).remedy,
               ContainsSubstring("TLS port"));
}

TEST_CASE("a broker's certificate that is out of date points to the clock", "[explain]") {
    const auto early = explain_probe_result({Obstacle::certificate, "", X509_V_ERR_CERT_NOT_YET_VALID, {}});
    CHECK_THAT(early.what, ContainsSubstring("not valid yet by this computer's clock"));
    CHECK_THAT(early.remedy, ContainsSubstring("clock"));
    const auto late = explain_probe_result({Obstacle::certificate, "", X509_V_ERR_CERT_HAS_EXPIRED, {}});
    CHECK_THAT(late.what, ContainsSubstring("has expired by this computer's clock"));
}

TEST_CASE("a broker with another name is told from one that is not trusted", "[explain]") {
    const auto problem =
        explain_probe_result({Obstacle::certificate, "hostname mismatch", X509_V_ERR_HOSTNAME_MISMATCH, {}});
    CHECK_THAT(problem.what, ContainsSubstring("certificate for another name"));
}

TEST_CASE("a connection closed without a word is asked about once more, with credentials", "[explain]") {
    // Who is reset while still talking does not get to read why; OpenSSL 3.0 says nothing then, later ones do.
    const ConnectFailed silent{
        .code = -1,
        .tls_errors = GENERATE(std::vector<TlsError>{},
                               std::vector<TlsError>{{"system library", "Connection reset by peer", "when writing"}}),
        .trace = {}};
    const auto reachable = [] { return ProbeResult{}; };

    SECTION("and the answer is the explanation") {
        const auto problem = explain(
            silent, broker,
            {reachable, [] {
                 return ProbeResult{
                     Obstacle::tls, "tlsv1 alert unknown ca", 0, {{"SSL routines", "tlsv1 alert unknown ca", ""}}};
             }});
        CHECK_THAT(problem.what, ContainsSubstring("does not know the CA that issued certificate trustx:E0E1"));
    }
    SECTION("and if nothing comes of it, the rules for certificate and client id are pointed to") {
        const auto problem = explain(silent, broker, {reachable, reachable});
        CHECK_THAT(problem.what, ContainsSubstring("closed the connection before it accepted it"));
        CHECK_THAT(problem.remedy, ContainsSubstring("client id 'gateway-1'"));
    }
    SECTION("unless the use of the key is not wanted") {
        const auto problem = explain(silent, broker, {reachable, {}});
        CHECK_THAT(problem.what, ContainsSubstring("closed the connection before it accepted it"));
    }
}
