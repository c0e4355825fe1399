// SPDX-License-Identifier: Apache-2.0
// A number with its noun.
#pragma once

#include <concepts>
#include <string>

namespace trustx::text {

// counted is "1 entry", "2 entries".
template <std::integral Count>
std::string counted(Count count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace trustx::text
