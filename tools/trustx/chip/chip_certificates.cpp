// SPDX-License-Identifier: Apache-2.0
#include "chip/chip_certificates.hpp"

#include "common/try.hpp"

namespace trustx::cli {

std::string_view form_name(CertificateForm form) {
    switch (form) {
        case CertificateForm::tls_identity:
            return "tls-identity";
        case CertificateForm::usb_type_c:
            return "usb-type-c";
        case CertificateForm::der:
            break;
    }
    return "der";
}

std::string form_text(CertificateForm form) {
    return "form " + std::string{form_name(form)};
}

Result<StoredCertificates> stored_certificates(Chip& chip, ObjectId object) {
    TRY(const auto stored, chip.with([object](LockedDevice& device) { return read_certificates(device, object); }));
    TRY(auto certificates, x509::parse_stored_certificates(stored, object));
    return StoredCertificates{.form = stored.form, .certificates = std::move(certificates)};
}

std::optional<x509::Certificate> paired_leaf(Chip& chip, ObjectId slot) {
    const auto object = paired_certificate(slot);
    if (!object) {
        return std::nullopt;
    }
    auto stored = stored_certificates(chip, *object);
    if (!stored || stored->certificates.empty()) {
        return std::nullopt;
    }
    return std::move(stored->certificates.front());
}

}  // namespace trustx::cli
