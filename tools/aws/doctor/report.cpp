// SPDX-License-Identifier: Apache-2.0
#include "aws/doctor/report.hpp"

#include <algorithm>

namespace trustx::aws::doctor {

std::string_view name_of(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::note:
            return "note";
        case Verdict::warning:
            return "warning";
        case Verdict::failed:
            return "failed";
        case Verdict::skipped:
            break;
    }
    return "skipped";
}

const Finding* Report::cause() const {
    const auto failed = std::ranges::find(findings, Verdict::failed, &Finding::verdict);
    return failed == findings.end() ? nullptr : &*failed;
}

bool Report::warns(Cause cause) const {
    return std::ranges::any_of(findings, [cause](const Finding& finding) {
        return finding.verdict == Verdict::warning && finding.cause == cause;
    });
}

}  // namespace trustx::aws::doctor
