// SPDX-License-Identifier: Apache-2.0
// Who issues certificates where AWS does not: the seam, and an authority whose key this process can use.
#pragma once

#include <trustx/result.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace trustx::pki {

class Issuer {
 public:
    Issuer() = default;
    Issuer(const Issuer&) = delete;
    Issuer& operator=(const Issuer&) = delete;
    virtual ~Issuer() = default;

    // issue gives the certificate for a CSR in PEM, followed by the certificate of the authority that signed it: AWS
    // IoT knows direct issuers (aws-iot.md section 7.3), and devices send both (section 7.4). Each call issues another
    // one. PkiErrc::clock_wrong: by this computer's clock the authority does not exist yet.
    virtual Result<std::string> issue(const std::string& request) = 0;
};

// AuthorityFiles are an authority in PEM. The key may be a reference to one in a chip.
struct AuthorityFiles {
    std::string certificate;
    std::string key;
    std::chrono::days validity{3650};
};

// open_authority reads both files. InputErrc::unreadable, InputErrc::malformed, InputErrc::key_mismatch;
// InputErrc::check_failed: the certificate is no authority's, which AWS refuses.
Result<std::unique_ptr<Issuer>> open_authority(const AuthorityFiles& files);

}  // namespace trustx::pki
