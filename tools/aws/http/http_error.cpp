// SPDX-License-Identifier: Apache-2.0
#include "aws/http/http_error.hpp"

namespace trustx::aws {
namespace {

class HttpCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "http"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& http_category() noexcept {
    static const HttpCategory category;
    return category;
}

bool may_have_been_received(const std::error_code& code) noexcept {
    return code.category() == http_category() && code.value() >= static_cast<int>(HttpErrc::timeout);
}

}  // namespace trustx::aws
