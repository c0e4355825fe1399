// SPDX-License-Identifier: Apache-2.0
#include "pki/certificate_rules.hpp"

#include "common/files/input_error.hpp"

namespace trustx::pki {

Result<void> check_version(const x509::Certificate& certificate, const std::string& name) {
    if (certificate.is_version_3()) {
        return {};
    }
    return fail(InputErrc::check_failed,
                name + " (" + x509::summary(certificate) +
                    ") is an X.509 certificate of version 1, with which the chip does not verify. Have it issued with "
                    "extensions: `openssl x509 -req` needs -extfile, `openssl req -x509` x509_extensions in [req] of "
                    "its configuration");
}

Result<void> check_anchor(const x509::Certificate& certificate, const std::string& name) {
    if (certificate.is_authority() || certificate.is_self_signed()) {
        return {};
    }
    return fail(InputErrc::check_failed, name + " (" + x509::summary(certificate) +
                                             ") is not an authority's certificate, which a trust anchor is");
}

}  // namespace trustx::pki
