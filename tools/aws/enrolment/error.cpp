// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/error.hpp"

namespace trustx::aws {
namespace {

class EnrolmentCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "enrolment"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& enrolment_category() noexcept {
    static const EnrolmentCategory category;
    return category;
}

}  // namespace trustx::aws
