// SPDX-License-Identifier: Apache-2.0
#include "requests/names.hpp"

#include <cstddef>

namespace trustx::mqtt {
namespace {

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:";

bool consists_of(std::string_view name, std::string_view allowed, std::size_t longest) {
    return !name.empty() && name.size() <= longest && name.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

bool is_thing_name(std::string_view name) {
    return consists_of(name, letters, 128);
}

bool is_shadow_name(std::string_view name) {
    return consists_of(name, letters, 64);
}

bool is_job_id(std::string_view name) {
    return consists_of(name, letters.substr(0, letters.size() - 1), 64);
}

}  // namespace trustx::mqtt
