// SPDX-License-Identifier: Apache-2.0
// Steps that take an identity out of use, after a rotation or for good. From the first on there is no way back.
#include "aws/enrolment/certificate_removal.hpp"
#include "aws/enrolment/retirement.hpp"
#include "aws/enrolment/spare_keys.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

namespace trustx::aws {
namespace {

constexpr ObjectId factory_key{0xE0F0};

std::string plan_old_certificate(const Order& order) {
    return order.revoke ? "the certificate is revoked and detached from policies and things; it stays registered, so "
                          "that it cannot be registered again"
                        : "the old certificate is made inactive, detached from policies and things, and deleted";
}

Result<void> remove_old_certificate(Run& run) {
    const auto& facts = run.facts();
    if (facts.old_certificate_arn.empty()) {
        run.note("the certificate " + facts.old_certificate_id + " is not registered in this account and region");
        return {};
    }
    return take_out_of_use(cloud_of(run), {.arn = facts.old_certificate_arn, .id = facts.old_certificate_id},
                           run.order().revoke ? Removal::revoke : Removal::delete_);
}

std::string plan_old_key(const Order& /*order*/) {
    return "the old key is noted as one that the next rotation may replace; it and its certificate stay in the chip, "
           "and the operator retires the certificate";
}

// give_up_old_key leaves the certificate in the chip: it may be active until the operator has retired it.
Result<void> give_up_old_key(Run& run) {
    const auto& facts = run.facts();
    return facts.old_slot == factory_key ? Result<void>{}
                                         : note_spare(run.seams.files, run.directories, *facts.old_key);
}

std::string plan_old_object(const Order& /*order*/) {
    return "the old certificate is removed from the chip, unless it is the factory's; its key stays there, unused";
}

// clear_old_object leaves alone what is for another key.
Result<void> clear_old_object(Run& run) {
    const auto& facts = run.facts();
    if (facts.old_slot == factory_key) {
        return {};
    }
    const auto object = *paired_certificate(*facts.old_slot);
    TRY(const auto held, run.seams.chip.certificates(object));
    const auto leaf = held.empty() ? Result<x509::Certificate>{fail(InputErrc::nothing_there, "empty")}
                                   : x509::Certificate::parse(held.front(), object.hex());
    const auto key = leaf ? leaf->public_key() : Result<PublicKey>{leaf.failure()};
    if (key && key == facts.old_key) {
        TRYV(run.seams.chip.write_certificates(object, {}));
    }
    return note_spare(run.seams.files, run.directories, *facts.old_key);
}

std::string plan_old_thing(const Order& order) {
    return order.delete_thing ? "DeleteThing " + order.thing + ", unless it has other certificates"
                              : "the thing " + order.thing + " stays";
}

Result<void> delete_thing(Run& run) {
    if (!run.order().delete_thing) {
        return {};
    }
    return delete_unused_thing(cloud_of(run), run.order().thing, run.seams.broker.note);
}

}  // namespace

const Step steps::old_certificate{.name = "old-certificate",
                                  .place = Place::cloud,
                                  .plan = plan_old_certificate,
                                  .perform = remove_old_certificate,
                                  .undo = nullptr,
                                  .no_way_back = true};
const Step steps::old_key{.name = "spare-key",
                          .place = Place::files,
                          .plan = plan_old_key,
                          .perform = give_up_old_key,
                          .undo = nullptr,
                          .no_way_back = true};
const Step steps::old_object{.name = "old-object",
                             .place = Place::chip,
                             .plan = plan_old_object,
                             .perform = clear_old_object,
                             .undo = nullptr,
                             .no_way_back = true};
const Step steps::old_thing{.name = "old-thing",
                            .place = Place::cloud,
                            .plan = plan_old_thing,
                            .perform = delete_thing,
                            .undo = nullptr,
                            .no_way_back = true};

}  // namespace trustx::aws
