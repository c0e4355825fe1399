// SPDX-License-Identifier: Apache-2.0
// Every cause that can keep a gateway from a CONNACK is injected, each in all the ways in which it shows (the rows of
// aws-iot.md section 12 among them), and exactly that one is named.
#include "common/files/input_error.hpp"
#include "patient.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

using namespace trustx;
using namespace trustx::test;
using aws::doctor::Cause;
using aws::doctor::Class;
using aws::doctor::Meeting;
using aws::doctor::Verdict;
using mqtt::ReasonCode;
using Obstacle = mqtt::ProbeResult::Obstacle;

namespace {

struct Row {
    Cause cause;
    const char* how;
    std::function<void(Patient&)> inject;
};

constexpr long day = 24L * 60 * 60;
constexpr std::chrono::days a_year{365};

openssl::QueuedError tls_error(int reason) {
    return {ERR_PACK(ERR_LIB_SSL, 0, reason), "SSL routines", "injected", ""};
}

std::function<void(Patient&)> probe_finds(mqtt::ProbeResult result) {
    return [result](Patient& patient) { patient.network.usual = result; };
}

std::function<void(Patient&)> unverified(long code) {
    return probe_finds(
        {.obstacle = Obstacle::certificate, .detail = "injected", .verify_code = code, .tls_errors = {}});
}

std::function<void(Patient&)> no_connection(int error) {
    return probe_finds({.obstacle = Obstacle::tcp, .detail = "injected", .tls_errors = {}, .system_error = error});
}

std::function<void(Patient&)> tls_ends(int reason) {
    return probe_finds({.obstacle = Obstacle::tls, .detail = "injected", .tls_errors = {tls_error(reason)}});
}

std::function<void(Patient&)> tls_alert(int number) {
    return tls_ends(SSL_AD_REASON_OFFSET + number);
}

std::function<void(Patient&)> meets(Meeting meeting) {
    return [meeting](Patient& patient) { patient.broker.meeting = meeting; };
}

std::function<void(Patient&)> refused(ReasonCode reason) {
    return meets({.end = Meeting::End::refused, .reason = reason});
}

std::function<void(Patient&)> connack(int code) {
    return meets({.end = Meeting::End::refused, .connack = code});
}

std::function<void(Patient&)> ended(ReasonCode reason) {
    return meets({.end = Meeting::End::ended, .reason = reason});
}

std::function<void(Patient&)> alerted(int number) {
    return meets({.end = Meeting::End::closed, .alerts = {number}});
}

std::function<void(Patient&)> chip_says(std::error_code code) {
    return [code](Patient& patient) { patient.gateway.chip_fails = code; };
}

std::function<void(Patient&)> signing_says(std::error_code code) {
    return [code](Patient& patient) { patient.gateway.signature_fails = code; };
}

// in_cloud is for a gateway that the broker refuses, and a cloud that can be asked and knows why.
std::function<void(Patient&)> in_cloud(std::function<void(PatientCloud&)> change) {
    return [change](Patient& patient) {
        patient.be_asked();
        patient.broker.meeting = {.end = Meeting::End::closed};
        change(patient.cloud);
    };
}

// by_jit is for one whose certificate is not registered, and would be by a first connection.
std::function<void(Patient&)> by_jit(std::function<void(PatientCloud&)> change) {
    return [change](Patient& patient) {
        in_cloud([](PatientCloud& /*cloud*/) {})(patient);
        patient.come_by_jit();
        change(patient.cloud);
    };
}

std::function<void(Patient&)> in_status(const char* status) {
    return in_cloud([status](PatientCloud& cloud) { cloud.status = status; });
}

// asked is for a gateway that the broker accepts, and a cloud that can be asked.
std::function<void(Patient&)> asked(std::function<void(PatientCloud&)> change) {
    return [change](Patient& patient) {
        patient.be_asked();
        change(patient.cloud);
    };
}

std::function<void(Patient&)> cloud_says(const char* refusal) {
    return asked([refusal](PatientCloud& cloud) { cloud.refusal = refusal; });
}

std::function<void(Patient&)> was_closed_for(const char* reason) {
    return asked([reason](PatientCloud& cloud) { cloud.disconnect_reason = reason; });
}

std::function<void(Patient&)> account_says(aws::AccountErrc code) {
    return [code](Patient& patient) { patient.cloud_error = Error{code, "injected"}; };
}

std::vector<Row> file_rows() {
    return {
        {Cause::not_enrolled, "no aws.json", [](Patient& p) { p.disk.contents.erase(p.file("aws.json")); }},
        {Cause::enrolment_unfinished, "interrupted early",
         [](Patient& p) {
             p.disk.contents.erase(p.file("aws.json"));
             p.interrupt("certificate");
         }},
        {Cause::enrolment_unfinished, "interrupted at the connection", [](Patient& p) { p.interrupt("connection"); }},
        {Cause::enrolment_unfinished, "abandoned half way",
         [](Patient& p) { p.interrupt("files", aws::Phase::abandoning); }},
        {Cause::identity_unreadable, "aws.json", [](Patient& p) { p.disk.unreadable.insert(p.file("aws.json")); }},
        {Cause::identity_unreadable, "key file",
         [](Patient& p) { p.disk.unreadable.insert(p.file("identity-key.pem")); }},
        {Cause::identity_malformed, "broken JSON", [](Patient& p) { p.content("aws.json") = "{"; }},
        {Cause::identity_malformed, "broken journal",
         [](Patient& p) { p.disk.contents["/state/enroll.journal"] = "{"; }},
        {Cause::endpoint_region, "another region", [](Patient& p) { p.rewrite_identity("region", "us-east-1"); }},
        {Cause::certificate_file, "none", [](Patient& p) { p.disk.contents.erase(p.file("identity-chain.pem")); }},
        {Cause::certificate_file, "no certificate", [](Patient& p) { p.content("identity-chain.pem") = "nothing"; }},
        {Cause::roots_file, "none", [](Patient& p) { p.disk.contents.erase(p.file("amazon-roots.pem")); }},
        {Cause::roots_file, "no certificate", [](Patient& p) { p.content("amazon-roots.pem") = ""; }},
        {Cause::key_file, "none", [](Patient& p) { p.disk.contents.erase(p.file("identity-key.pem")); }},
        {Cause::key_file, "a certificate",
         [](Patient& p) { p.content("identity-key.pem") = p.content("identity-chain.pem"); }},
        {Cause::files_disagree, "another certificate",
         [](Patient& p) { p.rewrite_identity("certificateId", std::string(64, '0')); }},
        {Cause::files_disagree, "another slot", [](Patient& p) { p.rewrite_identity("keyObject", "E0F2"); }},
        {Cause::key_certificate_mismatch, "certificate of another key",
         [](Patient& p) {
             const SoftwareKey other{Curve::p256};
             p.hold(p.root.issue({.subject = other.public_key(), .ends = 400 * day}));
         }},
    };
}

std::vector<Row> chip_rows() {
    return {
        {Cause::provider_not_loaded, "DECODER unsupported",
         [](Patient& p) { p.gateway.provider_fails = InputErrc::check_failed; }},
        {Cause::provider_not_loaded, "no module", [](Patient& p) { p.gateway.provider_fails = InputErrc::malformed; }},
        {Cause::chip_setting, "of the provider", [](Patient& p) { p.gateway.provider_fails = Errc::setting_invalid; }},
        {Cause::chip_setting, "no address", chip_says(Errc::address_invalid)},
        // They may name another directory: that there are no files in the usual one is no finding.
        {Cause::chip_setting, "which cannot be read",
         [](Patient& p) {
             p.disk.contents.clear();
             p.settings = aws::doctor::Failure{Error{Errc::setting_invalid, "trustx.conf: line 3"}};
         }},
        {Cause::chip_permission, "of the bus", chip_says(errno_code(EACCES))},
        {Cause::chip_permission, "of the lock", chip_says(Errc::lock_directory_denied)},
        {Cause::chip_busy, "kept by another program", chip_says(Errc::lock_timeout)},
        {Cause::chip_busy, "at work", signing_says(Errc::chip_busy)},
        {Cause::chip_unreachable, "no chip", chip_says(Errc::no_chip)},
        {Cause::chip_unreachable, "no bus", chip_says(errno_code(ENOENT))},
        {Cause::chip_unreachable, "pulled before the signature", signing_says(Errc::bus_failure)},
        {Cause::chip_unreachable, "pulled in the handshake", meets({.end = Meeting::End::closed, .chip_failed = true})},
        {Cause::chip_other, "another UID", [](Patient& p) { p.gateway.uid.bytes.fill(1); }},
        {Cause::chip_other, "found while signing", signing_says(Errc::wrong_chip)},
        {Cause::key_missing, "the slot is empty", signing_says(InputErrc::nothing_there)},
        {Cause::key_other, "a new key in the slot", signing_says(InputErrc::key_mismatch)},
        {Cause::key_refused, "its usage", signing_says(InputErrc::refused)},
        {Cause::key_refused, "its access conditions", signing_says(ChipError::access_conditions_not_satisfied)},
        {Cause::key_file, "spoilt in between", signing_says(Errc::key_file_malformed)},
    };
}

std::vector<Row> date_rows() {
    return {
        {Cause::clock_wrong, "a year behind", [](Patient& p) { *p.network.time += a_year; }},
        {Cause::clock_wrong, "a year ahead", [](Patient& p) { *p.network.time -= a_year; }},
        {Cause::clock_wrong, "before the certificate was issued",
         [](Patient& p) {
             p.network.time.reset();
             p.now -= a_year;
         }},
        {Cause::clock_wrong, "verify num=9, and no other clock",
         [](Patient& p) {
             p.network.time.reset();
             unverified(X509_V_ERR_CERT_NOT_YET_VALID)(p);
         }},
        {Cause::clock_wrong, "verify num=10, an hour ahead",
         [](Patient& p) {
             *p.network.time -= std::chrono::hours{1};
             unverified(X509_V_ERR_CERT_HAS_EXPIRED)(p);
         }},
        {Cause::clock_skewed, "ten minutes", [](Patient& p) { *p.network.time += std::chrono::minutes{10}; }},
        {Cause::certificate_not_yet_valid, "from tomorrow", [](Patient& p) { p.hold(p.certificate(day, 400 * day)); }},
        {Cause::certificate_expired, "since yesterday", [](Patient& p) { p.hold(p.certificate(-9 * day, -day)); }},
        {Cause::certificate_expires, "in ten days", [](Patient& p) { p.hold(p.certificate(-60, 10 * day)); }},
        {Cause::certificate_not_in_chip, "empty object", [](Patient& p) { p.gateway.objects.clear(); }},
        {Cause::certificate_not_in_chip, "another one",
         [](Patient& p) { p.gateway.objects[ObjectId{0xE0E1}] = {p.certificate(-60, 500 * day)}; }},
        {Cause::root_expires, "in ten days",
         [](Patient& p) { p.content("amazon-roots.pem") += pem("CERTIFICATE", p.authority(10 * day)); }},
        {Cause::anchor_expires, "E0E8", [](Patient& p) { p.gateway.objects[ObjectId{0xE0E8}] = {p.authority(day)}; }},
        {Cause::anchor_expires, "E0EF", [](Patient& p) { p.gateway.objects[ObjectId{0xE0EF}] = {p.authority(-day)}; }},
        {Cause::anchor_expires, "in 2038, as seen from there",
         [](Patient& p) {
             constexpr long eleven_years = 11 * 365 * day;
             p.hold(p.certificate(-60, 2 * eleven_years));
             p.content("amazon-roots.pem") = pem("CERTIFICATE", p.authority(2 * eleven_years));
             p.gateway.objects[ObjectId{0xE0E8}] = {p.authority(eleven_years)};
             p.now += std::chrono::seconds{eleven_years - day};
             p.network.time = p.now;
         }},
    };
}

std::vector<Row> network_rows() {
    return {
        {Cause::name_not_found, "DNS",
         probe_finds({.obstacle = Obstacle::name, .detail = "injected", .tls_errors = {}})},
        {Cause::tcp_refused, "no listener", no_connection(ECONNREFUSED)},
        {Cause::tcp_timeout, "a firewall that drops", no_connection(ETIMEDOUT)},
        {Cause::tcp_timeout, "no route", no_connection(ENETUNREACH)},
        {Cause::broker_not_yet_valid, "verify num=9 with a right clock", unverified(X509_V_ERR_CERT_NOT_YET_VALID)},
        {Cause::broker_expired, "verify num=10", unverified(X509_V_ERR_CERT_HAS_EXPIRED)},
        {Cause::broker_name, "another name", unverified(X509_V_ERR_HOSTNAME_MISMATCH)},
        {Cause::broker_name, "an address", unverified(X509_V_ERR_IP_ADDRESS_MISMATCH)},
        {Cause::broker_untrusted, "verify num=20", unverified(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)},
        {Cause::broker_untrusted, "verify num=19", unverified(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)},
        {Cause::root_missing, "the ECC chain, and only CA 1",
         [](Patient& p) {
             p.network.rsa = p.network.usual;
             unverified(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)(p);
         }},
        {Cause::root_missing, "the RSA chain, and only CA 3",
         [](Patient& p) {
             p.network.ecdsa = p.network.usual;
             unverified(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)(p);
         }},
        {Cause::endpoint_legacy, "another CA",
         [](Patient& p) {
             p.rewrite_identity("endpoint", "prefix.iot.eu-central-1.amazonaws.com");
             unverified(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)(p);
         }},
        {Cause::endpoint_legacy, "another name",
         [](Patient& p) {
             p.rewrite_identity("endpoint", "prefix.iot.eu-central-1.amazonaws.com");
             unverified(X509_V_ERR_HOSTNAME_MISMATCH)(p);
         }},
        {Cause::tls_version, "alert 70", tls_alert(SSL_AD_PROTOCOL_VERSION)},
        {Cause::tls_version, "none that this side allows", tls_ends(SSL_R_UNSUPPORTED_PROTOCOL)},
        {Cause::tls_parameters, "alert 40", tls_alert(SSL_AD_HANDSHAKE_FAILURE)},
        {Cause::tls_parameters, "no cipher suite", tls_ends(SSL_R_NO_CIPHERS_AVAILABLE)},
        {Cause::tls_name_refused, "alert 112", tls_alert(SSL_AD_UNRECOGNIZED_NAME)},
        {Cause::tls_alpn, "alert 120", tls_alert(SSL_AD_NO_APPLICATION_PROTOCOL)},
        {Cause::tls_failed, "no TLS there", tls_ends(SSL_R_WRONG_VERSION_NUMBER)},
        {Cause::tls_failed, "closed without a word",
         probe_finds({.obstacle = Obstacle::tls, .detail = "the connection was closed", .tls_errors = {}})},
        {Cause::certificate_refused, "alert 46 before ours was shown", tls_alert(SSL_AD_CERTIFICATE_UNKNOWN)},
    };
}

std::vector<Row> broker_rows() {
    return {
        {Cause::certificate_refused, "alert 42", alerted(SSL_AD_BAD_CERTIFICATE)},
        {Cause::certificate_refused, "alert 46", alerted(SSL_AD_CERTIFICATE_UNKNOWN)},
        {Cause::certificate_refused, "alert 48", alerted(SSL_AD_UNKNOWN_CA)},
        {Cause::signature_refused, "alert 51", alerted(SSL_AD_DECRYPT_ERROR)},
        {Cause::not_authorised, "reason 0x87", refused(ReasonCode::not_authorised)},
        {Cause::not_authorised, "CONNACK 5", connack(5)},
        {Cause::not_authorised, "CONNACK 7", connack(7)},
        {Cause::closed_without_reason, "before CONNACK", meets({.end = Meeting::End::closed})},
        {Cause::client_id_refused, "reason 0x85", refused(ReasonCode::client_id_refused)},
        {Cause::client_id_refused, "CONNACK 2", connack(2)},
        {Cause::client_id_taken, "taken over", ended(ReasonCode::session_taken_over)},
        {Cause::client_id_taken, "by the events of presence", was_closed_for("DUPLICATE_CLIENTID")},
        {Cause::closed_after_connack, "by an administrator", ended(ReasonCode::administrative_action)},
        {Cause::closed_after_connack, "without a reason", meets({.end = Meeting::End::ended})},
        {Cause::mqtt_version, "reason 0x84", refused(ReasonCode::unsupported_version)},
        {Cause::mqtt_version, "CONNACK 1", connack(1)},
        {Cause::password_wanted, "reason 0x86", refused(ReasonCode::bad_credentials)},
        {Cause::password_wanted, "CONNACK 4", connack(4)},
        {Cause::throttled, "reason 0x9F", refused(ReasonCode::connection_rate_exceeded)},
        {Cause::throttled, "reason 0x97", refused(ReasonCode::quota_exceeded)},
        {Cause::throttled, "by the events of presence", was_closed_for("THROTTLED")},
        {Cause::broker_unavailable, "reason 0x88", refused(ReasonCode::unavailable)},
        {Cause::broker_unavailable, "CONNACK 3", connack(3)},
        {Cause::broker_refuses, "reason 0x83", refused(ReasonCode::implementation_error)},
        {Cause::no_answer, "to CONNECT", meets({.end = Meeting::End::late})},
    };
}

std::vector<Row> account_rows() {
    return {
        {Cause::credentials_expired, "by AWS", cloud_says("ExpiredTokenException")},
        {Cause::credentials_expired, "by their own date", account_says(aws::AccountErrc::credentials_expired)},
        {Cause::credentials_refused, "unknown", cloud_says("UnrecognizedClientException")},
        {Cause::credentials_refused, "wrong secret", cloud_says("InvalidSignatureException")},
        {Cause::credentials_unusable, "no such profile", account_says(aws::AccountErrc::profile_unknown)},
        {Cause::credentials_unusable, "half of them", account_says(aws::AccountErrc::credentials_partial)},
        {Cause::credentials_unusable, "a profile that has none", [](Patient& p) { p.cloud_wanted = true; }},
        {Cause::credentials_other_account, "another endpoint, and no such certificate", asked([](PatientCloud& cloud) {
             cloud.endpoint = "other-ats.iot.eu-central-1.amazonaws.com";
             cloud.certificate.clear();
         })},
        {Cause::credentials_other_account, "another region", asked([](PatientCloud& cloud) {
             cloud.endpoint = "prefix-ats.iot.us-east-1.amazonaws.com";
             cloud.certificate.clear();
         })},
        {Cause::cloud_access_denied, "may not read", cloud_says("AccessDeniedException")},
        {Cause::cloud_throttled, "for a minute", cloud_says("ThrottlingException")},
        {Cause::cloud_unreachable, "no network", asked([](PatientCloud& cloud) { cloud.reachable = false; })},
    };
}

std::vector<Row> cloud_rows() {
    return {
        {Cause::endpoint_other, "registered, and another endpoint",
         in_cloud([](PatientCloud& cloud) { cloud.endpoint = "other-ats.iot.eu-central-1.amazonaws.com"; })},
        {Cause::certificate_not_registered, "unknown",
         in_cloud([](PatientCloud& cloud) { cloud.certificate.clear(); })},
        {Cause::certificate_not_registered, "by an authority that would register it",
         by_jit([](PatientCloud& /*cloud*/) {})},
        {Cause::ca_not_registered, "unknown", by_jit([](PatientCloud& cloud) { cloud.ca.clear(); })},
        {Cause::ca_inactive, "INACTIVE", by_jit([](PatientCloud& cloud) { cloud.ca_status = "INACTIVE"; })},
        {Cause::ca_auto_registration_off, "DISABLE",
         by_jit([](PatientCloud& cloud) { cloud.ca_auto_registration = "DISABLE"; })},
        {Cause::certificate_inactive, "INACTIVE", in_status("INACTIVE")},
        {Cause::certificate_inactive, "refused with a reason",
         [](Patient& p) {
             in_status("INACTIVE")(p);
             refused(ReasonCode::not_authorised)(p);
         }},
        {Cause::certificate_inactive, "refused in TLS",
         [](Patient& p) {
             in_status("INACTIVE")(p);
             tls_alert(SSL_AD_CERTIFICATE_UNKNOWN)(p);
         }},
        {Cause::certificate_not_admitted, "registered just in time",
         [](Patient& p) {
             in_status("INACTIVE")(p);
             p.rewrite_identity("enrolment", "jit");
         }},
        {Cause::certificate_revoked, "REVOKED", in_status("REVOKED")},
        {Cause::certificate_pending_transfer, "PENDING_TRANSFER", in_status("PENDING_TRANSFER")},
        {Cause::certificate_pending_activation, "PENDING_ACTIVATION", in_status("PENDING_ACTIVATION")},
        {Cause::no_policy, "none", in_cloud([](PatientCloud& cloud) { cloud.policies.clear(); })},
        {Cause::thing_not_attached, "to none", in_cloud([](PatientCloud& cloud) {
             cloud.decision = "IMPLICIT_DENY";
             cloud.things.clear();
         })},
        {Cause::client_id_wrong, "to another thing", in_cloud([](PatientCloud& cloud) {
             cloud.decision = "IMPLICIT_DENY";
             cloud.things = {"gateway-2"};
         })},
        {Cause::policy_denies_connect, "not allowed",
         in_cloud([](PatientCloud& cloud) { cloud.decision = "IMPLICIT_DENY"; })},
        {Cause::policy_denies_connect, "denied",
         in_cloud([](PatientCloud& cloud) { cloud.decision = "EXPLICIT_DENY"; })},
        {Cause::policy_propagating, "all is as it should be", in_cloud([](PatientCloud& /*cloud*/) {})},
        {Cause::topic_denied, "closed after a publish", was_closed_for("FORBIDDEN_ACCESS")},
        {Cause::packet_refused, "a will on $SYS", was_closed_for("CLIENT_ERROR")},
    };
}

std::vector<Row> all_rows() {
    std::vector<Row> rows;
    for (const auto& part :
         {file_rows(), chip_rows(), date_rows(), network_rows(), broker_rows(), account_rows(), cloud_rows()}) {
        rows.insert(rows.end(), part.begin(), part.end());
    }
    return rows;
}

// named are the codes of a report: of its failure, or else of its warnings.
std::vector<std::string> named(const aws::doctor::Report& report) {
    std::vector<std::string> codes;
    for (const auto& finding : report.findings) {
        const auto wanted = report.cause() == nullptr ? Verdict::warning : Verdict::failed;
        if (finding.verdict == wanted && finding.cause) {
            codes.emplace_back(info_of(*finding.cause).code);
        }
    }
    return codes;
}

}  // namespace

