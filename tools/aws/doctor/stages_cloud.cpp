// SPDX-License-Identifier: Apache-2.0
// What the service knows about the gateway (aws-iot.md sections 6.2, 8.4 and 14, item 7), by calls that only read.
#include "aws/account/account_error.hpp"
#include "aws/control/arn.hpp"
#include "aws/control/calls/ca_certificates.hpp"
#include "aws/control/calls/operations.hpp"
#include "aws/control/calls/policies.hpp"
#include "aws/doctor/exam.hpp"
#include "common/try.hpp"
#include "pki/request.hpp"

#include <algorithm>
#include <array>

namespace trustx::aws::doctor {
namespace {

template <class T>
using Known = tl::expected<T, Trouble>;

struct RefusalMeaning {
    std::error_code code;
    Cause cause;
};

// account_trouble is about calls that bring nothing.
Trouble account_trouble(const Error& error) {
    static const std::array meanings{
        RefusalMeaning{ApiErrc::expired_token, Cause::credentials_expired},
        RefusalMeaning{AccountErrc::credentials_expired, Cause::credentials_expired},
        RefusalMeaning{ApiErrc::unknown_credentials, Cause::credentials_refused},
        RefusalMeaning{ApiErrc::signature_mismatch, Cause::credentials_refused},
        RefusalMeaning{ApiErrc::wrong_scope, Cause::credentials_refused},
        RefusalMeaning{ApiErrc::token_missing, Cause::credentials_refused},
        RefusalMeaning{ApiErrc::access_denied, Cause::cloud_access_denied},
        RefusalMeaning{ApiErrc::unauthorized, Cause::cloud_access_denied},
        RefusalMeaning{ApiErrc::throttling, Cause::cloud_throttled},
        RefusalMeaning{ApiErrc::clock_skew, Cause::clock_wrong},
    };
    const auto* const found = std::ranges::find(meanings, error.code(), &RefusalMeaning::code);
    const auto cause = found != meanings.end()                         ? found->cause
                       : error.code().category() == account_category() ? Cause::credentials_unusable
                                                                       : Cause::cloud_unreachable;
    return {cause, error.operation()};
}

// ask makes one call. A cloud that throttles does so for seconds; a diagnosis is not worth more.
template <ApiCall Call>
ApiResult<typename Call::Answer> ask(const Exam& exam, const Call& call) {
    constexpr std::chrono::seconds patience{8};
    return (*exam.seams.cloud)->call(call, Deadline::after(exam.seams.clock, patience));
}

template <ApiCall Call>
Known<typename Call::Answer> answer_to(const Exam& exam, const Call& call) {
    auto answer = ask(exam, call);
    if (!answer) {
        return tl::unexpected{account_trouble(answer.error())};
    }
    return *std::move(answer);
}

bool is_of_this_account(const Exam& exam, const std::string& endpoint) {
    const auto parsed = Endpoint::parse(endpoint);
    return parsed && parsed->host == exam.identity->endpoint.host;
}

// why_not_registered looks at the authority, where the first connection would have registered the certificate
// (aws-iot.md section 7.4).
Trouble why_not_registered(const Exam& exam) {
    const Trouble unknown{Cause::certificate_not_registered,
                          "certificate " + exam.identity->certificate_id + " is not registered there"};
    if (exam.identity->method != EnrolmentMethod::jit || exam.chain.size() < 2) {
        return unknown;
    }
    const auto ca = pki::certificate_id(exam.chain[1]);
    const auto described = ask(exam, DescribeCaCertificate{.id = ca});
    if (!described) {
        return described.error() != ApiErrc::resource_not_found
                   ? unknown
                   : Trouble{Cause::ca_not_registered, unknown.text + ", and neither is the CA that issued it, " + ca};
    }
    return !described->active ? Trouble{Cause::ca_inactive, "the CA that issued it, " + ca + ", is INACTIVE"}
           : !described->auto_registration
               ? Trouble{Cause::ca_auto_registration_off,
                         "the CA that issued it, " + ca + ", does not register certificates at their first connection"}
               : unknown;
}

// certificate_known finds it, and where it does not, whether this is the account to look in: the endpoint's name is
// the account's own.
Known<CertificateDescription> certificate_known(const Exam& exam) {
    TRY(const auto endpoint, answer_to(exam, DescribeEndpoint{}));
    const auto& identity = *exam.identity;
    auto described = ask(exam, DescribeCertificate{.id = identity.certificate_id});
    if (!described && described.error() != ApiErrc::resource_not_found) {
        return tl::unexpected{account_trouble(described.error())};
    }
    const auto endpoints = "the endpoint of these credentials' account and region is " + endpoint +
                           ", and that of the gateway " + identity.endpoint.text();
    if (!described && is_of_this_account(exam, endpoint)) {
        return tl::unexpected{why_not_registered(exam)};
    }
    if (!described) {
        return trouble(Cause::credentials_other_account,
                       "certificate " + identity.certificate_id + " is not registered there; " + endpoints);
    }
    if (!is_of_this_account(exam, endpoint) && exam.refusal) {
        return trouble(Cause::endpoint_other, endpoints);
    }
    return *std::move(described);
}

// judge_status: a function that decides about chips of a vendor leaves those INACTIVE that it does not admit.
Judged judge_status(const CertificateDescription& certificate, EnrolmentMethod method) {
    const auto words = "certificate " + certificate.id + " is " + std::string{status_name(certificate.status)};
    switch (certificate.status) {
        case CertificateStatus::active:
        case CertificateStatus::unknown:
            return words;
        case CertificateStatus::revoked:
            return trouble(Cause::certificate_revoked, words);
        case CertificateStatus::pending_transfer:
            return trouble(Cause::certificate_pending_transfer, words);
        case CertificateStatus::pending_activation:
            return trouble(Cause::certificate_pending_activation, words);
        case CertificateStatus::inactive:
        case CertificateStatus::register_inactive:
            break;
    }
    return trouble(method == EnrolmentMethod::jit ? Cause::certificate_not_admitted : Cause::certificate_inactive,
                   words);
}

// why_denied looks for what a policy of the usual form wants: the certificate attached to the thing whose name is the
// client id.
Judged why_denied(const Exam& exam, const CertificateDescription& certificate, const AuthAnswer& answer) {
    TRY(const auto things, answer_to(exam, ListPrincipalThings{.principal = certificate.arn}));
    const auto& thing = exam.identity->thing;
    if (things.items.empty()) {
        return trouble(Cause::thing_not_attached,
                       "the certificate is attached to no thing, and its policies do not "
                       "let it connect as " +
                           thing);
    }
    if (std::ranges::find(things.items, thing) == things.items.end()) {
        return trouble(Cause::client_id_wrong, "the certificate is attached to the thing " + things.items.front() +
                                                   ", and this gateway connects as " + thing);
    }
    return trouble(Cause::policy_denies_connect,
                   std::string{"its policies "} +
                       (answer.decision == AuthDecision::explicit_deny ? "deny" : "do not allow") +
                       " iot:Connect on client/" + thing);
}

Judged judge_policies(const Exam& exam, const CertificateDescription& certificate) {
    TRY(const auto policies, answer_to(exam, GetEffectivePolicies{.principal = certificate.arn}));
    if (policies.empty()) {
        return trouble(Cause::no_policy, "no policy is attached to the certificate or to a group of its thing");
    }
    auto client = parse_arn(certificate.arn);
    if (!client) {
        return tl::unexpected{account_trouble(client.error())};
    }
    client->resource = "client/" + exam.identity->thing;
    TRY(const auto answers, answer_to(exam, TestAuthorization{.principal = certificate.arn,
                                                              .client_id = exam.identity->thing,
                                                              .questions = {{AuthAction::connect, {client->text()}}}}));
    if (answers.empty() || answers.front().decision != AuthDecision::allowed) {
        return why_denied(exam, certificate, answers.empty() ? AuthAnswer{} : answers.front());
    }
    return "policy " + policies.front().name + " lets it connect";
}

Judged examine_registration(const Exam& exam) {
    TRY(const auto certificate, certificate_known(exam));
    TRY(const auto status, judge_status(certificate, exam.identity->method));
    TRY(const auto allowed, judge_policies(exam, certificate));
    return status + ", " + allowed;
}

struct DisconnectMeaning {
    std::string_view reason;
    Cause cause;
};

// aws-iot.md section 8.4.
constexpr std::array disconnect_meanings{
    DisconnectMeaning{"FORBIDDEN_ACCESS", Cause::topic_denied},
    DisconnectMeaning{"CLIENT_ERROR", Cause::packet_refused},
    DisconnectMeaning{"DUPLICATE_CLIENTID", Cause::client_id_taken},
    DisconnectMeaning{"DUPLICATE_CLIENT_ID", Cause::client_id_taken},
    DisconnectMeaning{"THROTTLED", Cause::throttled},
};

}  // namespace

void ask_presence(Exam& exam) {
    if (!exam.seams.cloud) {
        return;
    }
    // An account that does not index its fleet has none; every other refusal is met again, and reported, later.
    if (const auto known = ask(exam, GetThingConnectivityData{.thing = exam.identity->thing})) {
        exam.before = *known;
    }
}

std::optional<Judged> examine_cloud(Exam& exam) {
    if (!exam.seams.cloud) {
        const auto& error = exam.seams.cloud.error();
        const bool skipped = error == AccountErrc::no_credentials && !exam.options.cloud_wanted;
        return skipped ? std::nullopt : std::optional<Judged>{tl::unexpected{account_trouble(error)}};
    }
    return examine_registration(exam);
}

Judged examine_presence(const Exam& exam) {
    if (!exam.before || exam.before->disconnect_reason.empty()) {
        return {};
    }
    const auto words = "the last connection before this one was ended by " + exam.before->disconnect_reason;
    const auto* const found =
        std::ranges::find(disconnect_meanings, exam.before->disconnect_reason, &DisconnectMeaning::reason);
    return found == disconnect_meanings.end() ? Judged{words} : Judged{trouble(found->cause, words)};
}

}  // namespace trustx::aws::doctor
