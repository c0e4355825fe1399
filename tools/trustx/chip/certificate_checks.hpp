// SPDX-License-Identifier: Apache-2.0
// What must be true of certificates before they go into the chip, for each kind of object that takes them: certificate
// objects, and trust anchors. Whatever writes certificates asks here.
#pragma once

#include "cli/context.hpp"
#include "common/x509/certificate.hpp"

#include <string>
#include <vector>

namespace trustx::cli {

// CertificateFile is what the user hands in.
struct CertificateFile {
    std::string name;  // for messages
    std::vector<x509::Certificate> certificates;

    // read reads PEM or DER; "-" is standard input.
    static Result<CertificateFile> read(const std::string& path);
};

struct CertificateChecks {
    std::string form;        // --form: der or tls-identity; empty: what suits the number of certificates
    std::string key_file;    // --key: the certificate must carry this key; empty: not asked for
    bool prove_key = false;  // --prove-key: the paired slot must be able to sign for it
    bool force = false;      // --force: what is refused becomes a warning, if it can be done at all
};

// check_chain demands the leaf first, then each issuer. Error: InputErrc::malformed.
Result<void> check_chain(const std::vector<x509::Certificate>& certificates);

// certificate_content judges what needs no chip (a usable key and version, the order of a chain, an authority in a
// trust anchor), and gives the content of the object.
Result<Bytes> certificate_content(const Context& context, ObjectId object, const CertificateFile& file,
                                  const CertificateChecks& checks);

// check_certificates judges what the chip tells: whether the content fits, what it would replace and, for a
// certificate object that has a key slot, whether certificate and key can belong together. It changes nothing. Where a
// certificate for another key would be replaced, the slots sign once each, unless forced, to show whether it is in use.
Result<void> check_certificates(const Context& context, Chip& chip, ObjectId object, const CertificateFile& file,
                                const Bytes& content, const CertificateChecks& checks);

}  // namespace trustx::cli
