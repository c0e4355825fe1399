// SPDX-License-Identifier: Apache-2.0
// What a rotation does besides enrolling (aws-iot.md section 7.7 and section 14, item 12): the new identity has a key
// of its own in another slot, and is what its predecessor was in the cloud. Until the broker has accepted it, the old
// one stays as it is and in use.
#include "aws/control/calls/policies.hpp"
#include "aws/documents/policy.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/spare_keys.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/key.hpp>

namespace trustx::aws {
namespace {

std::string plan_old_identity(const Order& order) {
    return "look at the identity of " + order.thing + " in use";
}

std::string plan_old_registration(const Order& /*order*/) {
    return "DescribeCertificate, ListThingPrincipals, ListAttachedPolicies: what the old certificate is in the cloud";
}

// key_in_use is what the certificate in files is for.
Result<PublicKey> key_in_use(Run& run) {
    const auto path = run.directories.chain_file();
    TRY(const auto pem, run.seams.files.read(path));
    TRY(const auto chain, x509::parse_certificate_file(text::as_bytes(pem.value_or(std::string{})), path));
    return chain.front().public_key();
}

tl::unexpected<Error> not_registered(Run& run) {
    return fail(EnrolmentErrc::nothing_begun, "the certificate " + run.facts().old_certificate_id + " of " +
                                                  run.order().thing +
                                                  " is not registered in this account and region: use those that this "
                                                  "gateway was enrolled with, or enrol it as a new one");
}

Result<void> look_at_old_identity(Run& run) {
    TRY(const auto identity, load_identity(run.seams.files, run.directories));
    if (!identity) {
        return fail(EnrolmentErrc::nothing_begun,
                    run.directories.summary_file() + " does not exist: this gateway has no identity");
    }
    auto& facts = run.facts();
    facts.old_certificate_id = identity->certificate_id;
    facts.old_slot = identity->slot;
    TRY(facts.old_key, key_in_use(run));
    TRY(facts.previous_set, set_in_use(run.seams.files, run.directories));
    return {};
}

// look_at_old_registration lets a retirement go on where there is nothing to be found.
Result<void> look_at_old_registration(Run& run) {
    auto& facts = run.facts();
    TRY(const auto found, unless_missing(ask(run, DescribeCertificate{.id = facts.old_certificate_id})));
    if (!found) {
        return run.order().task == Task::rotate ? not_registered(run) : Result<void>{};
    }
    TRYV(note_account(run, found->arn));
    facts.old_certificate_arn = found->arn;
    if (run.order().task == Task::rotate) {
        TRYV(note_others(run));
    }
    TRY(const auto policies, every_item<NamedArn>([&](const std::string& next) {
            return ask(run, ListAttachedPolicies{.target = found->arn, .marker = next});
        }));
    facts.policies.clear();
    for (const auto& policy : policies) {
        facts.policies.push_back(policy.name);
    }
    return {};
}

std::string plan_other_slot(const Order& order) {
    return "look at the slot " + order.slot.hex() +
           (order.replace ? ": a key that is there will be replaced"
                          : "; a key there that no rotation has left there ends the rotation");
}

Result<void> check_slot_is_free(Run& run, const Result<PublicKey>& key) {
    TRY(const auto spare, key ? is_spare(run.seams.files, run.directories, *key) : Result<bool>{false});
    if (spare || run.order().replace) {
        return {};
    }
    return fail(EnrolmentErrc::slot_taken, run.order().slot.hex() +
                                               " holds a key that somebody may need, and a new one would destroy it: "
                                               "choose another slot (--to-slot), or allow that (--replace)");
}

Result<void> look_at_other_slot(Run& run) {
    const auto slot = run.order().slot;
    auto& facts = run.facts();
    if (slot == facts.old_slot) {
        return fail(InputErrc::usage, slot.hex() +
                                          " holds the key in use, which stays until the broker has accepted "
                                          "the new one: choose another slot (--to-slot)");
    }
    TRY(const auto curve, run.seams.chip.curve_in(slot));
    facts.slot_was_empty = !curve;
    if (curve) {
        const auto key = run.seams.chip.public_key(slot);
        TRYV(check_slot_is_free(run, key));
        facts.key_before = key ? std::optional{*key} : std::nullopt;
    }
    TRY(facts.held, run.seams.chip.certificates(run.object()));
    return {};
}

std::string plan_new_key(const Order& order) {
    return "a new key pair in " + order.slot.hex() + " (P-256, for signatures)";
}

// made_here is the key in the slot if an attempt at this rotation has generated it; nothing: it has not.
Result<std::optional<PublicKey>> made_here(Run& run) {
    TRY(const auto curve, run.seams.chip.curve_in(run.order().slot));
    if (!curve) {
        return std::optional<PublicKey>{};
    }
    const auto key = run.seams.chip.public_key(run.order().slot);
    const bool is_new = key && key != run.facts().key_before;
    return is_new ? std::optional{*key} : std::optional<PublicKey>{};
}

Result<void> make_new_key(Run& run) {
    TRY(const auto present, made_here(run));
    if (present) {
        run.facts().public_key = present;
        return {};
    }
    TRY(run.facts().public_key,
        run.seams.chip.regenerate(run.order().slot, Curve::p256, KeyUsage::authentication | KeyUsage::sign));
    run.note("generated a key pair in " + run.order().slot.hex());
    return {};
}

// The key stays in the chip, for the next rotation to replace.
Result<void> give_up_new_key(Run& run) {
    TRY(const auto present, made_here(run));
    return present ? note_spare(run.seams.files, run.directories, *present) : Result<void>{};
}

std::string plan_copied_policies(const Order& /*order*/) {
    return "AttachPolicy: the policies of the old certificate to the new one";
}

Result<void> copy_policies(Run& run) {
    for (const auto& name : run.facts().policies) {
        TRYV(ask(run, AttachPolicy{.policy = name, .target = run.facts().certificate_arn}));
    }
    return {};
}

std::string plan_client(const Order& order) {
    return "TestAuthorization: whether " + client_beside(order.thing) +
           " may connect too, so that a service that is connected as " + order.thing + " stays so";
}

// choose_client asks for a name that also has to fit (section 2), and falls back to the thing's name, with which the
// broker closes the connection that has it.
Result<void> choose_client(Run& run) {
    constexpr std::size_t longest_client_id = 128;
    const auto name = client_beside(run.order().thing);
    const auto resource =
        "arn:" + run.facts().partition + ":iot:" + run.order().region + ":" + run.facts().account + ":client/" + name;
    TRY(const auto answers, ask(run, TestAuthorization{.principal = run.facts().certificate_arn,
                                                       .client_id = name,
                                                       .questions = {{AuthAction::connect, {resource}}}}));
    const bool allowed =
        name.size() <= longest_client_id && !answers.empty() && answers.front().decision == AuthDecision::allowed;
    run.facts().client_id = allowed ? name : std::string{};
    if (!allowed) {
        run.note("the policies allow no connection as " + name + ": a service that is connected as " +
                 run.order().thing + " loses its connection once, and has to make another");
    }
    return {};
}

}  // namespace

const Step steps::old_identity{.name = "old-identity",
                               .place = Place::nothing,
                               .plan = plan_old_identity,
                               .perform = look_at_old_identity,
                               .undo = nullptr};
const Step steps::old_registration{.name = "old-registration",
                                   .place = Place::nothing,
                                   .plan = plan_old_registration,
                                   .perform = look_at_old_registration,
                                   .undo = nullptr};
const Step steps::other_slot{.name = "other-slot",
                             .place = Place::nothing,
                             .plan = plan_other_slot,
                             .perform = look_at_other_slot,
                             .undo = nullptr};
const Step steps::new_key{
    .name = "new-key", .place = Place::chip, .plan = plan_new_key, .perform = make_new_key, .undo = give_up_new_key};
const Step steps::copied_policies{.name = "copy-policies",
                                  .place = Place::cloud,
                                  .plan = plan_copied_policies,
                                  .perform = copy_policies,
                                  .undo = nullptr};
const Step steps::client{
    .name = "client", .place = Place::nothing, .plan = plan_client, .perform = choose_client, .undo = nullptr};

}  // namespace trustx::aws
