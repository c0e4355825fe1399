// SPDX-License-Identifier: Apache-2.0
#include "aws/doctor/exam.hpp"

#include <utility>

namespace trustx::aws::doctor {

tl::unexpected<Trouble> trouble(Cause cause, const Failure& failure) {
    return trouble(cause, failure.error.description(), failure.remedy);
}

void Exam::add(Stage stage, Verdict verdict, std::string text) {
    report.findings.push_back({.stage = stage, .verdict = verdict, .cause = {}, .text = std::move(text), .remedy = {}});
}

void Exam::add(Verdict verdict, const Trouble& trouble) {
    const auto& info = info_of(trouble.cause);
    report.findings.push_back({.stage = info.stage,
                               .verdict = verdict,
                               .cause = trouble.cause,
                               .text = trouble.text,
                               .remedy = trouble.remedy.empty() ? std::string{info.remedy} : trouble.remedy});
}

}  // namespace trustx::aws::doctor
