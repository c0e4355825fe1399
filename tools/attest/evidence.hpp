// SPDX-License-Identifier: Apache-2.0
// What evidence says, and its claims: an Entity Attestation Token (RFC 9711) in JSON. docs/integrity.md has the claims
// in a table, with their sources.
#pragma once

#include "attest/log.hpp"
#include "attest/measurement.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::attest {

// The claims' form has a name of its own (eat_profile), which needs no registry (RFC 4122 section 4.4).
inline constexpr const char* profile = "urn:uuid:3f0d8c1e-6a7b-4d52-9c55-7b1e0f6a2d94";

// What a nonce may be (RFC 9711 section 4.1): 8 to 88 printable characters.
Result<void> check_nonce(const std::string& nonce);

// ImaSummary is what evidence says of the kernel's log; the log itself goes beside it.
struct ImaSummary {
    std::uint64_t entries = 0;
    std::uint64_t violations = 0;
    Digest log{};
    std::string aggregate_sha1{};    // hexadecimal
    std::string aggregate_sha256{};  // hexadecimal
};

struct Evidence {
    std::string nonce{};                       // empty: none
    std::int64_t issued = 0;                   // s since 1970
    std::optional<std::int64_t> not_before{};  // s since 1970; not in what this program makes
    std::optional<std::int64_t> expires{};     // s since 1970; not in what this program makes
    std::string uid{};                         // the chip's, hexadecimal, as the signer says
    std::string boot_id{};
    std::uint64_t uptime = 0;               // s; 0: it was measured before
    std::optional<std::string> firmware{};  // its version
    std::map<std::string, Digest> components{};
    std::map<std::string, Entries> trees{};  // may be left out
    std::optional<ImaSummary> ima{};
    std::vector<std::string> log{};  // lines of the log of this start
    std::string log_broken{};        // what the gateway found wrong with it
};

// claims_of and evidence_of convert. evidence_of refuses what lacks a claim that is always there, or has one of another
// form: InputErrc::malformed.
nlohmann::ordered_json claims_of(const Evidence& evidence);
Result<Evidence> evidence_of(const nlohmann::json& claims, const std::string& name);

// summary_of is what evidence says of a log.
ImaSummary summary_of(const ImaLog& log);

// date_text is a date of others, which may be any number, for people.
std::string date_text(std::int64_t seconds);

// ueid_of is the universal entity id of a chip (RFC 9711 section 4.2.1): of type RAND, since SHA-256 of its unique
// identifier is as good as random.
std::string ueid_of(const std::string& uid_hex);

}  // namespace trustx::attest
