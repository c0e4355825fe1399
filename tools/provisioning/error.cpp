// SPDX-License-Identifier: Apache-2.0
#include "provisioning/error.hpp"

namespace trustx::provisioning {
namespace {

class ProvisioningCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "provisioning"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& provisioning_category() noexcept {
    static const ProvisioningCategory category;
    return category;
}

}  // namespace trustx::provisioning
