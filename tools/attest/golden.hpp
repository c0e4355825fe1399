// SPDX-License-Identifier: Apache-2.0
// Golden values: what a gateway that is as it should be measures. A JSON file of the operator's, made from evidence of
// gateways that he trusts; several values are allowed for each component, as for two slots of firmware.
#pragma once

#include "attest/evidence.hpp"

#include <trustx/result.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace trustx::attest {

// A file of golden values is no longer than this, in bytes.
inline constexpr std::size_t golden_limit = std::size_t{64} << 20;

using Allowed = std::set<std::string>;

struct Golden {
    std::map<std::string, Allowed> components{};                    // digests in hexadecimal
    std::map<std::string, std::map<std::string, Allowed>> trees{};  // of each directory, its entries
    Allowed firmware{};                                             // versions
    bool log = false;                                               // the start was measured, too
    bool ima = false;                                               // the kernel's log was there
    std::map<std::string, Allowed> ima_files{};                     // paths with their digests

    // add allows what evidence has, beside what is allowed already. What only some of the evidence has is still asked
    // for. The kernel's log is what goes with the evidence, where it was kept.
    void add(const Evidence& evidence, const ImaLog* ima_log);

    [[nodiscard]] std::string text() const;
};

// parse_golden reads such a file. InputErrc::malformed.
Result<Golden> parse_golden(std::string_view text, const std::string& name);

}  // namespace trustx::attest
