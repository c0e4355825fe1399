// SPDX-License-Identifier: Apache-2.0
// What a JSON library says of a text that it cannot read, for people.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace trustx::text {

// json_words leaves the exception's name out, which nlohmann's put in brackets before everything else.
inline std::string json_words(const std::exception& error) {
    const std::string_view words = error.what();
    const auto end = words.starts_with('[') ? words.find("] ") : std::string_view::npos;
    return std::string{end == std::string_view::npos ? words : words.substr(end + 2)};
}

}  // namespace trustx::text
