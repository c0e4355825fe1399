// SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include <openssl/x509_vfy.h>

namespace trustx::mqtt {
namespace {

struct Known {
    std::string_view words;  // as OpenSSL has them, in lower case
    std::string_view what;
    std::string_view remedy;
};

// Alerts by which a broker ends a TLS connection (RFC 8446 section 6.2), in the words of OpenSSL.
constexpr std::array alerts{
    Known{"unknown ca", "the broker does not know the CA that issued certificate {cert}",
          "use a certificate from a CA the broker trusts, or register that CA there"},
    Known{"certificate required", "the broker wants a client certificate and got none it can use",
          "check that the certificate belongs to the CA that the broker names"},
    Known{"certificate expired", "the broker finds certificate {cert} expired",
          "renew it, or set the clock of the broker"},
    Known{"certificate revoked", "certificate {cert} is revoked", "issue a new one"},
    Known{"certificate unknown", "the broker refuses certificate {cert}",
          "check that it is registered and active at the broker"},
    Known{"bad certificate", "the broker refuses certificate {cert} as bad",
          "check its issuer, purpose and dates with `openssl verify`"},
    Known{"unsupported certificate", "the broker cannot use certificate {cert}",
          "check its purpose (client authentication) and curve"},
    Known{"access denied", "the broker denies access to certificate {cert}", "check what the broker allows it"},
    Known{"decrypt error", "the broker found the signature of the handshake wrong",
          "the chip's key is not the one of certificate {cert}: was the key generated anew, or another chip attached?"},
    Known{"no application protocol", "the broker does not speak the protocol asked for with --alpn",
          "leave --alpn out, or use x-amzn-mqtt-ca for AWS IoT"},
    Known{"protocol version", "the broker wants another TLS version", "trustx-mqtt speaks TLS 1.2 and 1.3"},
    Known{"unrecognized name", "the broker does not answer for the name {host}", "give its own name with --host"},
    Known{"handshake failure", "the broker found no common ground for TLS, or got no certificate it can use",
          "check which cipher suites and client certificates it accepts"},
};

std::string lower(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

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

std::string now_in_words() {
    const auto now = std::time(nullptr);
    std::tm utc{};
    std::array<char, 32> text{};
    ::gmtime_r(&now, &utc);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &utc);
    return text.data();
}

// MQTT 3.1.1 section 3.2.2.3.
std::optional<Problem> explain_refused_connect(int code, const Addressee& to) {
    switch (code) {
        case 1:
            return Problem{"the broker does not speak MQTT 3.1.1", "check the broker's protocol settings"};
        case 2:
            return Problem{"the broker refuses the client id '" + to.client_id + "'", "choose one with --client-id"};
        case 3:
            return Problem{"the broker says its service is unavailable", "try again later"};
        case 4:
            return Problem{"the broker wants a user name and password",
                           "set it up for certificates alone (mosquitto: use_identity_as_username true)"};
        case 5:
            return Problem{"the broker does not authorise certificate " + to.certificate + " with client id '" +
                               to.client_id + "'",
                           "check the broker's access rules, and which client ids they allow"};
        default:
            return std::nullopt;
    }
}

std::optional<Problem> explain_chip(const std::vector<TlsError>& errors) {
    if (const auto* error = find_provider_error(errors)) {
        return Problem{"the chip gave no signature: " + to_string(*error), {}};
    }
    return std::nullopt;
}

std::optional<Problem> explain_alert(std::string_view text, const Addressee& to) {
    if (text.find("alert") == std::string_view::npos) {
        return std::nullopt;
    }
    const auto known =
        std::ranges::find_if(alerts, [text](const Known& alert) { return text.find(alert.words) != text.npos; });
    if (known == alerts.end()) {
        return std::nullopt;
    }
    return Problem{fill(known->what, to) + " (TLS alert: " + std::string{known->words} + ")", fill(known->remedy, to)};
}

std::optional<Problem> explain_errors(const std::vector<TlsError>& errors, const Addressee& to) {
    if (auto problem = explain_chip(errors)) {
        return problem;
    }
    for (const auto& error : errors) {
        if (auto problem = explain_alert(lower(error.reason), to)) {
            return problem;
        }
    }
    return std::nullopt;
}

// explain_trace looks at what the broker sent, not at what we sent ("SSL alert write").
std::optional<Problem> explain_trace(const std::vector<std::string>& trace, const Addressee& to) {
    for (const auto& line : trace) {
        const auto text = lower(line);
        if (text.find("alert read") == std::string::npos) {
            continue;
        }
        if (auto problem = explain_alert(text, to)) {
            return problem;
        }
    }
    return std::nullopt;
}

Problem explain_certificate(const ProbeResult& result, const Addressee& to) {
    switch (result.verify_code) {
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return {
                "the certificate of " + to.host + " is not valid yet by this computer's clock (" + now_in_words() + ")",
                "set the clock, for example by systemd-timesyncd"};
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return {"the certificate of " + to.host + " has expired by this computer's clock (" + now_in_words() + ")",
                    "set the clock if it is wrong, else the broker needs a new certificate"};
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return {"the broker at " + place(to) + " has a certificate for another name (" + result.detail + ")",
                    "give the name in the broker's certificate with --host"};
        default:
            return {"the certificate of " + to.host + " is not trusted: " + result.detail,
                    "give the CA that issued it with --ca (now " + to.ca_file + ")"};
    }
}

std::optional<Problem> explain_probe(const ProbeResult& result, const Addressee& to) {
    switch (result.obstacle) {
        case ProbeResult::Obstacle::name:
            return Problem{"the name " + to.host + " was not found: " + result.detail,
                           "check --host and the name server"};
        case ProbeResult::Obstacle::tcp:
            return Problem{"no broker answers at " + place(to) + ": " + result.detail,
                           "check --host, --port, the network, and that the broker runs"};
        case ProbeResult::Obstacle::tls:
            if (auto problem = explain_errors(result.tls_errors, to)) {
                return problem;
            }
            return Problem{"no TLS connection with " + place(to) + ": " + result.detail,
                           "check that this is the broker's TLS port"};
        case ProbeResult::Obstacle::certificate:
            return explain_certificate(result, to);
        case ProbeResult::Obstacle::nothing:
            break;
    }
    return std::nullopt;
}

Problem closed_without_a_word(const Addressee& to) {
    return {"the broker at " + place(to) + " closed the connection before it accepted it",
            "it does not say why: check that certificate " + to.certificate +
                " is registered and active, and that its policy allows the client id '" + to.client_id + "'"};
}

}  // namespace

Problem explain(const ConnectFailed& failure, const Addressee& to, const Probes& probes) {
    if (auto problem = explain_refused_connect(failure.code, to)) {
        return *problem;
    }
    if (auto problem = explain_errors(failure.tls_errors, to)) {
        return *problem;
    }
    if (auto problem = explain_trace(failure.trace, to)) {
        return *problem;
    }
    if (auto problem = explain_probe(probes.anonymous(), to)) {
        return *problem;
    }
    // A broker that refuses us and closes at once may be faster than we with what we still have to say: then its alert
    // is lost to a connection that was reset.
    if (!std::ranges::all_of(failure.tls_errors, is_system_error)) {
        return {"TLS with " + place(to) + " failed: " + to_string(failure.tls_errors.back()),
                "--verbose shows all that OpenSSL said"};
    }
    if (probes.with_credentials) {
        if (auto problem = explain_probe(probes.with_credentials(), to)) {
            return *problem;
        }
    }
    return closed_without_a_word(to);
}

}  // namespace trustx::mqtt
