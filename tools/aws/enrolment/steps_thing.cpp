// SPDX-License-Identifier: Apache-2.0
// Steps in the cloud that are about the account, the thing and its policy.
#include "aws/control/calls/operations.hpp"
#include "aws/control/calls/policies.hpp"
#include "aws/documents/policy.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/try.hpp"

namespace trustx::aws {
namespace {

std::string plan_endpoint(const Order& order) {
    return order.endpoint.empty() ? "DescribeEndpoint: which broker the account has"
                                  : "the broker is " + order.endpoint + ", as told";
}

Result<void> find_endpoint(Run& run) {
    auto text = run.order().endpoint;
    if (text.empty()) {
        TRY(text, ask(run, DescribeEndpoint{}));
    }
    TRYV(Endpoint::parse(text));
    run.facts().endpoint = text;
    return {};
}

std::string plan_thing(const Order& order) {
    return "DescribeThing " + order.thing + ", CreateThing if there is none" +
           (order.existing_thing ? "" : "; one that has other certificates ends it");
}

Result<void> accept_thing(Run& run, const ThingDescription& found) {
    TRYV(note_account(run, found.arn));
    if (run.order().existing_thing) {
        return {};
    }
    TRY(const auto other, others_certificate(run));
    if (other.empty()) {
        return {};
    }
    return fail(EnrolmentErrc::thing_taken, "the thing " + run.order().thing + " exists and has the certificate " +
                                                other +
                                                ", so it may be another gateway: choose another name, or let the "
                                                "thing have this certificate in addition (--existing-thing)");
}

// make_thing decides once whether the thing was there before, and that is durable before it makes one.
Result<void> make_thing(Run& run) {
    const auto& name = run.order().thing;
    TRY(const auto found, unless_missing(ask(run, DescribeThing{.name = name})));
    if (!run.facts().thing_existed) {
        run.facts().thing_existed = found.has_value();
        TRYV(note_others(run));
        TRYV(run.record());
    }
    if (found) {
        return accept_thing(run, *found);
    }
    TRY(const auto made,
        ask(run,
            CreateThing{.name = name, .attributes = {{"secureElement", "optiga-trust-x"}, {"uid", run.journal.chip}}}));
    run.note("made the thing " + name);
    return note_account(run, made.arn);
}

Result<void> remove_thing(Run& run) {
    if (run.facts().thing_existed.value_or(true)) {
        return {};
    }
    TRY(const auto other, others_certificate(run));
    if (!other.empty()) {
        run.note("the thing " + run.order().thing + " stays: it has got the certificate " + other + " since");
        return {};
    }
    return gone_is_fine(ask(run, DeleteThing{.name = run.order().thing}));
}

std::string plan_policy(const Order& order) {
    return "GetPolicy " + order.policy +
           ", CreatePolicy if there is none (for this thing's own topics); it stays, it is "
           "for all gateways";
}

Result<void> make_policy(Run& run) {
    const auto& name = run.order().policy;
    TRY(const auto found, unless_missing(ask(run, GetPolicy{.name = name})));
    const auto& order = run.order();
    if (found) {
        if (!order.rules.empty() || !order.clients.empty()) {
            run.note("the policy " + name + " is there and stays as it is: see that it allows --rule and --client");
        }
        return note_account(run, found->arn);
    }
    TRY(const auto document,
        device_policy(
            {.scope = {.partition = run.facts().partition, .region = order.region, .account = run.facts().account},
             .rules = order.rules,
             .clients = order.clients}));
    const auto made = ask(run, CreatePolicy{.name = name, .document = document});
    if (!made && made.error() == ApiErrc::resource_already_exists) {
        return {};  // another gateway's enrolment was faster
    }
    TRYV(made);
    run.note("made the policy " + name);
    return {};
}

std::string plan_policy_target(const Order& order) {
    return "AttachPolicy " + order.policy + " to the certificate";
}

Result<void> attach_policy(Run& run) {
    TRYV(ask(run, AttachPolicy{.policy = run.order().policy, .target = run.facts().certificate_arn}));
    return {};
}

// What belongs to a certificate that was registered before may have been attached before.
Result<void> detach_policy(Run& run) {
    if (run.facts().certificate_existed.value_or(false)) {
        return {};
    }
    return gone_is_fine(ask(run, DetachPolicy{.policy = run.order().policy, .target = run.facts().certificate_arn}));
}

std::string plan_thing_principal(const Order& order) {
    return "AttachThingPrincipal: the certificate to " + order.thing +
           ", and to no other thing; ListThingPrincipals: nobody else enrols or rotates it";
}

Result<void> detach_thing(Run& run) {
    if (run.facts().certificate_existed.value_or(false) && run.facts().thing_existed.value_or(false)) {
        return {};
    }
    return gone_is_fine(
        ask(run, DetachThingPrincipal{.thing = run.order().thing, .principal = run.facts().certificate_arn}));
}

// attach_thing makes way for somebody who attached a certificate at the same time, and does the same.
Result<void> attach_thing(Run& run) {
    TRYV(ask(run, AttachThingPrincipal{.thing = run.order().thing, .principal = run.facts().certificate_arn}));
    const auto alone = check_alone(run);
    if (!alone && alone.error() == EnrolmentErrc::thing_taken) {
        TRYV(detach_thing(run));
    }
    return alone;
}

std::string plan_test(const Order& order) {
    return "TestAuthorization: whether the policies let " + order.thing + " connect";
}

std::string resource(Run& run, const std::string& name) {
    return "arn:" + run.facts().partition + ":iot:" + run.order().region + ":" + run.facts().account + ":" + name;
}

// The policy that enrolment makes allows all of it; one that was there before may be for other topics.
std::vector<AuthQuestion> questions(Run& run) {
    const auto& thing = run.order().thing;
    return {{AuthAction::connect, {resource(run, "client/" + thing)}},
            {AuthAction::publish, {resource(run, "topic/dt/" + thing + "/data")}},
            {AuthAction::subscribe, {resource(run, "topicfilter/cmd/" + thing + "/data")}},
            {AuthAction::receive, {resource(run, "topic/cmd/" + thing + "/data")}}};
}

constexpr const char* action_words(AuthAction action) {
    switch (action) {
        case AuthAction::connect:
            return "connect as";
        case AuthAction::publish:
            return "publish to";
        case AuthAction::subscribe:
            return "subscribe to";
        case AuthAction::receive:
            break;
    }
    return "receive from";
}

Result<void> test_policy(Run& run) {
    const TestAuthorization test{
        .principal = run.facts().certificate_arn, .client_id = run.order().thing, .questions = questions(run)};
    TRY(const auto answers, ask(run, test));
    for (const auto& answer : answers) {
        if (answer.decision == AuthDecision::allowed) {
            continue;
        }
        const auto words = "the policies of the certificate do not let it " + std::string{action_words(answer.action)} +
                           " " + (answer.resources.empty() ? "" : answer.resources.front());
        if (answer.action == AuthAction::connect) {
            return fail(EnrolmentErrc::policy_denies,
                        words + ": correct the policies, then go on; nothing is active yet");
        }
        run.note(words);
    }
    return {};
}

}  // namespace

const Step steps::endpoint{
    .name = "endpoint", .place = Place::nothing, .plan = plan_endpoint, .perform = find_endpoint, .undo = nullptr};
const Step steps::thing{
    .name = "thing", .place = Place::cloud, .plan = plan_thing, .perform = make_thing, .undo = remove_thing};
const Step steps::policy{
    .name = "policy", .place = Place::cloud, .plan = plan_policy, .perform = make_policy, .undo = nullptr};
const Step steps::policy_target{.name = "attach-policy",
                                .place = Place::cloud,
                                .plan = plan_policy_target,
                                .perform = attach_policy,
                                .undo = detach_policy};
const Step steps::thing_principal{.name = "attach-thing",
                                  .place = Place::cloud,
                                  .plan = plan_thing_principal,
                                  .perform = attach_thing,
                                  .undo = detach_thing};
const Step steps::test{
    .name = "test", .place = Place::nothing, .plan = plan_test, .perform = test_policy, .undo = nullptr};

}  // namespace trustx::aws
