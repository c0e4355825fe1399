// SPDX-License-Identifier: Apache-2.0
// The way to the broker: DNS, TCP, TLS (aws-iot.md sections 1.1 to 1.3). One probe without the chip's key tells all of
// it; where the broker's chain leads to no root in the file, one more for each chain that it may show.
#include "aws/doctor/exam.hpp"
#include "aws/enrolment/endpoint_name.hpp"
#include "connection/explain.hpp"
#include "connection/tls_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace trustx::aws::doctor {
namespace {

using Obstacle = mqtt::ProbeResult::Obstacle;

constexpr const char* only_ecdsa = "ECDSA+SHA256:ECDSA+SHA384";
constexpr const char* only_rsa = "RSA-PSS+SHA256:RSA+SHA256";

mqtt::ProbeTarget target_of(const Exam& exam, const char* signature_algorithms = "") {
    const auto& endpoint = exam.identity->endpoint;
    return {.host = endpoint.host,
            .port = endpoint.port,
            .ca_file = exam.options.directories.roots_file(),
            .alpn = alpn_for(endpoint),
            .certificate_file = {},
            .key_file = {},
            .signature_algorithms = signature_algorithms};
}

// explained is in the words of other programs that find the same.
std::string explained(const Exam& exam) {
    const auto& endpoint = exam.identity->endpoint;
    const mqtt::Addressee to{.host = endpoint.host,
                             .port = endpoint.port,
                             .certificate = exam.options.directories.chain_file(),
                             .ca_file = exam.options.directories.roots_file(),
                             .client_id = exam.identity->thing};
    return mqtt::explain({}, to, {.anonymous = [&exam] { return exam.way; }, .with_credentials = {}}).what;
}

std::string place(const Exam& exam) {
    return exam.identity->endpoint.text();
}

// A name of AWS's without -ats is that of the old endpoint, whose certificate is another CA's (section 1.1).
bool is_legacy(const Exam& exam) {
    return !region_in(exam.identity->endpoint.host).empty() &&
           exam.identity->endpoint.host.find("-ats.") == std::string::npos;
}

Judged judge_root(Exam& exam) {
    const auto& way = exam.way;
    const auto words = "the chain that " + place(exam) + " shows leads to " +
                       (way.root.empty() ? "no root" : way.root) + ", which " + exam.options.directories.roots_file() +
                       " does not hold (" + way.detail + ")";
    if (is_legacy(exam)) {
        return trouble(Cause::endpoint_legacy, words);
    }
    for (const auto* const algorithms : {only_ecdsa, only_rsa}) {
        if (exam.seams.network.probe(target_of(exam, algorithms)).obstacle == Obstacle::nothing) {
            return trouble(Cause::root_missing, words + "; its other chain is trusted");
        }
    }
    return trouble(Cause::broker_untrusted, words);
}

// by_date judges a certificate whose dates do not fit the clock, which may be what is wrong.
Judged by_date(const Exam& exam, Cause cause) {
    const auto words = "the certificate of " + place(exam) + " does not fit this computer's clock: " + exam.way.detail;
    constexpr std::chrono::minutes much{5};
    const auto offset = exam.clock_offset;
    const bool suspect = offset ? *offset > much || *offset < -much : cause == Cause::broker_not_yet_valid;
    return suspect ? trouble(Cause::clock_wrong, words) : trouble(cause, words);
}

Judged judge_certificate(Exam& exam) {
    switch (exam.way.verify_code) {
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return by_date(exam, Cause::broker_not_yet_valid);
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return by_date(exam, Cause::broker_expired);
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return trouble(
                is_legacy(exam) ? Cause::endpoint_legacy : Cause::broker_name,
                "the broker at " + place(exam) + " has a certificate for another name (" + exam.way.detail + ")");
        default:
            return judge_root(exam);
    }
}

struct AlertMeaning {
    int number;
    Cause cause;
};

// RFC 8446 section 6.2; aws-iot.md section 12 for those about our certificate.
constexpr std::array alert_meanings{
    AlertMeaning{SSL_AD_PROTOCOL_VERSION, Cause::tls_version},
    AlertMeaning{SSL_AD_HANDSHAKE_FAILURE, Cause::tls_parameters},
    AlertMeaning{SSL_AD_INSUFFICIENT_SECURITY, Cause::tls_parameters},
    AlertMeaning{SSL_AD_UNRECOGNIZED_NAME, Cause::tls_name_refused},
    AlertMeaning{SSL_AD_NO_APPLICATION_PROTOCOL, Cause::tls_alpn},
    AlertMeaning{SSL_AD_DECRYPT_ERROR, Cause::signature_refused},
    AlertMeaning{SSL_AD_BAD_CERTIFICATE, Cause::certificate_refused},
    AlertMeaning{SSL_AD_UNSUPPORTED_CERTIFICATE, Cause::certificate_refused},
    AlertMeaning{SSL_AD_CERTIFICATE_REVOKED, Cause::certificate_refused},
    AlertMeaning{SSL_AD_CERTIFICATE_EXPIRED, Cause::certificate_refused},
    AlertMeaning{SSL_AD_CERTIFICATE_UNKNOWN, Cause::certificate_refused},
    AlertMeaning{SSL_AD_UNKNOWN_CA, Cause::certificate_refused},
    AlertMeaning{SSL_AD_ACCESS_DENIED, Cause::certificate_refused},
    AlertMeaning{TLS13_AD_CERTIFICATE_REQUIRED, Cause::certificate_refused},
};

// This side found no version or parameters before the broker could say so.
std::optional<Cause> by_own_reason(const openssl::QueuedError& error) {
    if (error.library_number() != ERR_LIB_SSL) {
        return std::nullopt;
    }
    switch (error.reason_number()) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case SSL_R_WRONG_SSL_VERSION:
            return Cause::tls_version;
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case SSL_R_NO_SHARED_CIPHER:
            return Cause::tls_parameters;
        default:
            return std::nullopt;
    }
}

