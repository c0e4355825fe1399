// SPDX-License-Identifier: Apache-2.0
#include "handles.hpp"

#include "common/openssl/error_queue.hpp"
#include "common/openssl/provider_reason.hpp"

namespace trustx::test {

std::vector<std::string> take_errors() {
    std::vector<std::string> lines;
    for (const auto& error : openssl::take_errors()) {
        lines.push_back(error.library + ": " + to_string(error));
    }
    return lines;
}

std::vector<Reason> take_reasons() {
    std::vector<Reason> reasons;
    for (const auto& error : openssl::take_errors()) {
        if (openssl::is_provider_error(error.code)) {
            reasons.push_back(static_cast<Reason>(error.reason_number()));
        }
    }
    return reasons;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) {
        all += line + "\n";
    }
    return all;
}

}  // namespace trustx::test
