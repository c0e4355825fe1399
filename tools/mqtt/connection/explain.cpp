// SPDX-License-Identifier: Apache-2.0
#include "connection/explain.hpp"

#include "common/text/time_text.hpp"
#include "connection/tls_error.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace trustx::mqtt {
namespace {

struct Alert {
    int number;
    std::string_view what;
    std::string_view remedy;
};

// Alerts by which a broker ends a TLS connection (RFC 8446 section 6.2).
constexpr std::array alerts{
    Alert{SSL_AD_UNKNOWN_CA, "the broker does not know the CA that issued certificate {cert}",
          "use a certificate from a CA the broker trusts, or register that CA there"},
    Alert{TLS13_AD_CERTIFICATE_REQUIRED, "the broker wants a client certificate and got none it can use",
          "check that the certificate belongs to the CA that the broker names"},
    Alert{SSL_AD_CERTIFICATE_EXPIRED, "the broker finds certificate {cert} expired",
          "renew it, or set the clock of the broker"},
    Alert{SSL_AD_CERTIFICATE_REVOKED, "certificate {cert} is revoked", "issue a new one"},
    Alert{SSL_AD_CERTIFICATE_UNKNOWN, "the broker refuses certificate {cert}",
          "check that it is registered and active at the broker"},
    Alert{SSL_AD_BAD_CERTIFICATE, "the broker refuses certificate {cert} as bad",
          "check its issuer, purpose and dates with `openssl verify`"},
    Alert{SSL_AD_UNSUPPORTED_CERTIFICATE, "the broker cannot use certificate {cert}",
          "check its purpose (client authentication) and curve"},
    Alert{SSL_AD_ACCESS_DENIED, "the broker denies access to certificate {cert}", "check what the broker allows it"},
    Alert{SSL_AD_DECRYPT_ERROR, "the broker found the signature of the handshake wrong",
          "the chip's key is not the one of certificate {cert}: was a new key generated, or another chip attached?"},
    Alert{SSL_AD_NO_APPLICATION_PROTOCOL, "the broker does not support the application protocol (ALPN) asked for",
          "ask for none, or on port 443 of AWS IoT for x-amzn-mqtt-ca"},
    Alert{SSL_AD_PROTOCOL_VERSION, "the broker requires another TLS version", "this client supports TLS 1.2 and 1.3"},
    Alert{SSL_AD_UNRECOGNIZED_NAME, "the broker does not answer for the name {host}", "use its own name"},
    Alert{SSL_AD_HANDSHAKE_FAILURE,
          "the broker and this client have no TLS parameters in common, or the broker got no certificate it can use",
          "check which cipher suites and client certificates it accepts"},
};

constexpr const char* remedy_of_refusal =
    "check that the certificate is registered and active there, and that policy or access rules allow this client id";

std::string fill(std::string_view form, const Addressee& to) {
    std::string text{form};
    const std::array fields{std::pair{std::string_view{"{cert}"}, std::string_view{to.certificate}},
                            std::pair{std::string_view{"{host}"}, std::string_view{to.host}}};
    for (const auto& [field, value] : fields) {
        if (const auto at = text.find(field); at != std::string::npos) {
            text.replace(at, field.size(), value);
        }
    }
    return text;
}

std::string place(const Addressee& to) {
    return to.host + " port " + std::to_string(to.port);
}

// MQTT 3.1.1 section 3.2.2.3.
std::optional<Error> explain_refused_connect(int code, const Addressee& to) {
    switch (code) {
        case 1:
            return Error{Cause::mqtt_version, "the broker does not support MQTT 3.1.1",
                         "check the broker's protocol settings"};
        case 2:
            return Error{Cause::client_id, "the broker refuses the client id '" + to.client_id + "'", "choose another"};
        case 3:
            return Error{Cause::unavailable, "the broker says its service is unavailable", "try again later"};
        case 4:
            return Error{Cause::password_wanted, "the broker wants a user name and password",
                         "set it up for certificates alone (mosquitto: use_identity_as_username true)"};
        case 5:
            return Error{Cause::not_authorised,
                         "the broker does not authorise certificate " + to.certificate + " with client id '" +
                             to.client_id + "'",
                         remedy_of_refusal};
        default:
            return std::nullopt;
    }
}

// explain_reason is for MQTT 5, in whose refusals the broker says more.
Error explain_reason(ReasonCode reason, const Addressee& to) {
    const auto what = "the broker at " + place(to) + " refuses certificate " + to.certificate + " with client id '" +
                      to.client_id + "': " + words(reason);
    switch (reason) {
        case ReasonCode::unsupported_version:
            return {Cause::mqtt_version, what, "check the broker's protocol settings"};
        case ReasonCode::client_id_refused:
            return {Cause::client_id, what, "choose another"};
        case ReasonCode::bad_credentials:
        case ReasonCode::bad_authentication_method:
            return {Cause::password_wanted, what, "set the broker up for certificates alone"};
        case ReasonCode::not_authorised:
        case ReasonCode::banned:
            return {Cause::not_authorised, what, remedy_of_refusal};
        default:
            return {Cause::unavailable, what, passes_by_itself(reason) ? "try again later" : "see the broker's log"};
    }
}

std::optional<Error> explain_alert(int number, const Addressee& to) {
    const auto known = std::ranges::find(alerts, number, &Alert::number);
    if (known == alerts.end()) {
        return std::nullopt;
    }
    return Error{Cause::alert, fill(known->what, to) + " (TLS alert " + std::to_string(number) + ")",
                 fill(known->remedy, to)};
}

bool is_verify_failure(const openssl::QueuedError& error) {
    return ERR_GET_LIB(error.code) == ERR_LIB_SSL && ERR_GET_REASON(error.code) == SSL_R_CERTIFICATE_VERIFY_FAILED;
}

std::optional<Error> explain_tls(const std::vector<openssl::QueuedError>& errors,
                                 const std::vector<int>& alerts_in_trace, const Addressee& to) {
    if (const auto* error = find_provider_error(errors)) {
        const bool verifying = std::ranges::any_of(errors, is_verify_failure);
        return Error{
            Cause::chip,
            (verifying ? "the chip did not verify the broker: " : "the chip gave no signature: ") + to_string(*error),
            {}};
    }
    std::vector<int> received;
    for (const auto& error : errors) {
        if (const auto number = alert_of(error)) {
            received.push_back(*number);
        }
    }
    received.insert(received.end(), alerts_in_trace.begin(), alerts_in_trace.end());
    for (const auto number : received) {
        if (auto error = explain_alert(number, to)) {
            return error;
        }
    }
    return std::nullopt;
}

Error explain_certificate(const ProbeResult& result, const Addressee& to) {
    switch (result.verify_code) {
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return {Cause::broker_not_yet_valid,
                    "the certificate of " + to.host + " is not valid yet by this computer's clock (" +
                        text::time_text(std::time(nullptr)) + ")",
                    "set the clock, for example by systemd-timesyncd"};
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return {Cause::broker_expired,
                    "the certificate of " + to.host + " has expired by this computer's clock (" +
                        text::time_text(std::time(nullptr)) + ")",
                    "set the clock if it is wrong, else the broker needs a new certificate"};
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return {Cause::broker_name,
                    "the broker at " + place(to) + " has a certificate for another name (" + result.detail + ")",
                    "use the name in its certificate"};
        default:
            return {Cause::broker_untrusted, "the certificate of " + to.host + " is not trusted: " + result.detail,
                    "trust the CA that issued it; " + to.ca_file + " does not hold that"};
    }
}

std::optional<Error> explain_probe(const ProbeResult& result, const Addressee& to) {
    switch (result.obstacle) {
        case ProbeResult::Obstacle::name:
            return Error{Cause::name, "the name " + to.host + " was not found: " + result.detail,
                         "check the name and the name server"};
        case ProbeResult::Obstacle::tcp:
            return Error{Cause::tcp, "no broker answers at " + place(to) + ": " + result.detail,
                         "check name, port and network, and that the broker runs"};
        case ProbeResult::Obstacle::tls:
            if (auto error = explain_tls(result.tls_errors, {}, to)) {
                return error;
            }
            return Error{Cause::tls, "no TLS connection with " + place(to) + ": " + result.detail,
                         "check that this is the broker's TLS port"};
        case ProbeResult::Obstacle::certificate:
            return explain_certificate(result, to);
        case ProbeResult::Obstacle::nothing:
            break;
    }
    return std::nullopt;
}

Error closed_without_a_word(const Addressee& to) {
    return {Cause::closed, "the broker at " + place(to) + " closed the connection before it accepted it",
            "it does not say why: check that certificate " + to.certificate +
                " is registered and active, and that its policy allows the client id '" + to.client_id + "'"};
}

}  // namespace

Error explain(const ConnectFailed& failure, const Addressee& to, const Probes& probes) {
    if (failure.reason) {
        return explain_reason(*failure.reason, to);
    }
    if (auto error = explain_refused_connect(failure.code, to)) {
        return *error;
    }
    if (auto error = explain_tls(failure.tls_errors, failure.alerts, to)) {
        return *error;
    }
    if (auto error = explain_probe(probes.anonymous(), to)) {
        return *error;
    }
    // A broker that refuses us and closes at once may do so before we have sent everything: then its alert is lost,
    // because the connection is reset.
    if (!std::ranges::all_of(failure.tls_errors, &openssl::QueuedError::is_system_error)) {
        return {Cause::tls, "TLS with " + place(to) + " failed: " + to_string(failure.tls_errors.back()),
                "OpenSSL's other messages may tell more"};
    }
    if (probes.with_credentials) {
        if (auto error = explain_probe(probes.with_credentials(), to)) {
            return *error;
        }
    }
    return closed_without_a_word(to);
}

}  // namespace trustx::mqtt
