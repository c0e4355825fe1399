// SPDX-License-Identifier: Apache-2.0
// Steps of fleet provisioning by claim (aws-iot.md section 7.6). A certificate that was issued and not provisioned goes
// away by itself, so it needs no look-up: another one is asked for. From RegisterThing on it may be active, which its
// own connection proves; so it is in the chip before that (section 14, item 6).
#include "aws/enrolment/attempts.hpp"
#include "aws/enrolment/certificate_answer.hpp"
#include "aws/enrolment/certificate_removal.hpp"
#include "aws/enrolment/claim_connection.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/installation.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

using Answer = Acceptance::Answer;

constexpr const char* certificate_topic = "$aws/certificates/create-from-csr/json";

std::string provisioning_topic(const Order& order) {
    return "$aws/provisioning-templates/" + order.template_name + "/provision/json";
}

// text_in gives a member of an answer; empty: there is none.
std::string text_in(const nlohmann::json& json, const char* name) {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// Rejection is the payload of an answer to TOPIC/rejected.
struct Rejection {
    int status = 0;
    std::string code;
    std::string message;
};

Rejection parse_rejection(const std::string& payload) {
    const auto json = nlohmann::json::parse(payload, nullptr, false);
    const auto status = json.is_object() ? json.find("statusCode") : json.end();
    return {.status = status != json.end() && status->is_number_integer() ? status->get<int>() : 0,
            .code = text_in(json, "errorCode"),
            .message = text_in(json, "errorMessage")};
}

constexpr int first_of_the_service = 500;  // failures of its own

// may_pass: the service has no time, or it failed. Both are worth another attempt, on another connection.
bool may_pass(const Rejection& rejection) {
    constexpr int too_many_requests = 429;
    return rejection.status == too_many_requests || rejection.status >= first_of_the_service ||
           rejection.code.starts_with("Throttl");
}

// provider_may_have_failed: what issues is a function of the account's, where it has a certificate provider.
const char* provider_may_have_failed(const Rejection& rejection) {
    return rejection.status >= first_of_the_service
               ? "; if the account has a certificate provider, the log of its function says why"
               : "";
}

bool is_refused_token(const Rejection& rejection) {
    return rejection.code.starts_with("InvalidCertificateOwnershipToken");
}

// changed_nothing: the service refused before it ran the template.
bool changed_nothing(const Rejection& rejection) {
    constexpr std::array before_template{"AccessDenied", "ResourceNotFound"};
    return std::ranges::any_of(before_template, [&](const char* name) { return rejection.code.starts_with(name); });
}

std::string words(const Rejection& rejection) {
    return rejection.code.empty() ? "without a reason" : "with " + rejection.code + ": " + rejection.message;
}

tl::unexpected<Error> refused(const char* what, const Rejection& rejection, const char* remedy) {
    return fail(EnrolmentErrc::provisioning_refused, what + (" was refused " + words(rejection)) + "; " + remedy);
}

// hang_up ends the connection after which nothing more can be asked on it.
Acceptance hang_up(Run& run, std::string why) {
    run.claim->conversation.reset();
    return {.answer = Answer::later, .why = std::move(why)};
}

Acceptance closed_at(Run& run, const std::string& why) {
    return hang_up(run, why + "; the policy of the claim must allow connecting as claim-*, create-from-csr, which " +
                            "`$aws/certificates/create/*` does not cover, and the template " +
                            run.order().template_name);
}

Result<std::string> member(const std::string& payload, const char* name) {
    auto text = text_in(nlohmann::json::parse(payload, nullptr, false), name);
    if (text.empty()) {
        return fail(ApiErrc::answer_malformed, std::string{"the answer to CreateCertificateFromCsr has no `"} + name +
                                                   "`: it was cut short, or is not AWS's; resume, to ask again");
    }
    return text;
}

// tell_issuer: AWS's own certificates end in 2049, and those of an account's certificate provider when that wants
// (aws-iot.md section 14, item 5).
void tell_issuer(Run& run) {
    const auto chain = x509::parse_certificate_file(text::as_bytes(run.facts().certificate), "the answer");
    if (chain) {
        const auto& leaf = chain->front();
        run.note("the certificate " + run.facts().certificate_id + " is issued by " + leaf.issuer() +
                 ", and valid until " + leaf.not_after());
    }
}

// take_claimed judges it before anything of it is recorded: one that is not used goes away by itself.
Result<void> take_claimed(Run& run, const std::string& payload) {
    auto& facts = run.facts();
    TRY(facts.certificate_id, member(payload, "certificateId"));
    TRY(facts.certificate, member(payload, "certificatePem"));
    TRY(facts.token, member(payload, "certificateOwnershipToken"));
    facts.certificate_arn.clear();
    facts.asked = false;
    TRYV(check_issued(run));
    tell_issuer(run);
    return run.record();
}

Result<Acceptance> ask_for_certificate(Run& run, const Deadline& deadline) {
    TRY(auto opened, open_claim(run, deadline));
    if (opened.answer != Answer::accepted) {
        return opened;
    }
    const auto request = nlohmann::json{{"certificateSigningRequest", run.facts().request}}.dump();
    TRY(const auto reply, run.claim->conversation->ask(certificate_topic, request, deadline));
    if (reply.kind == Reply::Kind::none) {
        return closed_at(run, reply.text);
    }
    if (reply.kind == Reply::Kind::accepted) {
        TRYV(take_claimed(run, reply.text));
        return Acceptance{};
    }
    const auto rejection = parse_rejection(reply.text);
    if (may_pass(rejection)) {
        return hang_up(
            run, "CreateCertificateFromCsr was refused " + words(rejection) + provider_may_have_failed(rejection));
    }
    return refused("CreateCertificateFromCsr", rejection, "correct that, then resume");
}

// led_nowhere is the error for attempts that led to nothing.
tl::unexpected<Error> led_nowhere(const Run& run, const Acceptance& last) {
    if (last.fault) {
        return fail(*last.fault, last.why);
    }
    const bool for_good = last.answer == Answer::never;
    return fail(
        EnrolmentErrc::claim_not_accepted,
        (for_good ? "the broker does not take the claim: "
                  : "the claim led to nothing within " + std::to_string(run.seams.broker.wait.count()) + " s: ") +
            last.why + "; resume when that is corrected");
}

std::string claim_words(const Order& order) {
    if (order.claim_slot) {
        return "the identity in the slot " + order.claim_slot->hex();
    }
    return order.claim_certificate.empty() ? "a claim that AWS makes for it (CreateProvisioningClaim: its key is "
                                             "AWS's, is kept in memory only, and "
                                             "is replaced by the chip's)"
                                           : "the claim in " + order.claim_certificate;
}

std::string plan_claim(const Order& order) {
    return "connect as " + claim_words(order) +
           ", and send the request (CreateCertificateFromCsr); the certificate is checked to be for the chip's key. "
           "Unless the next steps follow within an hour, it is deleted by AWS";
}

// learn_account is for who has credentials, because AWS made the claim with them, and comes before anything is active.
// Other claims tell no account.
Result<void> learn_account(Run& run) {
    const auto& order = run.order();
    if (order.claim_slot || !order.claim_certificate.empty() || !run.facts().account.empty()) {
        return {};
    }
    const auto described = ask(run, DescribeCertificate{.id = run.facts().certificate_id});
    if (!described) {
        run.note("aws.json does not say which account this is: " + described.error().message());
        return {};
    }
    return note_account(run, described->arn);
}

Result<void> claim_certificate(Run& run) {
    if (run.facts().certificate.empty()) {
        TRY(const auto last,
            keep_trying(run.seams.broker, by_schedule(run.seams.broker),
                        [&run](const Deadline& attempt) { return ask_for_certificate(run, attempt); }));
        if (last.answer != Answer::accepted) {
            return led_nowhere(run, last);
        }
    } else {
        TRYV(check_issued(run));
    }
    return learn_account(run);
}

// keep_certificate brings chip and files to what the journal says.
Result<void> keep_certificate(Run& run) {
    TRYV(install_certificate(run));
    return write_files(run);
}

// name_thing: the template, or its hook, has the last word about the name.
Result<void> name_thing(Run& run, const std::string& payload) {
    auto& thing = run.journal.order.thing;
    const auto name = text_in(nlohmann::json::parse(payload, nullptr, false), "thingName");
    if (name.empty() || name == thing) {
        return {};
    }
    if (run.order().task == Task::rotate) {
        return fail(EnrolmentErrc::provisioning_refused,
                    "the template " + run.order().template_name + " made the certificate one of the thing " + name +
                        ", and this gateway is " + thing +
                        ": correct the template, and abandon the rotation with credentials of the account");
    }
    run.note("the template named the thing " + name + ", not " + thing);
    thing = name;
    TRYV(run.record());
    return write_files(run);
}

// give_up makes way for another certificate. The chip never has one that the journal does not know.
Result<void> give_up(Run& run) {
    TRYV(restore_certificate(run));
    auto& facts = run.facts();
    run.note(
        "the certificate " + facts.certificate_id +
        " is given up, and another one asked for: AWS deletes it when its time is over. Should it be active, it is "
        "the operator's to delete");
    facts.certificate.clear();
    facts.certificate_id.clear();
    facts.token.clear();
    facts.asked = false;
    return run.record();
}

// refuse_token: where nothing was sent with it before, the token is too old, or bound to a connection that is gone.
// Otherwise it may have been used; it is of no use then either, and what became of that is found out by connecting.
Result<Acceptance> refuse_token(Run& run, bool sent_before, std::string why) {
    if (!sent_before) {
        TRYV(give_up(run));
        return Acceptance{.answer = Answer::later, .why = std::move(why)};
    }
    run.facts().token.clear();
    return Acceptance{.answer = Answer::never, .why = std::move(why)};
}

Result<Acceptance> judge_rejection(Run& run, const Rejection& rejection, bool sent_before) {
    auto why = "RegisterThing was refused " + words(rejection);
    if (is_refused_token(rejection)) {
        return refuse_token(run, sent_before, std::move(why));
    }
    if (may_pass(rejection)) {
        return hang_up(run, std::move(why));
    }
    if (changed_nothing(rejection)) {
        run.facts().asked = sent_before;
        TRYV(run.record());
    }
    return refused(
        "RegisterThing", rejection,
        "correct the template, its role or its hook, then resume; or, if it lacks a parameter, abandon takes "
        "back what was made, and `enroll --parameter NAME=VALUE` begins again");
}

Parameters parameters_of(const Run& run) {
    auto parameters = run.order().parameters;
    parameters["ThingName"] = run.order().thing;
    parameters["SerialNumber"] = run.journal.chip;
    return parameters;
}

// register_by_token sends the token once. From then on the certificate may be active, whatever comes back.
Result<Acceptance> register_by_token(Run& run, const Deadline& deadline) {
    TRY(auto opened, open_claim(run, deadline));
    if (opened.answer != Answer::accepted) {
        return opened;
    }
    auto& facts = run.facts();
    const nlohmann::json request{{"certificateOwnershipToken", facts.token}, {"parameters", parameters_of(run)}};
    const bool sent_before = std::exchange(facts.asked, true);
    TRYV(run.record());
    TRY(const auto reply, run.claim->conversation->ask(provisioning_topic(run.order()), request.dump(), deadline));
    switch (reply.kind) {
        case Reply::Kind::accepted:
            TRYV(name_thing(run, reply.text));
            return Acceptance{};
        case Reply::Kind::rejected:
            return judge_rejection(run, parse_rejection(reply.text), sent_before);
        case Reply::Kind::none:
            break;
    }
    auto lost = closed_at(run, reply.text);
    lost.answer = Answer::never;  // sending it again would not tell whether it was carried out
    return lost;
}

// provision_once asks for a certificate first where there is none.
Result<Acceptance> provision_once(Run& run, const Deadline& deadline) {
    if (run.facts().certificate.empty()) {
        TRY(auto asked, ask_for_certificate(run, deadline));
        if (asked.answer != Answer::accepted) {
            return asked;
        }
        TRYV(keep_certificate(run));
    }
    return register_by_token(run, deadline);
}

// is_enrolled lets the gateway itself connect: where that is accepted, only an answer was lost.
Result<bool> is_enrolled(Run& run, bool patiently) {
    const auto& broker = run.seams.broker;
    const auto set = run.directories.set(run.set());
    TRY(const auto identity, load_identity(run.seams.files, set));
    if (!identity) {
        return false;
    }
    const TryOnce attempt = [&](const Deadline& deadline) {
        return broker.mqtt.connect(presented_by(set, *identity), deadline);
    };
    TRY(const auto last, patiently ? keep_trying(broker, by_schedule(broker), attempt)
                                   : attempt(Deadline::after(broker.clock, broker.attempt)));
    return last.answer == Answer::accepted;
}

// settle finds out what became of a RegisterThing whose answer is not known. False: nothing, and its certificate is
// given up. A policy takes minutes to be in force, so the gateway's own connection gets the whole time before that.
Result<bool> settle(Run& run) {
    TRY(const bool at_once, is_enrolled(run, false));
    if (at_once) {
        return true;
    }
    if (!run.facts().token.empty()) {
        TRY(const auto again, keep_trying(run.seams.broker, by_schedule(run.seams.broker),
                                          [&run](const Deadline& attempt) { return register_by_token(run, attempt); }));
        if (again.answer == Answer::accepted) {
            return true;
        }
        if (!run.facts().token.empty()) {
            return led_nowhere(run, again);
        }
    }
    TRY(const bool at_last, is_enrolled(run, true));
    if (!at_last) {
        TRYV(give_up(run));
    }
    return at_last;
}

std::string plan_provisioning(const Order& order) {
    return "RegisterThing by the template " + order.template_name + " for " + order.thing +
           ": AWS makes thing and policy as the template says, and the certificate active";
}

// provision_in_rounds: the second one is for an answer that was lost in the first.
Result<void> provision_in_rounds(Run& run) {
    for (const bool is_last : {false, true}) {
        TRY(const bool settled, run.facts().asked ? settle(run) : Result<bool>{false});
        if (settled) {
            return {};
        }
        TRY(const auto last, keep_trying(run.seams.broker, by_schedule(run.seams.broker),
                                         [&run](const Deadline& attempt) { return provision_once(run, attempt); }));
        if (last.answer == Answer::accepted) {
            return {};
        }
        if (is_last || !run.facts().asked) {
            return led_nowhere(run, last);
        }
    }
    return {};
}

Result<void> provision(Run& run) {
    if (!run.claim && !run.facts().certificate.empty()) {
        TRYV(keep_certificate(run));
    }
    TRYV(provision_in_rounds(run));
    run.facts().token.clear();
    run.claim.reset();
    return {};
}

// Before RegisterThing was sent the certificate goes away by itself, and needs no credentials.
Result<void> take_back_provisioning(Run& run) {
    return run.facts().asked ? remove_certificate(run) : Result<void>{};
}

}  // namespace

const Step steps::claimed_certificate{
    .name = "claim", .place = Place::broker, .plan = plan_claim, .perform = claim_certificate, .undo = nullptr};
const Step steps::provisioning{.name = "provisioning",
                               .place = Place::broker,
                               .plan = plan_provisioning,
                               .perform = provision,
                               .undo = take_back_provisioning};

}  // namespace trustx::aws
