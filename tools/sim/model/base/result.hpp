// SPDX-License-Identifier: Apache-2.0
// The result of a step: a value, or why there is none. The reason is a sentence for people, or in a command of the chip
// the code that object F1C2 will hold. common/try.hpp passes both on.
#pragma once

#include "model/base/names.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace trustx::sim {

template <class T, class Error = std::string>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
    using tl::expected<T, Error>::expected;
};

template <class T>
using Outcome = Result<T, ErrorCode>;

// fail makes the error side of a Result.
[[nodiscard]] inline tl::unexpected<std::string> fail(std::string sentence) {
    return tl::unexpected<std::string>{std::move(sentence)};
}
[[nodiscard]] inline tl::unexpected<ErrorCode> fail(ErrorCode code) {
    return tl::unexpected<ErrorCode>{code};
}

// fail_with_errno says what was tried with which file or address, and why it failed.
[[nodiscard]] inline tl::unexpected<std::string> fail_with_errno(std::string_view tried, std::string_view name,
                                                                 int code = errno) {
    return fail(std::string{tried} + " " + std::string{name} + ": " + std::strerror(code));
}

}  // namespace trustx::sim
