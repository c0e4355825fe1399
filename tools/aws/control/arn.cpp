// SPDX-License-Identifier: Apache-2.0
#include "aws/control/arn.hpp"

#include "aws/control/api_error.hpp"

#include <array>

namespace trustx::aws {

std::string Arn::text() const {
    return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
}

std::string_view Arn::name() const {
    const auto slash = resource.find('/');
    return slash == std::string::npos ? std::string_view{} : std::string_view{resource}.substr(slash + 1);
}

Result<Arn> parse_arn(std::string_view text) {
    std::array<std::string, 5> parts{};
    auto rest = text;
    for (auto& part : parts) {
        const auto colon = rest.find(':');
        if (colon == std::string_view::npos) {
            return fail(ApiErrc::answer_malformed, "`" + std::string{text} + "` is no ARN");
        }
        part = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn" || rest.empty()) {
        return fail(ApiErrc::answer_malformed, "`" + std::string{text} + "` is no ARN");
    }
    return Arn{parts[1], parts[2], parts[3], parts[4], std::string{rest}};
}

}  // namespace trustx::aws
