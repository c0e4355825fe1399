// SPDX-License-Identifier: Apache-2.0
// Steps on this computer and its chip.
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/installation.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

namespace trustx::aws {
namespace {

std::string object_of(const Order& order) {
    return paired_certificate(order.slot)->hex();
}

std::string summary_of(const Bytes& der) {
    const auto certificate = x509::Certificate::parse(der, "it");
    return certificate ? x509::summary(*certificate) : "something that is no certificate";
}

// issued gives the certificates of the journal.
Result<std::vector<Bytes>> issued(const Run& run) {
    TRY(const auto chain, x509::parse_certificate_file(text::as_bytes(run.journal.facts.certificate), "the journal"));
    std::vector<Bytes> ders;
    for (const auto& certificate : chain) {
        ders.push_back(certificate.der());
    }
    return ders;
}

std::string plan_slot(const Order& order) {
    return "look at the slot " + order.slot.hex() + " and at " + object_of(order) +
           (order.replace ? ": what is there will be replaced" : ": an identity that is there ends it");
}

Result<void> look_at_slot(Run& run) {
    if (!run.order().replace) {
        TRYV(check_not_enrolled(run.seams.files, run.directories));
    }
    TRY(auto held, run.seams.chip.certificates(run.object()));
    if (!held.empty() && !run.order().replace) {
        return fail(EnrolmentErrc::enrolled_already,
                    run.object().hex() + " holds " + summary_of(held.front()) +
                        ", which would be replaced: choose another slot (--slot), or allow that (--replace)");
    }
    TRY(const auto curve, run.seams.chip.curve_in(run.order().slot));
    run.facts().slot_was_empty = !curve;
    run.facts().held = std::move(held);
    return {};
}

std::string plan_key(const Order& order) {
    return "a key pair in " + order.slot.hex() +
           ": generated (P-256, for signatures) if the slot is empty; a key that is "
           "there is used, and signs to show which it is";
}

// make_key finds the key where an earlier attempt generated it and did not live to record it.
Result<void> make_key(Run& run) {
    const auto slot = run.order().slot;
    TRY(const auto curve, run.seams.chip.curve_in(slot));
    TRY(run.facts().public_key,
        curve ? run.seams.chip.public_key(slot)
              : run.seams.chip.generate(slot, Curve::p256, KeyUsage::authentication | KeyUsage::sign));
    run.note(curve ? "the key in " + slot.hex() + " is used" : "generated a key pair in " + slot.hex());
    return {};
}

// JITP takes the thing's name from the certificate (aws-iot.md section 7.4); elsewhere it says which chip it is for
// (section 1.4).
std::string common_name(const Order& order, const std::string& chip) {
    return order.method == EnrolmentMethod::jit ? order.thing : chip;
}

std::string plan_request(const Order& order) {
    return "a request for a certificate with " + common_name(order, "the chip's UID") + " as common name, signed by " +
           order.slot.hex();
}

// make_request_once signs one request and no second: what was asked for with it can be found again by its key.
Result<void> make_request_once(Run& run) {
    auto& facts = run.facts();
    if (facts.request.empty()) {
        TRY(facts.request, pki::make_request(run.seams.chip, run.order().slot, *facts.public_key,
                                             pki::Subject::common_name(common_name(run.order(), run.journal.chip))));
    }
    return {};
}

std::string plan_install(const Order& order) {
    return "write the certificate into " + object_of(order) + ", after a signature has shown that " + order.slot.hex() +
           " holds its key; read it back";
}

}  // namespace

Result<void> install_certificate(Run& run) {
    TRYV(pki::prove_key(run.seams.chip, run.order().slot, *run.facts().public_key));
    TRY(const auto wanted, issued(run));
    TRY(const auto present, run.seams.chip.certificates(run.object()));
    return present == wanted ? Result<void>{} : run.seams.chip.write_certificates(run.object(), wanted);
}

Result<void> restore_certificate(Run& run) {
    if (run.facts().certificate.empty()) {
        return {};
    }
    TRY(const auto ours, issued(run));
    TRY(const auto present, run.seams.chip.certificates(run.object()));
    const bool half_written = present.empty();
    const auto held = run.facts().held.value_or(std::vector<Bytes>{});
    if (present == held || (present != ours && !half_written)) {
        return {};
    }
    return run.seams.chip.write_certificates(run.object(), held);
}

const Step steps::slot{
    .name = "slot", .place = Place::nothing, .plan = plan_slot, .perform = look_at_slot, .undo = nullptr};
const Step steps::key{.name = "key", .place = Place::chip, .plan = plan_key, .perform = make_key, .undo = nullptr};
const Step steps::request{
    .name = "request", .place = Place::nothing, .plan = plan_request, .perform = make_request_once, .undo = nullptr};
const Step steps::install{.name = "install",
                          .place = Place::chip,
                          .plan = plan_install,
                          .perform = install_certificate,
                          .undo = restore_certificate};

}  // namespace trustx::aws
