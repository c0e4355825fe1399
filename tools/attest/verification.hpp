// SPDX-License-Identifier: Apache-2.0
// What an operator asks of evidence: by whom, about whom, how old, and whether it is as it should be. All questions are
// answered, one finding for each thing that is wrong.
#pragma once

#include "attest/error.hpp"
#include "attest/evidence.hpp"
#include "attest/golden.hpp"
#include "attest/token.hpp"

#include <trustx/result.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::attest {

// KeyDigest is SHA-256 of a SubjectPublicKeyInfo: which key it was.
using KeyDigest = std::array<std::uint8_t, 32>;

// Earlier is evidence that was verified before, and which key signed it.
struct Earlier {
    Evidence evidence{};
    KeyDigest key{};
};

struct Expectations {
    const std::vector<x509::Certificate>* trusted = nullptr;  // authorities; null: any issuer will do
    // Certificates of the gateway, or of several: one of them has the key that signed. Null: not asked.
    const std::vector<x509::Certificate>* signers = nullptr;
    std::optional<std::string> nonce{};
    std::optional<std::chrono::seconds> max_age{};
    std::int64_t now = 0;              // s since 1970
    std::optional<std::string> uid{};  // of the chip, hexadecimal; the signer's word on it alone does not do
    std::optional<Golden> golden{};
    std::optional<Bytes> ima_log{};    // the kernel's log that belongs to the evidence
    std::optional<Earlier> earlier{};  // of the same gateway
};

// What an operator may ask of evidence that is genuine.
enum class Question { issuer, freshness, chip, values, kernels_log };

// unasked are the questions that nothing in expected asks: a verdict says nothing about them.
std::vector<Question> unasked(const Expectations& expected);

struct Finding {
    AttestErrc kind = AttestErrc::differs;
    std::string component{};  // what it is about; empty: the evidence as a whole
    std::string expected{};   // empty: nothing of the kind
    std::string found{};      // empty: it is not there
    std::string words{};      // for people, with all of that
};

struct Verdict {
    Evidence evidence{};
    KeyDigest key{};  // that signed it
    // Whether somebody else than the signer says which chip it is: the key is that of an expected certificate, or an
    // authority has written the UID into the subject of the certificate.
    bool chip_bound = false;
    std::optional<bool> restarted{};   // since the earlier evidence, as the gateway says; nothing: there is none
    std::vector<std::string> chain{};  // subjects, the signer's first; without an authority that one alone
    std::size_t log_entries = 0;
    std::vector<Finding> findings{};

    [[nodiscard]] bool good() const { return findings.empty(); }
    // worst is what decides how a program ends: who signed counts more than when, and when more than what.
    [[nodiscard]] AttestErrc worst() const;
};

// How far a gateway's clock may be ahead of the operator's.
inline constexpr std::chrono::seconds clock_tolerance{60};

// verify judges a token whose signature read_token has checked. InputErrc::malformed where it is no evidence.
Result<Verdict> verify(const Token& token, const std::string& name, const Expectations& expected);

}  // namespace trustx::attest
