// SPDX-License-Identifier: Apache-2.0
#include "chip/certificate_json.hpp"

#include <nlohmann/json.hpp>
#include <openssl/x509.h>

namespace trustx::cli {

namespace {

// What is empty in the certificate is empty here; words in its place are for people.
std::string name_or_empty(const X509_NAME* name, const std::string& text) {
    return X509_NAME_entry_count(name) == 0 ? std::string{} : text;
}

}  // namespace

nlohmann::ordered_json certificate_json(const x509::Certificate& certificate) {
    const auto key = certificate.public_key();
    return {{"subject", name_or_empty(X509_get_subject_name(certificate.handle()), certificate.subject())},
            {"issuer", name_or_empty(X509_get_issuer_name(certificate.handle()), certificate.issuer())},
            {"serial", certificate.serial()},
            {"not_before", certificate.not_before()},
            {"not_after", certificate.not_after()},
            {"curve", key ? nlohmann::ordered_json(curve_name(key->curve)) : nlohmann::ordered_json{}},
            {"sha256_fingerprint", certificate.fingerprint()}};
}

}  // namespace trustx::cli
