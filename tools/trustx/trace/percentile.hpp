// SPDX-License-Identifier: Apache-2.0
// Percentiles of measured values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace trustx::cli {

// percentile is the smallest value that at least `percent` of all do not exceed (nearest rank). values is sorted and
// not empty, percent 1 to 100.
template <class Value>
Value percentile(const std::vector<Value>& values, std::size_t percent) {
    const auto rank = (values.size() * percent + 99) / 100;
    return values[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace trustx::cli
