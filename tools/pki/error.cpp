// SPDX-License-Identifier: Apache-2.0
#include "pki/error.hpp"

namespace trustx::pki {
namespace {

class PkiCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "pki"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& pki_category() noexcept {
    static const PkiCategory category;
    return category;
}

}  // namespace trustx::pki
