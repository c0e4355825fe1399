// SPDX-License-Identifier: Apache-2.0
// Certificates that are in the chip already.
#pragma once

#include "cli/context.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/objects.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::cli {

// StoredCertificates is what an object holds: leaf first, none when it is empty.
struct StoredCertificates {
    CertificateForm form = CertificateForm::der;
    std::vector<x509::Certificate> certificates;
};

// form_name is "der", "tls-identity" or "usb-type-c".
std::string_view form_name(CertificateForm form);
// form_text is "form der" and so on, for people.
std::string form_text(CertificateForm form);

// stored_certificates reads an object. One that was never written costs one short command instead of a long read of
// zeros (chip-objects.md section 1.5).
Result<StoredCertificates> stored_certificates(Chip& chip, ObjectId object);

// paired_leaf is the certificate in a key slot's certificate object. Nothing when the object is empty or holds
// something that is no certificate: this is for advice, not for checks.
std::optional<x509::Certificate> paired_leaf(Chip& chip, ObjectId slot);

}  // namespace trustx::cli
