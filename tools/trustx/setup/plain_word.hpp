// SPDX-License-Identifier: Apache-2.0
// Words that can stand in an OpenSSL configuration as they are.
#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace trustx::cli {

// is_plain tells whether a word needs no quotes, variables and escapes. `more` are characters that mean something in a
// name and not in a value.
inline bool is_plain(std::string_view word, std::string_view more = {}) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [more](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view{"_-./+"}.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

}  // namespace trustx::cli
