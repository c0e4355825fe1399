// SPDX-License-Identifier: Apache-2.0
// A key pair in software, to stand in for one in a chip or for one that is not in it.
#pragma once

#include "common/openssl/handles.hpp"

#include <trustx/key.hpp>

#include <string>
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

 private:
    struct Extension {
        int nid;
        std::string value;
    };
    [[nodiscard]] Bytes issue(const PublicKey& subject, const std::string& common_name, const std::string& issuer_name,
                              const std::vector<Extension>& extensions) const;

    openssl::Pkey key_;
    PublicKey public_key_;
};

// pem wraps DER.
std::string pem(const std::string& label, ByteView der);

}  // namespace trustx::test
