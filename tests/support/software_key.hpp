// SPDX-License-Identifier: Apache-2.0
// A key pair in software, to stand in for one in a chip or for one that is not in it.
#pragma once

#include "common/openssl/handles.hpp"

#include <trustx/key.hpp>

#include <string>
#include <utility>
#include <vector>

namespace trustx::test {

class SoftwareKey {
 public:
    explicit SoftwareKey(Curve curve);

    [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
    [[nodiscard]] Signature sign(ByteView digest) const;

    // certificate is self-signed, in DER, valid for a day.
    [[nodiscard]] Bytes certificate(const std::string& common_name) const;
    // authority_certificate is the same for one that may issue others.
    [[nodiscard]] Bytes authority_certificate(const std::string& common_name) const;
    // certificate_for is one that this key issues for another, such as one in a chip. padding makes it longer.
    [[nodiscard]] Bytes certificate_for(const PublicKey& subject, const std::string& common_name,
                                        const std::string& issuer_name, std::size_t padding = 0) const;

    // Certificate says what else a certificate may be.
    struct Certificate {
        PublicKey subject;
        std::string common_name = "gateway";
        std::string issuer_name = "authority";
        long version = 2;  // as X.509 counts: 0 is version 1
        long begins = 0;   // seconds from now
        long ends = 24L * 60 * 60;
        std::vector<std::pair<int, std::string>> extensions = {};  // by NID, with the value as openssl.cnf has it
    };
    [[nodiscard]] Bytes issue(const Certificate& certificate) const;

 private:
    openssl::Pkey key_;
    PublicKey public_key_;
};

// rsa_certificate is self-signed, in DER, for a key that no chip has.
Bytes rsa_certificate(const std::string& common_name);

// pem wraps DER.
std::string pem(const std::string& label, ByteView der);

}  // namespace trustx::test
