// SPDX-License-Identifier: Apache-2.0
#include "firmware/error.hpp"

namespace trustx::firmware {
namespace {

class FirmwareCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "firmware"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& firmware_category() noexcept {
    static const FirmwareCategory category;
    return category;
}

}  // namespace trustx::firmware
