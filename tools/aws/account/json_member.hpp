// SPDX-License-Identifier: Apache-2.0
// Texts in the answers of programs and services that give credentials.
#pragma once

#include "aws/signing/wiped_json.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::aws {

// text_member is empty for a member that is missing or no text; it is a view of the object.
inline std::string_view text_member(const Json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found != object.end() && found->is_string() ? std::string_view{found->get_ref<const WipedString&>()}
                                                       : std::string_view{};
}

}  // namespace trustx::aws
