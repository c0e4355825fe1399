// SPDX-License-Identifier: Apache-2.0
// A gateway on which programs of others install: their OpenSSL has the chip verify with the trust anchor E0EF.
#pragma once

#include "signed_firmware.hpp"

#include <map>
#include <string>

namespace trustx::test {

using Environment = std::map<std::string, std::string>;

struct Gateway : SignedFirmware {
    Gateway();

    // environment is that of programs that have the chip verify; plain_environment knows of no chip for OpenSSL.
    // Both have `trustx` in PATH, and its settings.
    [[nodiscard]] Environment environment() const { return environment_with("openssl-chip.cnf"); }
    [[nodiscard]] Environment plain_environment() const { return environment_with("openssl-plain.cnf"); }

    // replace_authority puts another one into the trust anchor; configurations stay as they are.
    void replace_authority() const;

    CertificateAuthority other{chip.files.path(), "other"};
    // Signers who are all refused.
    Signer stranger{make_signer(other, "stranger")};
    Signer former{make_signer(authority, "former", for_code, "20200101000000Z", "20210101000000Z")};
    Signer device{make_signer(authority, "device", "extendedKeyUsage = clientAuth\n")};
    Signer mailer{make_signer(authority, "mailer", "extendedKeyUsage = emailProtection\n")};

 private:
    [[nodiscard]] Environment environment_with(const std::string& configuration) const;
};

// sample is the text of a file in conf/firmware with words replaced, each of which must be there.
std::string sample(const std::string& name, const std::map<std::string, std::string>& words);

// must_run demands that a program succeeds.
Outcome must_run(const std::string& program, const Arguments& arguments, const ProcessOptions& options = {});

}  // namespace trustx::test
