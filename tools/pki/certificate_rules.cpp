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

Result<void> check_anchor_key(const x509::Certificate& certificate, const std::string& name) {
    if (certificate.public_key()) {
        const auto algorithm = X509_get_signature_nid(certificate.handle());
        return algorithm == NID_ecdsa_with_SHA256
                   ? Result<void>{}
                   : fail(InputErrc::check_failed,
                          name + " (" + x509::summary(certificate) + ") is signed with " + OBJ_nid2ln(algorithm) +
                              ", and the chip verifies with no certificate but one that is signed with ECDSA and "
                              "SHA-256 itself. The authority can issue its own certificate once more, with the same "
                              "key (`openssl req -x509 -sha256`)");
    }
    return fail(
        InputErrc::check_failed,
        name + " (" + x509::summary(certificate) +
            ") has no key on P-256 or P-384, such as an RSA key: the chip can keep the certificate but not "
            "verify with it. Keep such a root in a file, or take one of the same authority with an EC key: for AWS "
            "IoT that is Amazon Root CA 3, and the service then needs `SignatureAlgorithms = "
            "ECDSA+SHA256:ECDSA+SHA384` in its OpenSSL configuration");
}

}  // namespace trustx::pki
