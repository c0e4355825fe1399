// SPDX-License-Identifier: Apache-2.0
// The log of the kernel's Integrity Measurement Architecture: what was executed, mapped or read by root since the
// start, by its policy. Source: include/linux/ima.h and security/integrity/ima of Linux, docs/integrity.md, "The
// kernel's log".
//
// binary_runtime_measurements is a sequence of
//
//     u32 PCR, SHA-1 of the template data (20 bytes), u32 length and name of the template, u32 length and template data
//
// in the byte order of the machine, which is little-endian wherever this program runs. Template data are fields, each
// with a u32 length; d-ng and n-ng are the first two of every template but `ima`: "sha256:", a zero byte and the
// digest; the path with a zero byte. A file that changed while it was measured is a violation: its SHA-1 is all zeros.
#pragma once

#include "attest/digest.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace trustx::attest {

// The size of a log that is still read: some 300000 entries.
inline constexpr std::size_t ima_log_limit = std::size_t{64} << 20;

struct ImaEntry {
    std::string path;
    std::string digest;  // "sha256:0011..."; empty: a violation
};

// ImaLog is a log with what a TPM would hold for it. The kernel has the first value in its own list, per entry; the
// aggregates are what PCR 10 would be, extended with each entry's SHA-1 or SHA-256 of the template data.
struct ImaLog {
    std::vector<ImaEntry> entries{};
    std::size_t violations = 0;
    Digest digest{};  // of the whole log
    Sha1Digest aggregate_sha1{};
    Digest aggregate_sha256{};
};

// parse_ima_log reads a whole log and checks the SHA-1 of each entry. InputErrc::malformed where it is cut off, not of
// this form, or where one does not fit.
Result<ImaLog> parse_ima_log(ByteView log);

}  // namespace trustx::attest
