// SPDX-License-Identifier: Apache-2.0
#include "aws/fleet/gateway.hpp"

#include "aws/enrolment/error.hpp"
#include "aws/enrolment/methods.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "pki/request.hpp"

#include <algorithm>

namespace trustx::aws {
namespace {

// is_before says whether an enrolment has still to perform a step, or is at it.
bool is_before(const Journal& journal, std::string_view step) {
    const auto steps = steps_of(journal.order);
    const auto at = std::ranges::find(steps, journal.step, &Step::name);
    return std::ranges::find(at, steps.end(), step, &Step::name) != steps.end();
}

Result<Journal> journal_of(const Seams& seams, const Directories& directories) {
    TRY(auto state, read_state(seams.files, directories));
    if (!state.journal || state.journal->order.method != EnrolmentMethod::by_operator) {
        return fail(EnrolmentErrc::nothing_begun, "this gateway has made no request (" +
                                                      JournalFile{seams.files, directories.state}.path() +
                                                      "): make one, or name the directories in which it was made");
    }
    return *std::move(state.journal);
}

// begun is a request that waits, or was interrupted before it did.
bool begun(const std::optional<Journal>& journal, const Order& order) {
    return journal && journal->phase == Phase::enrolling && journal->order.method == EnrolmentMethod::by_operator &&
           journal->order.task == order.task && journal->order.thing == order.thing &&
           journal->order.slot == order.slot && is_before(*journal, steps::answer.name);
}

Request request_in(const Journal& journal) {
    return {.thing = journal.order.thing,
            .chip = journal.chip,
            .slot = journal.order.slot,
            .made = journal.begun,
            .csr = journal.facts.request,
            .replaces = journal.facts.old_certificate_id};
}

// signed_by_both is the request of a rotation: the key in use signs what the new one has signed.
Result<Signed<Request>> signed_by_both(pki::ChipPort& chip, const Facts& facts, Signed<Request> request) {
    TRY(request.by_replaced, pki::sign_text(chip, *facts.old_slot, *facts.old_key, request.message.words()));
    return request;
}

}  // namespace

bool waits_for_operator(const Journal& journal) {
    return journal.phase == Phase::enrolling && journal.step == steps::answer.name;
}

bool is_installed(const Journal& journal) {
    return journal.phase == Phase::enrolling && journal.step == steps::connection.name;
}

Result<Signed<Request>> request(const Seams& seams, const Directories& directories, Order order) {
    order.method = EnrolmentMethod::by_operator;
    TRY(const auto state, read_state(seams.files, directories));
    Enrolment enrolment{seams, directories};
    TRYV(begun(state.journal, order) ? enrolment.resume(steps::answer.name)
                                     : enrolment.enroll(order, steps::answer.name));
    TRY(const auto journal, journal_of(seams, directories));
    TRY(auto made, signed_by_chip(seams.chip, *journal.facts.public_key, request_in(journal)));
    return order.task == Task::rotate ? signed_by_both(seams.chip, journal.facts, std::move(made))
                                      : Result<Signed<Request>>{std::move(made)};
}

Result<Signed<Proof>> install(Seams seams, const Directories& directories, const OperatorAnswer& answer) {
    TRYV(journal_of(seams, directories));
    seams.answer = &answer;
    TRYV(Enrolment(seams, directories).resume(steps::connection.name));
    TRY(const auto journal, journal_of(seams, directories));
    if (journal.facts.certificate_arn != answer.certificate_arn || journal.chip != answer.chip) {
        return fail(InputErrc::check_failed, "the answer with the certificate " + journal.facts.certificate_arn +
                                                 " is installed, and this one has " + answer.certificate_arn +
                                                 ": nothing was changed");
    }
    return signed_by_chip(seams.chip, *journal.facts.public_key,
                          Proof{.thing = journal.order.thing,
                                .chip = journal.chip,
                                .slot = journal.order.slot,
                                .region = journal.facts.region,
                                .account = journal.facts.account,
                                .certificate_id = journal.facts.certificate_id,
                                .challenge = answer.challenge});
}

}  // namespace trustx::aws
