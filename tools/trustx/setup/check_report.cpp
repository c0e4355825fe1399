// SPDX-License-Identifier: Apache-2.0
#include "setup/check_report.hpp"

#include "cli/output.hpp"
#include "common/try.hpp"

#include <algorithm>

namespace trustx::cli {
namespace {

constexpr std::size_t indent = 23;

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

}  // namespace

void CheckReport::failed(const std::string& subject, const Error& error, const std::string& remedy) {
    add("FAILED", subject, error.description() + "\n" + std::string(indent, ' ') + "remedy: " + remedy);
    if (!first_) {
        first_ = error.during(subject);
    }
}

Result<void> CheckReport::finish() const {
    TRYV(answer(text_));
    return first_ ? Result<void>{tl::unexpected<Error>(*first_)} : Result<void>{};
}

void CheckReport::add(const std::string& verdict, const std::string& subject, const std::string& finding) {
    text_ += padded(verdict, 8) + padded(subject, indent - 8) + finding + "\n";
}

}  // namespace trustx::cli