TEST_CASE("a gateway that the broker accepts has nothing", "[doctor]") {
    for (const bool asked : {false, true}) {
        Patient patient;
        if (asked) {
            patient.be_asked();
        }
        const auto report = patient.examine();
        CHECK(report.cause() == nullptr);
        CHECK(named(report).empty());
        CHECK(patient.broker.met.size() == 1);
        CHECK(patient.broker.met.front().client_id == "gateway-1");
        CHECK((patient.cloud.requests > 0) == asked);
    }
}

TEST_CASE("each cause is named alone", "[doctor]") {
    for (const auto& [cause, how, inject] : all_rows()) {
        CAPTURE(how);
        Patient patient;
        inject(patient);
        const auto report = patient.examine();
        const auto& info = info_of(cause);
        CHECK(named(report) == std::vector<std::string>{std::string{info.code}});
        CHECK((report.cause() == nullptr) == (info.kind == Class::warning));
        for (const auto& finding : report.findings) {
            CHECK(finding.cause.has_value() ==
                  (finding.verdict == Verdict::failed || finding.verdict == Verdict::warning));
            CHECK((finding.cause.has_value() && finding.remedy.empty()) == false);
        }
    }
}

TEST_CASE("there is no cause that is not reproduced", "[doctor]") {
    std::set<Cause> reproduced;
    for (const auto& row : all_rows()) {
        reproduced.insert(row.cause);
    }
    for (const auto& info : aws::doctor::all_causes()) {
        CAPTURE(std::string{info.code});
        CHECK(reproduced.contains(info.cause));
    }
}

