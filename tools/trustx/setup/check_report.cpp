// SPDX-License-Identifier: Apache-2.0
#include "setup/check_report.hpp"

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "common/text/lower_case.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

constexpr std::size_t indent = 25;

std::string column(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

}  // namespace

Result<void> CheckReport::finish(bool json) const {
    TRYV(answer(json ? this->json() : text()));
    const auto first = first_failure();
    return first ? tl::unexpected<Error>(first->error) : Result<void>{};
}

std::optional<CheckReport::Failure> CheckReport::first_failure() const {
    const auto first =
        std::ranges::find_if(findings_, [](const Finding& finding) { return finding.error.has_value(); });
    return first == findings_.end()
               ? std::nullopt
               : std::optional{Failure{.error = first->error->during(first->subject), .remedy = first->remedy}};
}

std::string CheckReport::text() const {
    std::string lines;
    for (const auto& [verdict, subject, finding, remedy, error] : findings_) {
        lines.append(column(verdict, 8))
            .append(column(subject, indent - 8))
            .append(text::printable(finding))
            .append("\n");
        if (!remedy.empty()) {
            lines.append(indent, ' ').append("remedy: ").append(text::printable(remedy)).append("\n");
        }
    }
    return lines;
}

std::string CheckReport::json() const {
    auto list = nlohmann::ordered_json::array();
    for (const auto& [verdict, subject, finding, remedy, error] : findings_) {
        nlohmann::ordered_json entry{
            {"verdict", text::lower_case(verdict)}, {"subject", subject}, {"finding", finding}};
        if (!remedy.empty()) {
            entry["remedy"] = remedy;
        }
        if (error) {
            entry["exit_code"] = static_cast<int>(exit_code_of(*error));
        }
        list.push_back(std::move(entry));
    }
    return json_text({{"findings", std::move(list)}});
}

}  // namespace trustx::cli
