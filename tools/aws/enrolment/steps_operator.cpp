// SPDX-License-Identifier: Apache-2.0
// The step of a gateway without an account: it takes what an operator answers to its request.
#include "aws/control/arn.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

namespace trustx::aws {
namespace {

constexpr const char* from_operator = "the operator";

std::string plan_answer(const Order& order) {
    return "wait for the operator's answer to the request for " + order.thing +
           "; its certificate is checked to be for the chip's key";
}

Result<void> check_addressee(const Run& run, const OperatorAnswer& answer) {
    const auto& order = run.journal.order;
    if (answer.chip != run.journal.chip) {
        return fail(EnrolmentErrc::other_chip, "the answer is for the chip " + answer.chip + ", and this is " +
                                                   run.journal.chip + ": take the answer to this gateway's request");
    }
    if (answer.thing == order.thing && answer.slot == order.slot) {
        return {};
    }
    return fail(InputErrc::check_failed, "the answer is for the thing " + answer.thing + " with the key in " +
                                             answer.slot.hex() + ", and what was requested is " + order.thing +
                                             " with the key in " + order.slot.hex() +
                                             ": take the answer to the last request");
}

// check_account holds the answer against what the gateway was told to expect.
Result<void> check_account(const Order& order, const OperatorAnswer& answer) {
    const bool account = order.account.empty() || order.account == answer.account;
    const bool region = order.region.empty() || order.region == answer.region;
    return account && region
               ? Result<void>{}
               : fail(EnrolmentErrc::other_account,
                      "the answer is from the account " + answer.account + " in " + answer.region +
                          ", and the request asked for " + (order.account.empty() ? "any account" : order.account) +
                          " in " + (order.region.empty() ? "any region" : order.region) +
                          ": have it approved there, or abandon the request and begin again");
}

Result<void> take_answer(Run& run) {
    auto& facts = run.facts();
    if (!facts.certificate.empty()) {
        return {};
    }
    if (run.seams.answer == nullptr) {
        return fail(EnrolmentErrc::answer_awaited, "the request for " + run.order().thing +
                                                       " waits for the operator's answer: install it, or abandon the "
                                                       "request");
    }
    const auto& answer = *run.seams.answer;
    TRYV(check_addressee(run, answer));
    TRYV(check_account(run.order(), answer));
    TRY(const auto arn, parse_arn(answer.certificate_arn));
    TRY(const auto chain, x509::parse_certificate_file(text::as_bytes(answer.certificate), "the answer"));
    TRYV(pki::check_certificate(chain, *facts.public_key, run.object(), run.time(), from_operator));
    facts.endpoint = answer.endpoint.text();
    facts.region = answer.region;
    facts.account = answer.account;
    facts.client_id = answer.client_id == run.order().thing ? std::string{} : answer.client_id;
    facts.partition = arn.partition;
    facts.certificate_id = arn.name();
    facts.certificate_arn = answer.certificate_arn;
    facts.certificate = answer.certificate;
    facts.roots = answer.roots;
    return {};
}

}  // namespace

const Step steps::answer{
    .name = "answer", .place = Place::nothing, .plan = plan_answer, .perform = take_answer, .undo = nullptr};

}  // namespace trustx::aws
