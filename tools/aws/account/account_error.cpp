// SPDX-License-Identifier: Apache-2.0
#include "aws/account/account_error.hpp"

namespace trustx::aws {
namespace {

class AccountCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "aws account"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& account_category() noexcept {
    static const AccountCategory category;
    return category;
}

}  // namespace trustx::aws
