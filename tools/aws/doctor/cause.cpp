// SPDX-License-Identifier: Apache-2.0
#include "aws/doctor/cause.hpp"

#include "aws/control/api_error.hpp"

#include <algorithm>
#include <array>

namespace trustx::aws::doctor {
namespace {

constexpr std::array stage_names{
    std::pair{Stage::identity, "identity"}, std::pair{Stage::provider, "provider"},
    std::pair{Stage::chip, "chip"},         std::pair{Stage::key, "key"},
    std::pair{Stage::clock, "clock"},       std::pair{Stage::certificate, "certificate"},
    std::pair{Stage::name, "name"},         std::pair{Stage::tcp, "tcp"},
    std::pair{Stage::tls, "tls"},           std::pair{Stage::mqtt, "mqtt"},
    std::pair{Stage::account, "account"},   std::pair{Stage::cloud, "cloud"},
};

constexpr std::array causes{
    // The files of the gateway.
    CauseInfo{Cause::not_enrolled, "not-enrolled", Stage::identity, Class::not_enrolled,
              "enrol it with `trustx aws enroll`, or name its directory with --identity-dir"},
    CauseInfo{Cause::enrolment_unfinished, "enrolment-unfinished", Stage::identity, Class::unfinished,
              "`trustx aws status` names the command that carries on; `trustx aws abandon` takes it back"},
    CauseInfo{Cause::identity_unreadable, "identity-unreadable", Stage::identity, Class::file,
              "run this as root or as a user of the group trustx"},
    CauseInfo{Cause::identity_malformed, "identity-malformed", Stage::identity, Class::file,
              "put back the file from a backup, or enrol the gateway again with `trustx aws enroll --replace`"},
    CauseInfo{Cause::endpoint_region, "endpoint-region", Stage::identity, Class::disagreement,
              "correct aws.json: endpoint and region are those of the account in which the certificate is registered"},
    CauseInfo{Cause::certificate_file, "certificate-file", Stage::identity, Class::file,
              "write the certificate of the chip into it with `trustx cert read`, or put it back from a backup"},
    CauseInfo{Cause::roots_file, "roots-file", Stage::identity, Class::file,
              "put Amazon's roots 1 and 3 into it; Debian's package ca-certificates has them"},
    CauseInfo{Cause::key_file, "key-file", Stage::identity, Class::file,
              "make it again with `trustx key-file SLOT --out FILE`; the key stays in the chip"},
    CauseInfo{Cause::files_disagree, "files-disagree", Stage::identity, Class::disagreement,
              "the files are of two enrolments: put those of one of them back, or enrol the gateway again"},
    CauseInfo{Cause::key_certificate_mismatch, "key-certificate-mismatch", Stage::identity, Class::disagreement,
              "use the certificate that was issued for this key, or the key file of the certificate's slot"},
    // Provider and chip.
    CauseInfo{Cause::provider_not_loaded, "provider-not-loaded", Stage::provider, Class::disagreement,
              "`trustx setup enable`, or set OPENSSL_CONF to /etc/trustx/openssl-trustx.cnf; programs otherwise say "
              "`DECODER routines::unsupported`"},
    CauseInfo{Cause::chip_setting, "chip-setting", Stage::chip, Class::chip_setting, "correct the setting"},
    CauseInfo{Cause::chip_permission, "chip-permission", Stage::chip, Class::chip,
              "put the user into the group trustx, or run this as root"},
    CauseInfo{Cause::chip_busy, "chip-busy", Stage::chip, Class::chip,
              "find out which program keeps the chip, or wait until it has ended"},
    CauseInfo{Cause::chip_unreachable, "chip-unreachable", Stage::chip, Class::chip,
              "check wires, supply and address; `trustx setup check` says more"},
    CauseInfo{Cause::chip_other, "chip-other", Stage::chip, Class::disagreement,
              "use the chip that was enrolled, or enrol the gateway again with this one"},
    CauseInfo{Cause::key_missing, "key-missing", Stage::key, Class::key_missing,
              "the key that was enrolled is gone: enrol the gateway again"},
    CauseInfo{Cause::key_other, "key-other", Stage::key, Class::disagreement,
              "the key that was enrolled was replaced: enrol the gateway again with the one that is there now"},
    CauseInfo{Cause::key_refused, "key-refused", Stage::key, Class::chip_refuses,
              "`trustx metadata show SLOT` shows usage and access conditions of the key"},
    // The clock and what has a date.
    CauseInfo{Cause::clock_wrong, "clock-wrong", Stage::clock, Class::clock,
              "set the clock, for example by systemd-timesyncd; let services start after time-sync.target"},
    CauseInfo{Cause::clock_skewed, "clock-skewed", Stage::clock, Class::warning,
              "set the clock, for example by systemd-timesyncd: AWS refuses signatures of requests from five "
              "minutes on"},
    CauseInfo{Cause::certificate_not_yet_valid, "certificate-not-yet-valid", Stage::certificate, Class::disagreement,
              "wait until it is, or have another one issued"},
    CauseInfo{Cause::certificate_expired, "certificate-expired", Stage::certificate, Class::disagreement,
              "enrol the gateway again"},
    CauseInfo{Cause::certificate_expires, "certificate-expires", Stage::certificate, Class::warning,
              "replace it in time with a new key in another slot"},
    CauseInfo{Cause::certificate_not_in_chip, "certificate-not-in-chip", Stage::certificate, Class::warning,
              "`trustx cert write` puts the certificate of the file into the chip, for programs that use it by URI"},
    CauseInfo{Cause::root_expires, "root-expires", Stage::certificate, Class::warning,
              "put the successor into the file in time; Debian's package ca-certificates has it"},
    CauseInfo{Cause::anchor_expires, "anchor-expires", Stage::certificate, Class::warning,
              "`trustx anchor write` puts a successor into the chip, as long as the object's life cycle allows it"},
    // The way to the broker.
    CauseInfo{Cause::name_not_found, "name-not-found", Stage::name, Class::network,
              "check the name of the broker in aws.json, and the name server"},
    CauseInfo{Cause::tcp_refused, "tcp-refused", Stage::tcp, Class::network,
              "check the port, and that no firewall refuses it; AWS IoT also listens on 443"},
    CauseInfo{Cause::tcp_timeout, "tcp-timeout", Stage::tcp, Class::network,
              "check cable, route, and that no firewall drops the port; AWS IoT also listens on 443"},
    CauseInfo{Cause::broker_not_yet_valid, "broker-not-yet-valid", Stage::tls, Class::untrusted,
              "the clock of this computer is right: the broker needs another certificate"},
    CauseInfo{Cause::broker_expired, "broker-expired", Stage::tls, Class::untrusted,
              "set the clock if it is wrong; otherwise the broker needs a new certificate"},
    CauseInfo{Cause::broker_name, "broker-name", Stage::tls, Class::untrusted,
              "use a name that is in its certificate: the endpoint of the account, or its own domain"},
    CauseInfo{Cause::broker_untrusted, "broker-untrusted", Stage::tls, Class::untrusted,
              "put the root of the broker's chain into the file of roots; if the chain is none of AWS's, something "
              "between intercepts TLS"},
    CauseInfo{Cause::root_missing, "root-missing", Stage::tls, Class::untrusted,
              "put Amazon's roots 1 (RSA) and 3 (ECC) into the file of roots: the broker shows either chain"},
    CauseInfo{Cause::endpoint_legacy, "endpoint-legacy", Stage::tls, Class::untrusted,
              "use the endpoint with `-ats` in its name (`aws iot describe-endpoint --endpoint-type iot:Data-ATS`)"},
    CauseInfo{Cause::tls_version, "tls-version", Stage::tls, Class::network,
              "allow TLS 1.2 and 1.3 in the domain configuration of the broker and in OpenSSL's configuration"},
    CauseInfo{Cause::tls_parameters, "tls-parameters", Stage::tls, Class::network,
              "check the cipher suites and groups that OpenSSL's configuration allows, and those of the broker"},
    CauseInfo{Cause::tls_name_refused, "tls-name-refused", Stage::tls, Class::network,
              "use the full name of the endpoint: it is sent as server name (SNI)"},
    CauseInfo{Cause::tls_alpn, "tls-alpn", Stage::tls, Class::network,
              "use port 8883, or on port 443 a domain configuration for x-amzn-mqtt-ca"},
    CauseInfo{Cause::tls_failed, "tls-failed", Stage::tls, Class::network,
              "check that this is the TLS port of the broker, and that nothing between ends connections"},
    // The broker.
    CauseInfo{Cause::certificate_refused, "certificate-refused", Stage::mqtt, Class::not_accepted,
              "check that the certificate is registered and active; with credentials this command tells"},
    CauseInfo{Cause::signature_refused, "signature-refused", Stage::mqtt, Class::disagreement,
              "the chip's key is not the one of the certificate: enrol the gateway again"},
    CauseInfo{Cause::not_authorised, "not-authorised", Stage::mqtt, Class::not_accepted,
              "check state and policies of the certificate; with credentials this command tells"},
    CauseInfo{Cause::closed_without_reason, "closed-without-reason", Stage::mqtt, Class::not_accepted,
              "check that the certificate is registered and active and has a policy; with credentials this command "
              "tells"},
    CauseInfo{Cause::client_id_refused, "client-id-refused", Stage::mqtt, Class::not_accepted,
              "the client id is the thing's name in aws.json: at most 128 bytes, and one that the broker allows"},
    CauseInfo{Cause::client_id_taken, "client-id-taken", Stage::mqtt, Class::not_accepted,
              "give each client its own client id; stop the service of this gateway while this command runs"},
    CauseInfo{Cause::closed_after_connack, "closed-after-connack", Stage::mqtt, Class::not_accepted,
              "look for events of presence in the cloud, and for another client with the same client id"},
    CauseInfo{Cause::mqtt_version, "mqtt-version", Stage::mqtt, Class::not_accepted,
              "check the protocol settings of the broker: MQTT 5 is used"},
    CauseInfo{Cause::password_wanted, "password-wanted", Stage::mqtt, Class::not_accepted,
              "set the broker up for certificates alone"},
    CauseInfo{Cause::throttled, "throttled", Stage::mqtt, Class::not_accepted,
              "connect less often: one CONNECT per second and client id, with a back-off that grows"},
    CauseInfo{Cause::broker_unavailable, "broker-unavailable", Stage::mqtt, Class::not_accepted, "try again later"},
    CauseInfo{Cause::broker_refuses, "broker-refuses", Stage::mqtt, Class::not_accepted,
              "the reason code says what the broker does not accept; see its log"},
    CauseInfo{Cause::no_answer, "no-answer", Stage::mqtt, Class::not_accepted,
              "check that it is an MQTT broker which listens there; try again later"},
    CauseInfo{Cause::topic_denied, "topic-denied", Stage::cloud, Class::cloud,
              "allow the topic in the policy (topic/ to publish, topicfilter/ to subscribe), or correct the service"},
    CauseInfo{Cause::packet_refused, "packet-refused", Stage::cloud, Class::cloud,
              "no will or message on topics that begin with `$`, no QoS 2, at most seven slashes and eight filters: "
              "correct the service (mosquitto's bridge: notifications false, try_private false)"},
    // The operator's credentials.
    CauseInfo{Cause::credentials_expired, "credentials-expired", Stage::account, Class::cloud,
              "renew them: `aws sso login`, or `aws configure export-credentials`"},
    CauseInfo{Cause::credentials_refused, "credentials-refused", Stage::account, Class::cloud,
              "check access key and secret, and that they are for this partition of AWS"},
    CauseInfo{Cause::credentials_unusable, "credentials-unusable", Stage::account, Class::cloud,
              "correct ~/.aws or the variables of the environment, or run this without credentials"},
    CauseInfo{Cause::credentials_other_account, "credentials-other-account", Stage::account, Class::cloud,
              "choose the account and the region of the gateway with --profile and --region"},
    CauseInfo{Cause::cloud_access_denied, "cloud-access-denied", Stage::account, Class::cloud,
              "allow the operator to read: iot:Describe*, iot:List*, iot:Get*, iot:TestAuthorization"},
    CauseInfo{Cause::cloud_throttled, "cloud-throttled", Stage::account, Class::network, "try again in a minute"},
    CauseInfo{Cause::cloud_unreachable, "cloud-unreachable", Stage::account, Class::network,
              "check network and proxy, or run this without credentials"},
    // What the service knows.
    CauseInfo{Cause::endpoint_other, "endpoint-other", Stage::cloud, Class::cloud,
              "correct the endpoint in aws.json: the certificate is registered in another account or region"},
    CauseInfo{Cause::certificate_not_registered, "certificate-not-registered", Stage::cloud, Class::cloud,
              "register it, or enrol the gateway again; for just-in-time registration the CA has to be registered, "
              "active and enabled for it"},
    CauseInfo{Cause::ca_not_registered, "ca-not-registered", Stage::cloud, Class::cloud,
              "`trustx aws ca register` with --jitr or a template, then connect again: that registers the certificate"},
    CauseInfo{
        Cause::ca_inactive, "ca-inactive", Stage::cloud, Class::cloud,
        "`aws iot update-ca-certificate --new-status ACTIVE`, then connect again: that registers the certificate"},
    CauseInfo{
        Cause::ca_auto_registration_off, "ca-auto-registration-off", Stage::cloud, Class::cloud,
        "`aws iot update-ca-certificate --new-auto-registration-status ENABLE`, then connect again: that registers "
        "the certificate"},
    CauseInfo{Cause::certificate_inactive, "certificate-inactive", Stage::cloud, Class::cloud,
              "find out who made it inactive and why, then `aws iot update-certificate --new-status ACTIVE`"},
    CauseInfo{
        Cause::certificate_not_admitted, "certificate-not-admitted", Stage::cloud, Class::cloud,
        "the function of `make jitr` refuses chips that are not in its list: if the UID is not yours, leave it so; "
        "if it is, put the chip into the list, and let the operator make this certificate active"},
    CauseInfo{Cause::certificate_revoked, "certificate-revoked", Stage::cloud, Class::cloud,
              "that is final: enrol the gateway again with a new key"},
    CauseInfo{Cause::certificate_pending_transfer, "certificate-pending-transfer", Stage::cloud, Class::cloud,
              "the other account has to accept it, or this one to cancel the transfer"},
    CauseInfo{Cause::certificate_pending_activation, "certificate-pending-activation", Stage::cloud,
              Class::not_activated,
              "see why template or function of the just-in-time registration do not activate it: a subject without "
              "the field that the template names, an allow-list, a role without rights"},
    CauseInfo{Cause::no_policy, "no-policy", Stage::cloud, Class::cloud,
              "`aws iot attach-policy` with the certificate as target, then wait up to ten minutes"},
    CauseInfo{Cause::thing_not_attached, "thing-not-attached", Stage::cloud, Class::cloud,
              "`aws iot attach-thing-principal`: the policy wants the certificate attached to the thing"},
    CauseInfo{Cause::client_id_wrong, "client-id-wrong", Stage::cloud, Class::cloud,
              "use the name of the thing that the certificate is attached to as client id and in aws.json"},
    CauseInfo{Cause::policy_denies_connect, "policy-denies-connect", Stage::cloud, Class::cloud,
              "allow iot:Connect on client/THING in the policy, then wait up to ten minutes"},
    CauseInfo{Cause::policy_propagating, "policy-propagating", Stage::cloud, Class::not_accepted,
              "a change takes six to eight minutes to be in force: try again after ten"},
};

class CauseCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "trustx doctor"; }
    [[nodiscard]] std::string message(int /*value*/) const override { return {}; }
};

}  // namespace

std::string_view name_of(Stage stage) noexcept {
    return std::ranges::find(stage_names, stage, [](const auto& pair) { return pair.first; })->second;
}

std::span<const CauseInfo> all_causes() noexcept {
    return causes;
}

const CauseInfo& info_of(Cause cause) noexcept {
    return *std::ranges::find(causes, cause, &CauseInfo::cause);
}

const std::error_category& cause_category() noexcept {
    static const CauseCategory category;
    return category;
}

}  // namespace trustx::aws::doctor
