// SPDX-License-Identifier: Apache-2.0
#include "shadow/rejection.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace trustx::mqtt {
namespace {

constexpr int too_many_requests = 429;
constexpr int internal_failure = 500;

struct Meaning {
    int code;
    std::string_view words;
};

constexpr std::array meanings{
    Meaning{400, "the service does not understand the request"},
    Meaning{401, "the service does not know this client"},
    Meaning{403, "the policies of this certificate do not allow it"},
    Meaning{shadow_not_found, "there is no such thing, or it has no such shadow"},
    Meaning{shadow_version_conflict, "the shadow has another version than the one that was named"},
    Meaning{413, "the document is larger than the 8 KiB that a shadow may have"},
    Meaning{415, "the document is not encoded in UTF-8"},
    Meaning{too_many_requests, "more than 10 requests of this connection were under way"},
    Meaning{internal_failure, "the service failed"},
};

}  // namespace

ShadowRejection read_shadow_rejection(const Json& body) {
    const auto code = integer_member(body, "code").value_or(0);
    const bool known = code > 0 && code < 1000;
    return {known ? static_cast<int>(code) : 0, text_member(body, "message").value_or("")};
}

std::string words(const ShadowRejection& rejection) {
    const auto* const found = std::ranges::find(meanings, rejection.code, &Meaning::code);
    const std::string meaning{found == meanings.end() ? "the service refuses it" : found->words};
    const auto code = rejection.code == 0 ? std::string{} : std::to_string(rejection.code);
    const auto space = code.empty() || rejection.message.empty() ? "" : " ";
    const auto detail = code + space + rejection.message;
    return detail.empty() ? meaning : meaning + " (" + detail + ")";
}

bool asks_for_patience(const ShadowRejection& rejection) {
    return rejection.code == too_many_requests || rejection.code == internal_failure;
}

}  // namespace trustx::mqtt
