// SPDX-License-Identifier: Apache-2.0
#include "dtls/peer_error.hpp"

namespace trustx::cli {
namespace {

class PeerCategory final : public std::error_category {
 public:
    [[nodiscard]] const char* name() const noexcept override { return "peer"; }
    [[nodiscard]] std::string message(int /*code*/) const override { return {}; }
};

}  // namespace

const std::error_category& peer_category() noexcept {
    static const PeerCategory category;
    return category;
}

}  // namespace trustx::cli