TEST_CASE("causes are listed once each, in their order", "[doctor]") {
    const auto causes = aws::doctor::all_causes();
    std::set<std::string_view> codes;
    for (std::size_t i = 0; i < causes.size(); ++i) {
        CHECK(static_cast<std::size_t>(causes[i].cause) == i + 1);
        CHECK(codes.insert(causes[i].code).second);
        CHECK_FALSE(causes[i].remedy.empty());
    }
    CHECK(causes.back().cause == Cause::policy_propagating);
}

TEST_CASE("the manual page lists every cause", "[doctor]") {
    const auto page = read_file(source_directory() / "docs/man/trustx-aws.1");
    for (const auto& info : aws::doctor::all_causes()) {
        CAPTURE(std::string{info.code});
        CHECK(page.find(".It Sy " + std::string{info.code} + "\n") != std::string::npos);
    }
}

TEST_CASE("what follows from a cause is not examined", "[doctor]") {
    Patient patient;
    patient.be_asked();
    patient.network.usual.obstacle = Obstacle::name;
    const auto report = patient.examine();
    CHECK(report.cause()->stage == aws::doctor::Stage::name);
    CHECK(patient.broker.met.empty());
    CHECK(patient.cloud.requests == 0);
}

TEST_CASE("a refusal that the cloud cannot explain stays the cause", "[doctor]") {
    Patient patient;
    refused(ReasonCode::not_authorised)(patient);
    cloud_says("ExpiredTokenException")(patient);
    const auto report = patient.examine();
    REQUIRE(report.cause() != nullptr);
    CHECK(report.cause()->cause == Cause::not_authorised);
    CHECK(report.warns(Cause::credentials_expired));
}

TEST_CASE("what the cloud misses of a gateway that is accepted is a warning", "[doctor]") {
    Patient patient;
    asked([](PatientCloud& cloud) { cloud.policies.clear(); })(patient);
    const auto report = patient.examine();
    CHECK(report.cause() == nullptr);
    CHECK(report.warns(Cause::no_policy));
}

TEST_CASE("a rotation that has not ended hinders nobody", "[doctor]") {
    Patient patient;
    patient.interrupt("answer", aws::Phase::enrolling, aws::Task::rotate);
    CHECK(patient.examine().cause() == nullptr);
    patient.interrupt("answer", aws::Phase::abandoning, aws::Task::rotate);
    CHECK(patient.examine().cause() != nullptr);
}

TEST_CASE("a journal that only root may read hinders nobody", "[doctor]") {
    Patient patient;
    patient.disk.unreadable.insert("/state/enroll.journal");
    CHECK(patient.examine().cause() == nullptr);
}
