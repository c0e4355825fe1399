// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/claim_connection.hpp"

#include "aws/control/calls/provisioning.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/identity.hpp"
#include "common/files/input_error.hpp"
#include "common/keys/key_file.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/key_reference.hpp>

namespace trustx::aws {
namespace {

Result<void> hold_certificate(Run& run, Claim& claim, std::string_view pem) {
    TRY(claim.certificate, run.seams.files.hold(pem));
    claim.certificate_file = claim.certificate->path();
    return {};
}

Result<void> hold_key(Run& run, Claim& claim, std::string_view text) {
    TRY(claim.key, run.seams.files.hold(text));
    claim.key_file = claim.key->path();
    return {};
}

// claim_in_slot shows the broker the certificate of a slot and a reference to its key.
Result<Claim> claim_in_slot(Run& run, ObjectId slot) {
    const auto object = *paired_certificate(slot);
    TRY(const auto held, run.seams.chip.certificates(object));
    if (held.empty()) {
        return fail(InputErrc::nothing_there, object.hex() + " holds no certificate, so " + slot.hex() +
                                                  " is no claim: name another slot, or files");
    }
    TRY(const auto leaf, x509::Certificate::parse(held.front(), "the certificate in " + object.hex()));
    TRY(auto public_key, leaf.public_key());
    TRY(const auto uid, run.seams.chip.uid());
    std::string pem;
    for (const auto& der : held) {
        pem += openssl::pem_text("CERTIFICATE", der);
    }
    const KeyReference reference{.key = slot,
                                 .public_key = std::move(public_key),
                                 .coprocessor = uid,
                                 .device = run.order().device_name,
                                 .label = "claim"};
    Claim claim;
    TRYV(hold_certificate(run, claim, pem));
    TRYV(hold_key(run, claim, keys::key_file_text(reference)));
    return claim;
}

Result<Claim> claim_by_aws(Run& run) {
    TRY(const auto made, ask(run, CreateProvisioningClaim{.template_name = run.order().template_name}));
    run.note(
        "AWS made the key of this claim: it is good for some minutes, kept in memory only, and replaced by the "
        "chip's key now");
    Claim claim;
    claim.expiration = made.expiration;
    TRYV(hold_certificate(run, claim, made.certificate.pem));
    TRYV(hold_key(run, claim, made.private_key_pem.view()));
    return claim;
}

Result<Claim> claim_of(Run& run) {
    const auto& order = run.order();
    if (order.claim_slot) {
        return claim_in_slot(run, *order.claim_slot);
    }
    if (order.claim_certificate.empty()) {
        return claim_by_aws(run);
    }
    Claim claim;
    claim.certificate_file = order.claim_certificate;
    claim.key_file = order.claim_key;
    return claim;
}

// certificate_name: what is held in memory has no file's name that says anything.
std::string certificate_name(const Order& order) {
    return order.claim_slot                  ? paired_certificate(*order.claim_slot)->hex()
           : order.claim_certificate.empty() ? "of the claim that AWS made"
                                             : order.claim_certificate;
}

bool is_usable(const Run& run) {
    constexpr std::chrono::seconds time_to_connect{30};
    const auto& claim = run.claim;
    return claim && (!claim->expiration || run.seams.now() + time_to_connect < *claim->expiration);
}

Result<void> have_claim(Run& run) {
    if (is_usable(run)) {
        return {};
    }
    TRY(auto claim, claim_of(run));
    TRY(const auto roots, broker_roots(run.seams.files, run.order().ca_file));
    TRY(claim.roots, run.seams.files.hold(roots));
    run.claim = std::make_unique<Claim>(std::move(claim));
    return {};
}

}  // namespace

Result<Acceptance> open_claim(Run& run, const Deadline& deadline) {
    if (run.claim && run.claim->conversation) {
        return Acceptance{};
    }
    TRYV(have_claim(run));
    TRY(auto endpoint, Endpoint::parse(run.facts().endpoint));
    const Presented presented{.endpoint = std::move(endpoint),
                              .client_id = "claim-" + text::lower_case(run.journal.chip),
                              .certificate_file = run.claim->certificate_file,
                              .key_file = run.claim->key_file,
                              .ca_file = run.claim->roots->path(),
                              .certificate_name = certificate_name(run.order())};
    TRY(auto opened, run.seams.broker.mqtt.open(presented, deadline));
    run.claim->conversation = std::move(opened.conversation);
    auto acceptance = std::move(opened.acceptance);
    if (acceptance.answer != Acceptance::Answer::accepted && !acceptance.fault) {
        acceptance.why +=
            "; the claim's certificate has to be registered and ACTIVE, with the policy of `trustx aws make "
            "claim-policy`";
    }
    return acceptance;
}

}  // namespace trustx::aws
