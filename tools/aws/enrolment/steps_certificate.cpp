// SPDX-License-Identifier: Apache-2.0
// Steps in the cloud that are about the certificate. Both calls that issue one would issue another when they are
// repeated; so before they are made it is durable that they are, and where their answer was lost, what they left is
// looked for by its key.
#include "aws/control/calls/ca_certificates.hpp"
#include "aws/control/calls/policies.hpp"
#include "aws/control/calls/provisioning.hpp"
#include "aws/documents/provisioning_template.hpp"
#include "aws/enrolment/certificate_answer.hpp"
#include "aws/enrolment/certificate_removal.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <algorithm>

namespace trustx::aws {
namespace {

constexpr const char* issuer = "AWS IoT";

// Issued is a certificate that the cloud has for the key of this enrolment.
struct Issued {
    std::string arn;
    std::string id;
    std::string pem;
    CertificateStatus status = CertificateStatus::inactive;
    std::string ca_id{};  // of the registered authority that issued it; empty: AWS did
};

std::optional<PublicKey> key_of(const std::string& pem) {
    const auto chain = x509::parse_certificate_file(text::as_bytes(pem), issuer);
    const auto key = chain ? chain->front().public_key() : Result<PublicKey>{chain.failure()};
    return key ? std::optional{*key} : std::nullopt;
}

// described gives a certificate if it is for the key of this enrolment.
Result<std::optional<Issued>> described(Run& run, const std::string& id) {
    TRY(const auto found, unless_missing(ask(run, DescribeCertificate{.id = id})));
    if (!found || key_of(found->pem) != run.facts().public_key) {
        return std::optional<Issued>{};
    }
    return std::optional{Issued{.arn = found->arn,
                                .id = found->id,
                                .pem = found->pem,
                                .status = found->status,
                                .ca_id = found->ca_certificate_id}};
}

bool may_be_ours(const ListedCertificate& listed, WallTime since) {
    return listed.status == CertificateStatus::inactive && (!listed.created || *listed.created >= since);
}

// look_in_list goes through the certificates of the account, newest first, until they are older than this enrolment. A
// user who may not list them gets no certificate back, which costs one that stays inactive.
Result<std::optional<Issued>> look_in_list(Run& run) {
    constexpr std::chrono::minutes difference_of_clocks{10};
    const auto since = std::chrono::system_clock::from_time_t(run.journal.begun) - difference_of_clocks;
    std::string next;
    do {
        const auto page = ask(run, ListCertificates{.marker = next});
        if (!page && (page.error() == ApiErrc::access_denied || page.error() == ApiErrc::unauthorized)) {
            run.note("an inactive certificate may be left in the account: these credentials may not list certificates");
            return std::optional<Issued>{};
        }
        TRYV(page);
        for (const auto& listed : page->items) {
            if (listed.created && *listed.created < since) {
                return std::optional<Issued>{};
            }
            TRY(auto found, may_be_ours(listed, since) ? described(run, listed.id)
                                                       : Result<std::optional<Issued>>{std::optional<Issued>{}});
            if (found) {
                return found;
            }
        }
        next = page->next;
    } while (!next.empty());
    return std::optional<Issued>{};
}

// note_certificates_before is for a key that was there already: what the thing has for it is not this enrolment's.
Result<void> note_certificates_before(Run& run) {
    if (!run.facts().slot_was_empty.value_or(true)) {
        TRY(run.facts().certificates_before, principals_of(cloud_of(run), run.order().thing));
    }
    return {};
}

// look_at_thing finds what RegisterThing attached.
Result<std::optional<Issued>> look_at_thing(Run& run) {
    TRY(const auto principals, principals_of(cloud_of(run), run.order().thing));
    const auto& before = run.facts().certificates_before;
    for (const auto& arn : principals) {
        const bool was_there = std::ranges::find(before, arn) != before.end();
        TRY(auto found, was_there ? Result<std::optional<Issued>>{std::optional<Issued>{}}
                                  : described(run, arn.substr(arn.rfind('/') + 1)));
        if (found) {
            return found;
        }
    }
    return std::optional<Issued>{};
}

// left_over looks for what a call left whose answer was lost.
Result<std::optional<Issued>> left_over(Run& run) {
    TRY(auto attached, look_at_thing(run));
    if (attached) {
        return attached;
    }
    return look_in_list(run);
}

bool is_aws(const std::string& host) {
    return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
}

// is_of_aws: who enrols without an account knows the service by its broker alone.
bool is_of_aws(const Run& run) {
    const auto broker = Endpoint::parse(run.journal.facts.endpoint);
    return is_aws(run.seams.cloud.endpoint().url.host) || (broker && is_aws(broker->host));
}

// check_id compares AWS's name of the certificate with what it has to be. Stand-ins may hash something else.
Result<void> check_id(Run& run, const x509::Certificate& leaf) {
    if (pki::certificate_id(leaf) == run.facts().certificate_id) {
        return {};
    }
    const auto words = "the cloud calls the certificate " + run.facts().certificate_id + ", and by its content it is " +
                       pki::certificate_id(leaf);
    if (is_of_aws(run)) {
        return fail(InputErrc::check_failed, words + "; it is not used");
    }
    run.note(words);
    return {};
}

Result<void> take(Run& run, Issued issued) {
    run.facts().certificate_arn = std::move(issued.arn);
    run.facts().certificate_id = std::move(issued.id);
    run.facts().certificate = std::move(issued.pem);
    TRYV(run.record());
    return check_issued(run);
}

// asked_once makes a call that must not be repeated, and looks for its result where the answer was lost.
template <class Issue>
Result<void> asked_once(Run& run, Issue issue) {
    if (!run.facts().certificate_id.empty()) {
        return check_issued(run);
    }
    if (run.facts().asked) {
        TRY(auto found, left_over(run));
        if (found) {
            run.note("found the certificate of an answer that was lost: " + found->id);
            return take(run, *std::move(found));
        }
    }
    TRYV(note_certificates_before(run));
    run.facts().asked = true;
    TRYV(run.record());
    ApiResult<Issued> issued = issue();
    if (!issued && issued.error().outcome_unknown) {
        TRY(auto found, left_over(run));
        if (found) {
            return take(run, *std::move(found));
        }
    }
    TRYV(issued);
    return take(run, *std::move(issued));
}

std::string plan_earlier(const Order& order) {
    return "look at the certificates of " + order.thing + ": one for the same key is used, and no second one made";
}

// complete adds the certificate of the registered authority, as the authority did when it issued.
Result<void> complete(Run& run, Issued& found) {
    if (run.order().method != EnrolmentMethod::own_ca || found.ca_id.empty()) {
        return {};
    }
    TRY(const auto authority, unless_missing(ask(run, DescribeCaCertificate{.id = found.ca_id})));
    found.pem += authority ? authority->pem : "";
    return {};
}

// look_for_earlier is for a request that was approved before, on another computer.
Result<void> look_for_earlier(Run& run) {
    if (!run.facts().certificate_id.empty()) {
        return {};
    }
    TRYV(note_others(run));
    TRY(auto found, look_at_thing(run));
    if (!found) {
        return {};
    }
    if (found->status == CertificateStatus::revoked) {
        return fail(EnrolmentErrc::certificate_revoked,
                    "the key has the certificate " + found->id + ", which is revoked, for good: use another key");
    }
    TRYV(complete(run, *found));
    run.note("this key has the certificate " + found->id + " already");
    run.facts().certificate_existed = found->status == CertificateStatus::active;
    return take(run, *std::move(found));
}

std::string plan_certificate(const Order& /*order*/) {
    return "CreateCertificateFromCsr: a certificate for the request, inactive; it is checked to be for the chip's key";
}

Result<void> get_certificate(Run& run) {
    return asked_once(run, [&run]() -> ApiResult<Issued> {
        TRY(auto answer, ask(run, CreateCertificateFromCsr{.csr_pem = run.facts().request}));
        return Issued{.arn = std::move(answer.arn), .id = std::move(answer.id), .pem = std::move(answer.pem)};
    });
}

std::string plan_registration(const Order& order) {
    return "RegisterThing: a certificate for the request, inactive, attached to " + order.thing + " and to " +
           order.policy + "; it is checked to be for the chip's key";
}

ApiResult<Issued> named_in(const RegisteredThing& answer) {
    const auto arn = answer.resource_arns.find("certificate");
    if (arn == answer.resource_arns.end()) {
        return tl::make_unexpected(ApiError{Error{
            ApiErrc::answer_malformed, "RegisterThing: the answer names no certificate; resume, to look for it"}});
    }
    return Issued{
        .arn = arn->second, .id = arn->second.substr(arn->second.rfind('/') + 1), .pem = answer.certificate_pem};
}

// policy_for is the first of the old certificate's in a rotation, which attaches the others as well.
Result<std::string> policy_for(Run& run) {
    if (run.order().task != Task::rotate) {
        return run.order().policy;
    }
    const auto& policies = run.facts().policies;
    return policies.empty() ? fail(InputErrc::nothing_there,
                                   "the old certificate has no policy, and RegisterThing wants one: use the method csr")
                            : Result<std::string>{policies.front()};
}

Result<void> register_thing(Run& run) {
    TRY(const auto policy, policy_for(run));
    TRY(const auto body, provisioning_template({.use = TemplateUse::register_csr, .policy = policy}));
    return asked_once(run, [&run, &body]() -> ApiResult<Issued> {
        TRY(const auto answer, ask(run, RegisterThing{.template_body = body,
                                                      .parameters = {{"ThingName", run.order().thing},
                                                                     {"SerialNumber", run.journal.chip},
                                                                     {"CSR", run.facts().request}}}));
        return named_in(answer);
    });
}

// deactivate leaves alone what was registered before: others may use it.
Result<void> deactivate(Run& run) {
    if (run.facts().certificate_existed.value_or(false)) {
        return {};
    }
    return gone_is_fine(
        ask(run, UpdateCertificate{.id = run.facts().certificate_id, .status = CertificateStatus::inactive}));
}

Result<void> detach_everything(const CloudAccess& cloud, const std::string& arn) {
    const auto policies = every_item<NamedArn>(
        [&](const std::string& next) { return ask(cloud, ListAttachedPolicies{.target = arn, .marker = next}); });
    TRYV(gone_is_fine(policies));
    for (const auto& policy : policies ? *policies : std::vector<NamedArn>{}) {
        TRYV(gone_is_fine(ask(cloud, DetachPolicy{.policy = policy.name, .target = arn})));
    }
    const auto things = every_item<std::string>(
        [&](const std::string& next) { return ask(cloud, ListPrincipalThings{.principal = arn, .next = next}); });
    TRYV(gone_is_fine(things));
    for (const auto& thing : things ? *things : std::vector<std::string>{}) {
        TRYV(gone_is_fine(ask(cloud, DetachThingPrincipal{.thing = thing, .principal = arn})));
    }
    return {};
}

// find_arn completes what is known of a certificate; empty: there is none.
Result<void> find_arn(Run& run) {
    auto& facts = run.facts();
    if (facts.certificate_id.empty() && facts.asked) {
        TRY(auto found, left_over(run));
        facts.certificate_id = found ? std::move(found->id) : "";
        facts.certificate_arn = found ? std::move(found->arn) : "";
    }
    if (!facts.certificate_id.empty() && facts.certificate_arn.empty()) {
        TRY(auto found, unless_missing(ask(run, DescribeCertificate{.id = facts.certificate_id})));
        facts.certificate_arn = found ? std::move(found->arn) : "";
    }
    return {};
}

std::string plan_activation(const Order& /*order*/) {
    return "UpdateCertificate: the certificate becomes active";
}

Result<void> activate(Run& run) {
    TRYV(check_alone(run));
    TRYV(ask(run, UpdateCertificate{.id = run.facts().certificate_id, .status = CertificateStatus::active}));
    return {};
}

}  // namespace

Result<void> check_issued(Run& run) {
    TRY(const auto chain,
        x509::parse_certificate_file(text::as_bytes(run.facts().certificate), "the answer of AWS IoT"));
    TRYV(pki::check_certificate(chain, *run.facts().public_key, run.object(), run.time(), issuer));
    TRYV(check_id(run, chain.front()));
    return run.facts().certificate_arn.empty() ? Result<void>{} : note_account(run, run.facts().certificate_arn);
}

Result<void> remove_certificate(Run& run) {
    if (run.facts().certificate_existed.value_or(false)) {
        run.note("the certificate was registered before, and stays as it is");
        return {};
    }
    TRYV(find_arn(run));
    if (run.facts().certificate_arn.empty()) {
        return {};
    }
    return take_out_of_use(cloud_of(run), {.arn = run.facts().certificate_arn, .id = run.facts().certificate_id});
}

// What is revoked stays so, and need not be made inactive.
Result<void> take_out_of_use(const CloudAccess& cloud, const RegisteredCertificate& certificate, Removal removal) {
    TRY(const auto found, unless_missing(ask(cloud, DescribeCertificate{.id = certificate.id})));
    if (!found) {
        return {};
    }
    const bool revoke = removal == Removal::revoke;
    const auto wanted = revoke ? CertificateStatus::revoked : CertificateStatus::inactive;
    if (found->status != wanted && found->status != CertificateStatus::revoked) {
        TRYV(gone_is_fine(ask(cloud, UpdateCertificate{.id = certificate.id, .status = wanted})));
    }
    TRYV(detach_everything(cloud, certificate.arn));
    return revoke ? Result<void>{} : gone_is_fine(ask(cloud, DeleteCertificate{.id = certificate.id}));
}

const Step steps::earlier{
    .name = "earlier", .place = Place::nothing, .plan = plan_earlier, .perform = look_for_earlier, .undo = nullptr};
const Step steps::certificate{.name = "certificate",
                              .place = Place::cloud,
                              .plan = plan_certificate,
                              .perform = get_certificate,
                              .undo = remove_certificate};
const Step steps::registration{.name = "registration",
                               .place = Place::cloud,
                               .plan = plan_registration,
                               .perform = register_thing,
                               .undo = remove_certificate};
const Step steps::activation{
    .name = "activation", .place = Place::cloud, .plan = plan_activation, .perform = activate, .undo = deactivate};

}  // namespace trustx::aws
