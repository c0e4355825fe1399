// SPDX-License-Identifier: Apache-2.0
// What an examination found, stage by stage.
#pragma once

#include "aws/doctor/cause.hpp"

#include <optional>
#include <string>
#include <vector>

namespace trustx::aws::doctor {

// Verdict on one stage. `failed` is the cause: there is one at most, and what follows from it is not examined.
// `warning` has a code, too, and keeps nobody from a connection today. `note`: the broker's refusal that a later stage
// explains, or something else to know. `skipped`: it could not be examined, and did not have to be.
enum class Verdict : std::uint8_t { ok, note, warning, failed, skipped };
std::string_view name_of(Verdict verdict) noexcept;

struct Finding {
    Stage stage;
    Verdict verdict;
    std::optional<Cause> cause;  // of a failure or a warning
    std::string text;
    std::string remedy;
};

struct Report {
    std::vector<Finding> findings;

    // cause is the one that failed; nullptr: the broker accepts the gateway.
    [[nodiscard]] const Finding* cause() const;
    // warns says whether there is a warning with that code.
    [[nodiscard]] bool warns(Cause cause) const;
};

}  // namespace trustx::aws::doctor
