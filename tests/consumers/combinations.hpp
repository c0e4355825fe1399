// SPDX-License-Identifier: Apache-2.0
// Combinations of the values of several parameters: all of them, or so few that each two values of two parameters meet.
#pragma once

#include <cstddef>
#include <vector>

namespace trustx::test {

// Choice has for each parameter the number of the value chosen, from 0.
using Choice = std::vector<std::size_t>;

// How many values each parameter has is in counts. Both are the same at every call, and sorted.
std::vector<Choice> every_choice(const std::vector<std::size_t>& counts);
std::vector<Choice> every_pair(const std::vector<std::size_t>& counts);

}  // namespace trustx::test
