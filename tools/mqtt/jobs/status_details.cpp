// SPDX-License-Identifier: Apache-2.0
#include "jobs/status_details.hpp"

#include "common/text/printable.hpp"
#include "requests/names.hpp"

#include <algorithm>
#include <cstddef>

namespace trustx::mqtt {
namespace {

constexpr std::size_t longest_text = 1024;  // in bytes, so that it is not too long in characters either
constexpr std::size_t most_members = 32;

// cut does not divide a character of UTF-8.
std::string cut(std::string text) {
    if (text.size() <= longest_text) {
        return text;
    }
    auto end = longest_text;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    text.resize(end);
    return text;
}

}  // namespace

std::string detail_text(std::string_view text) {
    std::string plain{text};
    std::ranges::replace_if(
        plain, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7F'; }, ' ');
    return cut(text::printable(plain));
}

Json status_details(const Json& object) {
    Json details = Json::object();
    for (const auto& [name, value] : object.items()) {
        const auto text = detail_text(value.is_string() ? value.get<std::string>() : write(value));
        if (is_thing_name(name) && !text.empty() && details.size() < most_members) {
            details[name] = text;
        }
    }
    return details;
}

}  // namespace trustx::mqtt
