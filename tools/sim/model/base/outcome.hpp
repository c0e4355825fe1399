// SPDX-License-Identifier: Apache-2.0
// What a step of a command ends in: a value, or the code that object F1C2 will hold.
#pragma once

#include "model/base/names.hpp"

#include <tl/expected.hpp>

namespace trustx::sim {

template <class T>
class [[nodiscard]] Outcome : public tl::expected<T, ErrorCode> {
 public:
    using tl::expected<T, ErrorCode>::expected;
    [[nodiscard]] tl::unexpected<ErrorCode> failure() const { return tl::unexpected<ErrorCode>(this->error()); }
};

inline tl::unexpected<ErrorCode> refuse(ErrorCode code) {
    return tl::unexpected<ErrorCode>(code);
}

}  // namespace trustx::sim
