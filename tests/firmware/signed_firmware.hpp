// SPDX-License-Identifier: Apache-2.0
// A chip whose trust anchor for the platform's integrity is an authority of ours, and firmware that was signed.
#pragma once

#include "chip_fixture.hpp"
#include "mqtt/certificate_authority.hpp"

#include <map>
#include <string>

namespace trustx::test {

// Signer is a key in software with a certificate.
struct Signer {
    std::string certificate;
    std::string key;
};

// What makes a certificate one for signatures of code.
inline constexpr const char* for_code = "keyUsage = critical,digitalSignature\nextendedKeyUsage = codeSigning\n";

struct SignedFirmware {
    // The chip trusts the authority, and allows version 5 and above. signer has signed version 7 of a firmware of two
    // files: update/manifest.json.
    SignedFirmware();

    Signer make_signer(CertificateAuthority& by, const std::string& name, const std::string& extensions = for_code,
                       const std::string& not_before = "20200101000000Z",
                       const std::string& not_after = "20991231235959Z") const;

    // sign writes the manifest and its signature with openssl in place of trustx where `by_openssl`.
    void sign(const Signer& by, const std::string& number = "7") const;
    void sign_with_openssl(const Signer& by) const;

    // verify runs `trustx firmware verify`.
    [[nodiscard]] Outcome verify(const Arguments& more = {}) const;
    // refuse demands that it ends so, with these words, and prints no answer.
    void refuse(int status, const std::vector<std::string>& words, const Arguments& more = {}) const;
    // commands gives how often the chip was given each since it was asked last.
    [[nodiscard]] std::map<std::string, int> commands() const;
    [[nodiscard]] std::string manifest() const { return chip.path("update/manifest.json"); }

    Chip chip;
    CertificateAuthority authority{chip.files.path(), "authority"};
    Signer signer{make_signer(authority, "signer")};
};

}  // namespace trustx::test
