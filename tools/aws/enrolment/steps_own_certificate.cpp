// SPDX-License-Identifier: Apache-2.0
// Steps with a certificate that AWS does not issue: of an authority of the operator's, or the chip's own of the
// factory. Its name in the cloud follows from its content, so that what was registered is found again without any
// answer.
#include "aws/control/calls/ca_certificates.hpp"
#include "aws/enrolment/certificate_removal.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/steps.hpp"
#include "aws/http/http_error.hpp"
#include "common/files/input_error.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/error.hpp"
#include "pki/request.hpp"

#include <trustx/objects.hpp>

#include <chrono>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace trustx::aws {
namespace {

constexpr const char* authority = "the authority";

Result<std::vector<x509::Certificate>> chain_in(const std::string& pem, const std::string& from) {
    return x509::parse_certificate_file(text::as_bytes(pem), from);
}

std::string plan_issue(const Order& /*order*/) {
    return "the authority issues a certificate for the request; it is checked to be for the chip's key";
}

// take_certificate makes a certificate that is in the journal the one that is registered and installed.
Result<void> take_certificate(Run& run, std::string pem, const std::string& from) {
    TRY(const auto chain, chain_in(pem, from));
    run.facts().certificate_id = pki::certificate_id(chain.front());
    run.facts().certificate = std::move(pem);
    TRYV(run.record());
    return pki::check_certificate(chain, *run.facts().public_key, run.object(), run.time(), from);
}

std::time_t time_there(const Run& run) {
    return run.time() + run.seams.cloud.clock_offset().count();
}

std::string clocks(const Run& run) {
    return "this computer's clock says " + text::time_text(run.time()) + ", and AWS's " +
           text::time_text(time_there(run)) + ": set it";
}

// check_clock keeps an authority here from issuing what is not valid yet in the cloud, or expires early. Calls make up
// for a clock that is off, so nothing else shows it. Who can reach nothing but the broker issues by the clock there is.
Result<void> check_clock(Run& run) {
    constexpr std::chrono::hours tolerated{1};
    constexpr std::chrono::seconds patience{10};
    const auto asked = run.seams.cloud.learn_clock(Deadline::after(run.seams.broker.clock, patience));
    if (!asked && asked.error() == HttpErrc::server_not_yet_valid) {
        return asked;
    }
    return std::chrono::abs(run.seams.cloud.clock_offset()) < tolerated
               ? Result<void>{}
               : fail(pki::PkiErrc::clock_wrong, clocks(run) + ", or the certificate will have wrong dates");
}

// check_dates is for a clock that no answer had told of when the certificate was issued.
Result<void> check_dates(const Run& run, const x509::Certificate& leaf) {
    return leaf.validity(time_there(run)) == x509::Validity::valid
               ? Result<void>{}
               : fail(pki::PkiErrc::clock_wrong, "the certificate is not valid in the cloud, before " +
                                                     leaf.not_before() + " and after " + leaf.not_after() + "; " +
                                                     clocks(run) + ", take this back, and begin again");
}

Result<void> issue_certificate(Run& run) {
    if (!run.facts().certificate.empty()) {
        return take_certificate(run, run.facts().certificate, authority);
    }
    if (run.seams.issuer == nullptr) {
        return fail(InputErrc::usage,
                    "an authority is needed that issues the certificate: name its certificate and key");
    }
    TRYV(check_clock(run));
    TRY(auto pem, run.seams.issuer->issue(run.facts().request));
    return take_certificate(run, std::move(pem), authority);
}

std::string plan_factory(const Order& order) {
    return "take the certificate in " + paired_certificate(order.slot)->hex() + ", after a signature has shown that " +
           order.slot.hex() + " holds its key; nothing is written to the chip";
}

Result<void> take_factory_certificate(Run& run) {
    if (!run.order().replace) {
        TRYV(check_not_enrolled(run.seams.files, run.directories));
    }
    TRY(auto held, run.seams.chip.certificates(run.object()));
    if (held.empty()) {
        return fail(InputErrc::nothing_there, run.object().hex() +
                                                  " holds no certificate: this chip has none of the factory's there, "
                                                  "so use another method, or an authority");
    }
    TRY(const auto leaf, x509::Certificate::parse(held.front(), "the certificate in " + run.object().hex()));
    TRY(run.facts().public_key, leaf.public_key());
    TRYV(pki::prove_key(run.seams.chip, run.order().slot, *run.facts().public_key));
    std::string pem;
    for (const auto& der : held) {
        pem += openssl::pem_text("CERTIFICATE", der);
    }
    run.facts().held = std::move(held);
    run.facts().slot_was_empty = false;
    run.facts().certificate_id = pki::certificate_id(leaf);
    run.facts().certificate = std::move(pem);
    return {};
}

std::string plan_vendor(const Order& /*order*/) {
    return "ListCACertificates: an authority of the chip's vendor that lets in everybody who has such a chip ends it";
}

// lets_in_everybody: a template makes a thing of whoever has a certificate of the authority that issued this one
// (aws-iot.md section 7.5).
bool lets_in_everybody(const CaCertificateDescription& ca, const x509::Certificate& leaf) {
    const auto chain = chain_in(ca.pem, "the account");
    return ca.active && ca.auto_registration && ca.registration && chain && leaf.issued_by(chain->front());
}

Result<std::vector<ListedCertificate>> listed_authorities(Run& run) {
    auto listed = every_item<ListedCertificate>(
        [&run](const std::string& marker) { return ask(run, ListCaCertificates{.marker = marker}); });
    if (!listed && (listed.error() == ApiErrc::access_denied || listed.error() == ApiErrc::unauthorized)) {
        run.note(
            "these credentials may not list authorities: see to it that none of the chip's vendor is registered "
            "with a template");
        return std::vector<ListedCertificate>{};
    }
    return listed;
}

Result<void> check_vendor(Run& run) {
    TRY(const auto own, chain_in(run.facts().certificate, "the chip"));
    TRY(const auto authorities, listed_authorities(run));
    for (const auto& listed : authorities) {
        TRY(const auto ca, unless_missing(ask(run, DescribeCaCertificate{.id = listed.id})));
        if (ca && lets_in_everybody(*ca, own.front())) {
            return fail(EnrolmentErrc::vendor_authority,
                        "the authority " + ca->id +
                            " of this chip's vendor is registered with a template, so everybody who has a chip of the "
                            "vendor becomes a thing of this account: take the template away (aws iot "
                            "update-ca-certificate --remove-auto-registration), and admit known chips only, by "
                            "this method or by just-in-time registration with an allow-list");
        }
    }
    return {};
}

std::string plan_registered(const Order& order) {
    return order.method == EnrolmentMethod::own_ca
               ? "RegisterCertificate: the certificate of the registered authority, inactive"
               : "RegisterCertificateWithoutCA: the chip's own certificate, inactive";
}

ApiResult<RegisteredCertificate> register_it(Run& run, const std::vector<x509::Certificate>& chain) {
    const auto leaf = chain.front().pem();
    if (run.order().method == EnrolmentMethod::own_ca) {
        return ask(run, RegisterCertificate{.certificate_pem = leaf, .ca_certificate_pem = chain.back().pem()});
    }
    return ask(run, RegisterCertificateWithoutCa{.certificate_pem = leaf});
}

Result<void> accept_registered(Run& run, const CertificateDescription& found) {
    if (found.status == CertificateStatus::revoked) {
        return fail(EnrolmentErrc::certificate_revoked, "the certificate " + found.id +
                                                            " is revoked in this account, which is for good: use "
                                                            "another key");
    }
    run.facts().certificate_arn = found.arn;
    return note_account(run, found.arn);
}

// register_certificate decides once whether the certificate was registered before, as make_thing does.
Result<void> register_certificate(Run& run) {
    const auto& id = run.facts().certificate_id;
    TRY(const auto found, unless_missing(ask(run, DescribeCertificate{.id = id})));
    if (!run.facts().certificate_existed) {
        run.facts().certificate_existed = found.has_value();
        TRYV(run.record());
    }
    if (found) {
        return accept_registered(run, *found);
    }
    TRY(const auto chain, chain_in(run.facts().certificate, "the journal"));
    if (run.order().method == EnrolmentMethod::own_ca) {
        TRYV(check_dates(run, chain.front()));
    }
    TRYV(register_it(run, chain));
    TRY(const auto made, ask(run, DescribeCertificate{.id = id}));
    return accept_registered(run, made);
}

}  // namespace

const Step steps::issue{
    .name = "issue", .place = Place::files, .plan = plan_issue, .perform = issue_certificate, .undo = nullptr};
const Step steps::factory{.name = "factory-certificate",
                          .place = Place::nothing,
                          .plan = plan_factory,
                          .perform = take_factory_certificate,
                          .undo = nullptr};
const Step steps::vendor{
    .name = "vendor", .place = Place::nothing, .plan = plan_vendor, .perform = check_vendor, .undo = nullptr};
const Step steps::registered{.name = "register-certificate",
                             .place = Place::cloud,
                             .plan = plan_registered,
                             .perform = register_certificate,
                             .undo = remove_certificate};

}  // namespace trustx::aws
