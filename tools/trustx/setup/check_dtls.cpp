// SPDX-License-Identifier: Apache-2.0
// Whether the chip can be a DTLS client, which only some want of it.
#include "chip/dtls_readiness.hpp"
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "setup/checks.hpp"

namespace trustx::cli {
namespace {

// judge passes an obstacle on, and says whether there was none.
bool judge(CheckReport& report, const std::string& subject, const std::optional<Obstacle>& obstacle) {
    if (obstacle) {
        report.failed(subject, obstacle->error, obstacle->remedy);
    }
    return !obstacle;
}

void check_dtls_certificate(CheckReport& report, ExaminedChip& examined, ObjectId slot) {
    const auto object = paired_certificate(slot).value_or(ObjectId{0});
    const auto place = "DTLS certificate " + object.hex();
    const auto found = read_dtls_certificate(examined.chip, slot);
    if (!found) {
        report.failed(place, found.error(), remedy_of(found.error()));
    } else if (!judge(report, place, found->obstacle)) {
        return;
    } else if (found->certificate) {
        report.ok(place, "servers that ask for one get " + x509::summary(*found->certificate) +
                             ", and the key has signed to show that it is its own");
    } else {
        report.note(place, title(object) + " holds no certificate: a server that demands one refuses this client",
                    "`trustx cert write " + object.hex() + " FILE` puts one there");
    }
}

}  // namespace

void check_dtls(CheckReport& report, ExaminedChip& examined, ObjectId slot) {
    const std::string key = "DTLS key " + slot.hex();
    const std::string place = "DTLS anchor " + dtls_anchor_object.hex();
    const auto no_key = check_dtls_key(examined.chip, slot);
    if (!no_key) {
        report.failed(key, no_key.error(), remedy_of(no_key.error()));
    } else if (judge(report, key, *no_key)) {
        report.ok(key, "may authenticate: the chip can be a DTLS client with it");
        check_dtls_certificate(report, examined, slot);
    }
    const auto anchor = read_dtls_anchor(examined.chip);
    if (!anchor) {
        report.failed(place, anchor.error(), remedy_of(anchor.error()));
    } else if (judge(report, place, anchor->obstacle)) {
        report.ok(place, "servers are judged by " + x509::summary(*anchor->certificate));
    }
}

}  // namespace trustx::cli
