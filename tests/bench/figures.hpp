// SPDX-License-Identifier: Apache-2.0
// What the programs that print figures have in common.
#pragma once

#include "bus_cost.hpp"

#include <trustx/result.hpp>

#include <chrono>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace trustx::test {

// must gives the value, and ends the program by an exception where there is none.
template <class T>
T must(Result<T> result) {
    if (!result) {
        throw std::runtime_error(result.error().message());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

inline double milliseconds(Nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace trustx::test