Judged judge_tls(Exam& exam) {
    for (const auto& error : exam.way.tls_errors) {
        const auto alert = mqtt::alert_of(error);
        if (const auto cause = alert ? cause_of_alert(*alert) : by_own_reason(error)) {
            return trouble(*cause, explained(exam));
        }
    }
    return trouble(Cause::tls_failed, explained(exam));
}

}  // namespace

std::optional<Cause> cause_of_alert(int number) {
    const auto* const found = std::ranges::find(alert_meanings, number, &AlertMeaning::number);
    return found == alert_meanings.end() ? std::nullopt : std::optional{found->cause};
}

Judged examine_name(Exam& exam) {
    exam.way = exam.seams.network.probe(target_of(exam));
    if (exam.way.obstacle == Obstacle::name) {
        return trouble(Cause::name_not_found, explained(exam));
    }
    return exam.identity->endpoint.host + " is known";
}

Judged examine_tcp(Exam& exam) {
    if (exam.way.obstacle == Obstacle::tcp) {
        return trouble(exam.way.system_error == ECONNREFUSED ? Cause::tcp_refused : Cause::tcp_timeout,
                       explained(exam));
    }
    return "port " + std::to_string(exam.identity->endpoint.port) + " answers";
}

Judged examine_tls(Exam& exam) {
    if (exam.way.obstacle == Obstacle::certificate) {
        return judge_certificate(exam);
    }
    if (exam.way.obstacle == Obstacle::nothing) {
        return exam.way.tls_version + ", the broker's chain leads to " + exam.way.root;
    }
    auto judged = judge_tls(exam);
    if (!judged && judged.error().cause == Cause::certificate_refused) {
        exam.refusal = std::move(judged).error();
        return {};
    }
    return judged;
}

}  // namespace trustx::aws::doctor
