// SPDX-License-Identifier: Apache-2.0
// Whether the trust anchors that the setting verify-anchors names hold the certificates of those keys.
#include "chip/chip_certificates.hpp"
#include "cli/advice.hpp"
#include "setup/checks.hpp"

namespace trustx::cli {
namespace {

// Without a certificate of that key programs trust nobody in its place.
void judge_entry(CheckReport& report, const VerifyAnchor& entry, const Result<StoredCertificates>& stored) {
    const auto object = entry.object.hex();
    const auto subject = "verify-anchors " + object;
    const auto write = [&object](const std::string& force) {
        return "`trustx anchor write " + object + " FILE --verify-anchors" + force + "` writes certificate and setting";
    };
    if (!stored) {
        report.failed(subject, stored.error(), remedy_of(stored.error()));
    } else if (stored->certificates.empty()) {
        report.failed(subject, InputErrc::nothing_there, "is empty: no program can verify for that key", write(""));
    } else if (stored->certificates.front().key_sha256() != entry.key_sha256) {
        report.failed(subject, InputErrc::key_mismatch,
                      x509::summary(stored->certificates.front()) +
                          ", is for another key: no program can verify for the " + "one that the setting names",
                      write(" --force"));  // it takes the place of another
    } else if (!stored->certificates.front().public_key()) {
        report.failed(subject, InputErrc::check_failed,
                      x509::summary(stored->certificates.front()) +
                          ", has no key on P-256 or P-384, and the chip verifies " +
                          "with no other: programs refuse that key",
                      "take the entry out of the setting, and keep such a root in a file");
    } else {
        report.ok(subject, "holds the certificate of that key: the chip verifies for it");
    }
}

}  // namespace

void check_verify_anchors(CheckReport& report, ExaminedChip& examined, const SettingValues& settings) {
    const auto* setting = settings.find("verify-anchors");
    const auto anchors = setting == nullptr ? Result<std::vector<VerifyAnchor>>{} : parse_verify_anchors(setting->text);
    for (const auto& entry : anchors.value_or(std::vector<VerifyAnchor>{})) {
        judge_entry(report, entry, stored_certificates(examined.chip, entry.object));
    }
}

}  // namespace trustx::cli
