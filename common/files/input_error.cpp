// SPDX-License-Identifier: Apache-2.0
#include "common/files/input_error.hpp"

namespace trustx {
namespace {

class InputCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "input"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& input_category() noexcept {
    static const InputCategory category;
    return category;
}

}  // namespace trustx
