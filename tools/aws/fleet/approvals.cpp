// SPDX-License-Identifier: Apache-2.0
#include "aws/fleet/approvals.hpp"

#include "aws/control/arn.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/methods.hpp"
#include "aws/enrolment/steps.hpp"
#include "aws/enrolment/walk.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <algorithm>
#include <array>

namespace trustx::aws {
namespace {

tl::unexpected<Error> another_request(const Journal& record, const Request& request) {
    return fail(EnrolmentErrc::thing_taken,
                "the thing " + request.thing + " was approved for the chip " + record.chip + " with its key in " +
                    record.order.slot.hex() + ", and this request is of the chip " + request.chip +
                    " with its key in " + request.slot.hex() +
                    " or has another key: take the earlier approval back, or retire what was activated (`trustx aws "
                    "retire`), or choose another name");
}

tl::unexpected<Error> being_abandoned(const Journal& record) {
    return fail(EnrolmentErrc::unfinished,
                "the approval of " + record.order.thing + " is being taken back: take it back again, to the end");
}

Result<void> check_same(const Journal& record, const ReceivedRequest& received) {
    if (!is_of(record, received)) {
        return another_request(record, received.request);
    }
    return record.phase == Phase::abandoning ? being_abandoned(record) : Result<void>{};
}

struct Wish {
    const char* what;
    bool differs;
};

// check_wishes: an approval is not made again by repeating it, so what was asked for otherwise would have no effect. A
// wish that is not expressed is no other one.
Result<void> check_wishes(const Journal& record, const Order& wishes) {
    const Order usual;
    auto recorded = record.order;
    if (!record.facts.account.empty()) {
        recorded.account = record.facts.account;
    }
    const auto other = [&](auto member) {
        return wishes.*member != usual.*member && wishes.*member != recorded.*member;
    };
    for (const auto& [what, differs] :
         {Wish{"method", other(&Order::method)}, Wish{"policy", other(&Order::policy)},
          Wish{"endpoint", other(&Order::endpoint)}, Wish{"file of roots", other(&Order::ca_file)},
          Wish{"authority", other(&Order::authority_certificate)},
          Wish{"key of the authority", other(&Order::authority_key)}, Wish{"account", other(&Order::account)},
          Wish{"word about things that exist", other(&Order::existing_thing)}}) {
        if (differs) {
            return fail(EnrolmentErrc::unfinished, "the request of " + recorded.thing + " was approved with another " +
                                                       what +
                                                       ": leave that out to get the same answer again, or take the "
                                                       "approval back first (`trustx aws approve --take-back`)");
        }
    }
    return {};
}

// another_approval: whoever has approved since decides about the certificate, and what a gateway proved before is no
// answer to that.
tl::unexpected<Error> another_approval(const Journal& record) {
    return fail(InputErrc::check_failed,
                "the proof belongs to another approval of " + record.order.thing +
                    " than the one that is recorded here: have the gateway install the answer of this approval "
                    "(`trustx aws approve` gives it again) and send the proof of that, or name the records of the "
                    "approval that the proof belongs to");
}

Result<void> check_subject(const Journal& record, const Proof& proof) {
    const bool same = record.facts.certificate_id == proof.certificate_id && record.chip == proof.chip &&
                      record.order.slot == proof.slot;
    if (!same) {
        return fail(InputErrc::check_failed, "the proof is of the chip " + proof.chip + " with the certificate " +
                                                 proof.certificate_id + ", and what was approved for " + proof.thing +
                                                 " is the chip " + record.chip + " with the certificate " +
                                                 record.facts.certificate_id);
    }
    if (record.facts.challenge != proof.challenge) {
        return another_approval(record);
    }
    if (record.phase == Phase::abandoning) {
        return being_abandoned(record);
    }
    return is_approved(record) ? Result<void>{}
                               : fail(EnrolmentErrc::unfinished, "the approval of " + record.order.thing +
                                                                     " has not ended, it is at the step `" +
                                                                     record.step + "`: approve its request again");
}

// is_activation says whether a record is that of a proof alone, which has nothing to answer a request with.
bool is_activation(const Journal& record) {
    return record.facts.endpoint.empty() && is_approved(record);
}

tl::unexpected<Error> approved_elsewhere(const Journal& record) {
    return fail(EnrolmentErrc::enrolled_already,
                "the certificate of " + record.order.thing +
                    " was activated here by its proof alone: the answer is with whoever approved the request");
}

tl::unexpected<Error> not_recorded(const Proof& proof, const std::string& path) {
    return fail(EnrolmentErrc::nothing_begun,
                "there is no approval of " + proof.thing + " here (" + path +
                    " does not exist), so nothing tells whether its certificate was activated before and made inactive "
                    "on purpose: name the records of the approval, or look at the certificate and say that it is to be "
                    "activated without them");
}

// check_signature compares with what is registered, not with what the message says.
Result<void> check_signature(const char* what, const std::string& words, const std::string& signature,
                             const CertificateDescription& registered) {
    const std::string from = "the certificate " + registered.id;
    TRY(const auto chain, x509::parse_certificate_file(text::as_bytes(registered.pem), from));
    TRY(const auto key, chain.front().public_key());
    return pki::is_signed(key, words, signature)
               ? Result<void>{}
               : fail(InputErrc::check_failed, std::string{what} + " is not signed by the key of " + from +
                                                   ": it was changed on its way, or is another gateway's");
}

Result<void> check_place(const Proof& proof, const Arn& arn) {
    return proof.account == arn.account && proof.region == arn.region
               ? Result<void>{}
               : fail(EnrolmentErrc::other_account, "the proof is about the account " + proof.account + " in " +
                                                        proof.region + ", and these credentials are for " +
                                                        arn.account + " in " + arn.region);
}

tl::unexpected<Error> revoked(const std::string& thing, const std::string& id) {
    return fail(EnrolmentErrc::certificate_revoked, "the certificate " + id + " of " + thing + " is revoked, for good");
}

tl::unexpected<Error> was_active(const Proof& proof) {
    return fail(EnrolmentErrc::enrolled_already, "the certificate of " + proof.thing +
                                                     " was activated before, and made inactive since: a proof does "
                                                     "not bring it back, whoever made it inactive can");
}

}  // namespace

bool is_of(const Journal& record, const ReceivedRequest& received) {
    return record.facts.public_key == received.key && record.chip == received.request.chip &&
           record.order.slot == received.request.slot;
}

bool is_approved(const Journal& record) {
    return record.phase == Phase::done || (record.phase == Phase::enrolling && record.step == steps::activation.name);
}

Approvals::Approvals(const Seams& seams, std::string directory, std::string region)
    : seams_{seams}, directories_{.identity = {}, .state = std::move(directory)}, region_{std::move(region)} {}

JournalFile Approvals::file(const std::string& thing) const {
    return {seams_.files, directories_.state, thing};
}

Run Approvals::run(Journal journal, bool durable) const {
    auto place = file(journal.order.thing);
    return {.seams = seams_,
            .directories = directories_,
            .file = std::move(place),
            .journal = std::move(journal),
            .durable = durable};
}

Result<std::unique_ptr<files::FileStore::Lock>> Approvals::lock() {
    return JournalFile{seams_.files, directories_.state, "approvals"}.lock();
}

Result<std::optional<Journal>> Approvals::record(const std::string& thing) {
    return file(thing).load();
}

Result<Journal> Approvals::begin(const ReceivedRequest& received, const Order& wishes) const {
    Journal journal{
        .order = wishes, .chip = received.request.chip, .begun = std::chrono::system_clock::to_time_t(seams_.now())};
    journal.order.thing = received.request.thing;
    journal.order.slot = received.request.slot;
    journal.order.region = region_;
    journal.facts.public_key = received.key;
    journal.facts.request = received.request.csr;
    journal.facts.challenge = pki::make_challenge();
    TRYV(journal.order.check());
    if (approval_steps_of(journal.order).empty()) {
        return fail(InputErrc::usage, "the method " + std::string{name_of(journal.order.method)} +
                                          " has no part for an operator: csr, register-thing and own-ca have");
    }
    if (!received.request.replaces.empty()) {
        TRYV(check_replaced(received));
        journal.order.task = Task::rotate;
        journal.facts.old_certificate_id = received.request.replaces;
    }
    return journal;
}

Result<bool> Approvals::is_over(const Journal& record, const ReceivedRequest& received) const {
    if (record.phase != Phase::done) {
        return false;
    }
    if (!received.request.replaces.empty() && !is_of(record, received)) {
        return true;
    }
    TRY(const auto found, unless_missing(ask(cloud(), DescribeCertificate{.id = record.facts.certificate_id})));
    return !found || found->status == CertificateStatus::revoked;
}

Result<OperatorAnswer> Approvals::approve(const ReceivedRequest& received, const Order& wishes) {
    TRY(auto present, record(received.request.thing));
    TRY(const bool over, present ? is_over(*present, received) : Result<bool>{true});
    if (over) {
        present.reset();
    } else {
        TRYV(check_same(*present, received));
        TRYV(is_activation(*present) ? approved_elsewhere(*present) : Result<void>{});
        TRYV(check_wishes(*present, wishes));
    }
    const bool resumed = present.has_value();
    TRY(auto journal, resumed ? Result<Journal>{*std::move(present)} : begin(received, wishes));
    if (journal.order.region != region_) {
        return fail(EnrolmentErrc::other_account, "the thing " + journal.order.thing + " was approved in " +
                                                      journal.order.region + ", and this is " + region_ +
                                                      ": use that region, or take the approval back");
    }
    auto approval = run(std::move(journal), resumed);
    if (approval.journal.phase == Phase::enrolling) {
        TRYV(carry_on(approval, approval_steps_of(approval.order()), steps::activation.name));
    }
    return answer_from(approval.journal);
}

Result<OperatorAnswer> Approvals::answer_from(const Journal& record) {
    TRY(auto endpoint, Endpoint::parse(record.facts.endpoint));
    TRY(auto roots, broker_roots(seams_.files, record.order.ca_file));
    return OperatorAnswer{.thing = record.order.thing,
                          .chip = record.chip,
                          .slot = record.order.slot,
                          .endpoint = std::move(endpoint),
                          .region = record.order.region,
                          .account = record.facts.account,
                          .challenge = record.facts.challenge,
                          .client_id = record.facts.client_id.empty() ? record.order.thing : record.facts.client_id,
                          .certificate_arn = record.facts.certificate_arn,
                          .certificate = record.facts.certificate,
                          .roots = std::move(roots)};
}

Result<CertificateDescription> Approvals::described(const std::string& thing, const std::string& id) const {
    TRY(auto found, unless_missing(ask(cloud(), DescribeCertificate{.id = id})));
    if (!found) {
        return fail(InputErrc::check_failed, "the certificate " + id + " of " + thing +
                                                 " is not registered in the account of these credentials in " +
                                                 region_ + ": use the profile and region that it is registered in");
    }
    return found->status == CertificateStatus::revoked ? Result<CertificateDescription>{revoked(thing, id)}
                                                       : Result<CertificateDescription>{*std::move(found)};
}

// check_replaced is about who asks: the gateway that has the certificate in use, of this thing.
Result<void> Approvals::check_replaced(const ReceivedRequest& received) const {
    const auto& asked = received.request;
    TRY(const auto found, described(asked.thing, asked.replaces));
    TRYV(check_signature("the request for a rotation", asked.words(), received.by_replaced, found));
    TRY(const auto principals, principals_of(cloud(), asked.thing));
    const bool attached = std::ranges::find(principals, found.arn) != principals.end();
    return attached && found.status == CertificateStatus::active
               ? Result<void>{}
               : fail(InputErrc::check_failed,
                      "the certificate " + asked.replaces + " that the request replaces is not active, or not of " +
                          asked.thing + ": what is out of use is not rotated, enrol the gateway again");
}

Result<CertificateDescription> Approvals::registered(const Signed<Proof>& proof) const {
    const auto& said = proof.message;
    TRY(auto found, described(said.thing, said.certificate_id));
    TRY(const auto arn, parse_arn(found.arn));
    TRYV(check_place(said, arn));
    TRYV(check_signature("the proof", said.words(), proof.signature, found));
    return found;
}

Result<void> Approvals::activate(const Signed<Proof>& proof, Unrecorded unrecorded) {
    TRY(auto present, record(proof.message.thing));
    if (present) {
        TRYV(check_subject(*present, proof.message));
    }
    TRY(const auto found, registered(proof));
    if (!present) {
        return unrecorded == Unrecorded::taken ? activate_unrecorded(proof.message, found)
                                               : not_recorded(proof.message, file(proof.message.thing).path());
    }
    if (present->phase == Phase::done) {
        return found.status == CertificateStatus::active ? Result<void>{} : was_active(proof.message);
    }
    auto activation = run(*std::move(present), true);
    return carry_on(activation, approval_steps_of(activation.order()));
}

// activate_unrecorded is for what was approved on another computer: the policy is tested here, too. What a record says
// that does not exist is not known; the thing may have other certificates that it was approved beside, and nothing of
// it is taken back here.
Result<void> Approvals::activate_unrecorded(const Proof& proof, const CertificateDescription& found) {
    TRY(const auto arn, parse_arn(found.arn));
    TRY(const auto chain, x509::parse_certificate_file(text::as_bytes(found.pem), "the certificate " + found.id));
    Journal journal{.order = {.thing = proof.thing, .slot = proof.slot, .region = arn.region, .existing_thing = true},
                    .chip = proof.chip,
                    .begun = std::chrono::system_clock::to_time_t(seams_.now())};
    TRY(journal.facts.public_key, chain.front().public_key());
    journal.facts.partition = arn.partition;
    journal.facts.account = arn.account;
    journal.facts.certificate_arn = found.arn;
    journal.facts.certificate_id = found.id;
    journal.facts.certificate_existed = true;
    journal.facts.thing_existed = true;
    journal.facts.challenge = proof.challenge;
    auto activation = run(std::move(journal), false);
    const std::array left{steps::test, steps::activation};
    return carry_on(activation, left);
}

Result<void> Approvals::take_back(const Request& request) {
    TRY(auto present, record(request.thing));
    if (!present) {
        return fail(EnrolmentErrc::nothing_begun, "there is no approval of " + request.thing + " (" +
                                                      file(request.thing).path() + " does not exist)");
    }
    if (present->chip != request.chip || present->order.slot != request.slot) {
        return another_request(*present, request);
    }
    if (present->phase == Phase::done) {
        return fail(EnrolmentErrc::enrolled_already,
                    request.thing + " is activated: its gateway may be at work; retire it instead");
    }
    auto approval = run(*std::move(present), true);
    return aws::take_back(approval, approval_steps_of(approval.order()));
}

}  // namespace trustx::aws
