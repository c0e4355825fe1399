// SPDX-License-Identifier: Apache-2.0
#include "chip/dtls_readiness.hpp"

#include "chip/chip_certificates.hpp"
#include "chip/chip_contents.hpp"
#include "chip/chip_public_key.hpp"
#include "chip/key_proof.hpp"
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <ctime>
#include <utility>

namespace trustx::cli {
namespace {

Obstacle obstacle(InputErrc code, const std::string& finding, std::string remedy) {
    return {.error = Error{code, finding}, .remedy = std::move(remedy)};
}

// how_to_let_authenticate: the usage of a key can be changed until its slot is operational (chip-objects.md section 2).
std::string how_to_let_authenticate(ObjectId slot, const Metadata& metadata) {
    const auto usage = to_string(metadata.key_usage.value_or(KeyUsage::none) | KeyUsage::authentication);
    const auto state = metadata.life_cycle.value_or(LifeCycleState::operational);
    return state < LifeCycleState::operational
               ? "`trustx metadata set " + slot.hex() + " --usage " + usage + " --force` allows it"
               : "its slot is operational, so that stays so: use a key of another slot";
}

}  // namespace

Result<std::optional<Obstacle>> check_dtls_key(Chip& chip, ObjectId slot) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = slot}));
    if (!metadata.key_algorithm) {
        return obstacle(InputErrc::nothing_there, title(slot) + " holds no key", how_to_fill(chip, slot));
    }
    const auto usage = metadata.key_usage.value_or(KeyUsage::none);
    if ((usage & KeyUsage::authentication) == KeyUsage::none) {
        return obstacle(InputErrc::refused,
                        title(slot) + " may not authenticate in DTLS: its usage is " + to_string(usage) +
                            ", and has to contain auth",
                        how_to_let_authenticate(slot, metadata));
    }
    return std::nullopt;
}

Result<DtlsCertificate> read_dtls_certificate(Chip& chip, ObjectId slot) {
    DtlsCertificate found;
    const auto object = paired_certificate(slot);
    if (!object) {
        return found;
    }
    const auto write = "`trustx cert write " + object->hex() + " FILE`";
    auto stored = stored_certificates(chip, *object);
    if (!stored && is_unreachable(stored.error())) {
        return stored.failure();
    }
    if (!stored) {
        found.obstacle = Obstacle{.error = stored.error(), .remedy = remedy_of(stored.error())};
        return found;
    }
    if (stored->certificates.empty()) {
        return found;
    }
    const auto& leaf = found.certificate.emplace(std::move(stored->certificates.front()));
    const auto what = title(*object) + " holds " + x509::summary(leaf);
    const auto certified = leaf.public_key();
    TRY(const auto curve, occupied_curve(chip, slot));
    const bool may_belong = certified && certified->curve == curve;
    TRY(const bool belongs, may_belong ? KeyProofs{chip}.belongs(*certified, slot) : Result<bool>{false});
    const auto validity = leaf.validity(std::time(nullptr));
    if (!belongs) {
        found.obstacle = obstacle(InputErrc::key_mismatch,
                                  what + ", which is for another key than the one in " + title(slot) +
                                      ": servers that ask for a certificate refuse it",
                                  "have a certificate issued for that key, then " + write + " puts it there");
    } else if (validity == x509::Validity::expired) {
        found.obstacle = obstacle(InputErrc::check_failed, what + ": servers that ask for a certificate refuse it",
                                  "have it renewed, then " + write + " puts it there");
    } else if (validity == x509::Validity::not_yet) {
        found.obstacle = obstacle(InputErrc::check_failed, what + ": servers that ask for a certificate refuse it",
                                  "look at the clock of this machine with `date`");
    }
    return found;
}

Result<DtlsAnchor> read_dtls_anchor(Chip& chip) {
    DtlsAnchor anchor;
    const auto where = title(dtls_anchor_object);
    const auto write = "`trustx anchor write " + dtls_anchor_object.hex() + " FILE";
    auto stored = stored_certificates(chip, dtls_anchor_object);
    if (!stored && is_unreachable(stored.error())) {
        return stored.failure();
    }
    if (!stored) {
        anchor.obstacle = Obstacle{.error = stored.error(), .remedy = remedy_of(stored.error())};
    } else if (stored->certificates.empty()) {
        anchor.obstacle =
            obstacle(InputErrc::nothing_there, where + " holds no trust anchor: the chip accepts no server",
                     write + "` puts the certificate of the servers' authority there");
    } else if (stored->form != CertificateForm::der) {
        anchor.obstacle = obstacle(InputErrc::check_failed,
                                   where + " holds a certificate in the " + form_text(stored->form) +
                                       ", and the chip verifies with a bare one alone",
                                   write + " --force` stores it bare");
    } else if (!stored->certificates.front().public_key()) {
        anchor.obstacle = obstacle(InputErrc::check_failed,
                                   where + " holds " + x509::summary(stored->certificates.front()) +
                                       ", whose key is not on P-256 or P-384: the chip does not verify with it",
                                   write + " --force` puts another one there");
    }
    if (stored && !stored->certificates.empty()) {
        anchor.certificate = std::move(stored->certificates.front());
    }
    return anchor;
}

}  // namespace trustx::cli
