// SPDX-License-Identifier: Apache-2.0
// Whether certificates are good for what they are there for: their dates, their key, and the way to who issued them.
#include "chip/certificate_checks.hpp"
#include "cli/advice.hpp"
#include "setup/checks.hpp"
#include "setup/closed_path.hpp"

#include <algorithm>
#include <ctime>

namespace trustx::cli {
namespace {

// Judgement is what is said about the certificates of one place. Everything that is wrong is said.
struct Judgement {
    CheckReport& report;
    std::string subject;
    std::string how_to_replace;  // the end of a remedy
    bool good = true;

    void failed(InputErrc code, const std::string& finding, const std::string& remedy) {
        report.failed(subject, code, finding, remedy);
        good = false;
    }
};

void judge_dates(Judgement& judgement, const std::vector<x509::Certificate>& certificates) {
    for (const auto& certificate : certificates) {
        const auto validity = certificate.validity(std::time(nullptr));
        if (validity == x509::Validity::expired) {
            judgement.failed(InputErrc::check_failed, x509::summary(certificate),
                             "have it renewed, then " + judgement.how_to_replace);
        } else if (validity == x509::Validity::not_yet) {
            judgement.failed(InputErrc::check_failed, x509::summary(certificate),
                             "look at the clock of this machine with `date`");
        }
    }
}

void judge_chain(Judgement& judgement, const std::vector<x509::Certificate>& certificates) {
    if (const auto chain = check_chain(certificates); !chain) {
        judgement.failed(InputErrc::check_failed, chain.error().operation(),
                         "put them in order, then " + judgement.how_to_replace);
    }
}

void judge_key(Judgement& judgement, const x509::Certificate& leaf, const KeyFile& key) {
    const auto certified = leaf.public_key();
    if (!certified || *certified != key.reference.public_key) {
        judgement.failed(InputErrc::key_mismatch,
                         x509::summary(leaf) + ", is for another key than the one in " + key.path,
                         "have a certificate issued for that key (`openssl req -new -key " + key.path + "`), then " +
                             judgement.how_to_replace);
    }
}

void judge_slot(Judgement& judgement, const x509::Certificate& leaf, const SlotState& slot) {
    const auto certified = leaf.public_key();
    const auto curve = slot.metadata.key_algorithm;
    if (!curve) {
        judgement.report.note(judgement.subject, "its slot " + slot.slot.hex() + " holds no key");
    } else if (!certified || certified->curve != *curve) {
        judgement.failed(
            InputErrc::key_mismatch,
            x509::summary(leaf) + ", is not for the " + std::string{curve_name(*curve)} + " key in " + slot.slot.hex(),
            "have a certificate issued for that key, then " + judgement.how_to_replace);
    }
}

// A peer that has the issuer needs no more, and nothing here can know that.
void conclude(const Judgement& judgement, const std::vector<x509::Certificate>& certificates) {
    const auto& last = certificates.back();
    if (judgement.good && last.is_self_signed()) {
        judgement.report.ok(judgement.subject, x509::summary(certificates.front()));
    } else if (judgement.good) {
        judgement.report.note(judgement.subject, x509::summary(certificates.front()) + "; its issuer, " +
                                                     last.issuer() +
                                                     ", is not stored behind it, so that peers have to have it");
    }
}

void judge_anchor(Judgement& judgement, const StoredCertificates& stored) {
    const auto& anchor = stored.certificates.front();
    if (stored.form != CertificateForm::der || !anchor.is_version_3()) {
        judgement.failed(InputErrc::check_failed,
                         x509::summary(anchor) + ", is not one bare certificate of X.509 version 3, and the chip " +
                             "verifies only with such",
                         judgement.how_to_replace);
    }
    if (!anchor.is_authority() && !anchor.is_self_signed()) {
        judgement.failed(InputErrc::check_failed, x509::summary(anchor) + ", is not an authority's",
                         judgement.how_to_replace);
    }
    judge_dates(judgement, stored.certificates);
    if (judgement.good && !anchor.public_key()) {
        judgement.report.note(judgement.subject,
                              x509::summary(anchor) +
                                  ", has no key on P-256 or P-384: programs verify with it in "
                                  "software, the chip cannot",
                              "to have the chip verify, put an authority with an EC key there");
    } else if (judgement.good) {
        judgement.report.ok(judgement.subject, x509::summary(anchor));
    }
}

void judge_certificate_object(Judgement& judgement, const CertificateState& state, const ExaminedChip& examined,
                              const std::optional<KeyFile>& key) {
    const auto& certificates = state.stored.certificates;
    const auto slot = std::ranges::find(examined.slots, paired_key(state.object), &SlotState::slot);
    if (key && slot != examined.slots.end() && key->reference.key == slot->slot) {
        judge_key(judgement, certificates.front(), *key);
    } else if (slot != examined.slots.end()) {
        judge_slot(judgement, certificates.front(), *slot);
    }
    judge_chain(judgement, certificates);
    judge_dates(judgement, certificates);
    conclude(judgement, certificates);
}

}  // namespace

void check_certificate_objects(CheckReport& report, ExaminedChip& examined, const std::optional<KeyFile>& key) {
    const auto states = read_certificate_objects(examined.chip);
    if (!states) {
        report.failed("certificates", states.error(), "`trustx info` says more");
        return;
    }
    for (const auto& state : *states) {
        const bool anchor = describe(state.object)->kind == ObjectKind::trust_anchor;
        Judgement judgement{.report = report,
                            .subject = (anchor ? "trust anchor " : "certificate ") + state.object.hex(),
                            .how_to_replace = "`trustx cert write " + state.object.hex() + " FILE`"};
        if (state.trouble) {
            report.failed(judgement.subject, *state.trouble, remedy_of(*state.trouble));
        } else if (state.stored.certificates.empty()) {
            continue;
        } else if (anchor) {
            judge_anchor(judgement, state.stored);
        } else {
            judge_certificate_object(judgement, state, examined, key);
        }
    }
}

void check_certificate_file(CheckReport& report, const std::string& path, const std::optional<KeyFile>& key) {
    const auto file = CertificateFile::read(path);
    if (!file) {
        report.failed("certificate file", file.error(),
                      remedy_for_reading(path, "name a file with a certificate in PEM, or a chain"));
        return;
    }
    Judgement judgement{.report = report, .subject = "certificate file", .how_to_replace = "put it into " + path};
    if (key) {
        judge_key(judgement, file->certificates.front(), *key);
    }
    judge_chain(judgement, file->certificates);
    judge_dates(judgement, file->certificates);
    conclude(judgement, file->certificates);
}

}  // namespace trustx::cli
