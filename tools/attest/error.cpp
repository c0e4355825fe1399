// SPDX-License-Identifier: Apache-2.0
#include "attest/error.hpp"

namespace trustx::attest {
namespace {

class AttestCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "attestation"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& attest_category() noexcept {
    static const AttestCategory category;
    return category;
}

}  // namespace trustx::attest
