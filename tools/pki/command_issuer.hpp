// SPDX-License-Identifier: Apache-2.0
// An authority behind a program: it reads a request for a certificate and prints the certificate.
#pragma once

#include "pki/issuer.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace trustx::pki {

class CommandIssuer final : public Issuer {
 public:
    // The clock must outlive it. words are the program and its arguments.
    CommandIssuer(std::vector<std::string> words, Clock& clock, std::chrono::seconds timeout)
        : words_{std::move(words)}, clock_{clock}, timeout_{timeout} {}

    // issue runs the program without a shell, with the CSR in PEM on its standard input; what it prints is the
    // certificate in PEM and those of its issuers. InputErrc::check_failed: it failed, or took too long;
    // InputErrc::malformed: it printed no certificate.
    Result<std::string> issue(const std::string& request) override;

 private:
    std::vector<std::string> words_;
    Clock& clock_;
    std::chrono::seconds timeout_;
};

}  // namespace trustx::pki
