// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. Built on tl::expected, so that the type does not change with the consumer's
// language level; a separate class, so that the compiler warns when a result is dropped.
#pragma once

#include <trustx/error.hpp>

#include <tl/expected.hpp>

namespace trustx {

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
    using tl::expected<T, Error>::expected;

    // during puts the wider operation in front of the error's own, where there is an error.
    [[nodiscard]] Result during(std::string_view wider) && {
        if (!*this) {
            this->error() = this->error().during(wider);
        }
        return std::move(*this);
    }

    // failure passes the error on, whatever the caller returns: `if (!r) return r.failure();`
    [[nodiscard]] tl::unexpected<Error> failure() const { return tl::unexpected<Error>(this->error()); }

    // failure with the wider operation put in front of the error's own.
    [[nodiscard]] tl::unexpected<Error> failure(std::string_view during) const {
        return tl::unexpected<Error>(this->error().during(during));
    }
};

// fail makes the error side of a Result: `return fail(Errc::timeout, "lock the chip");`
template <class Code>
[[nodiscard]] tl::unexpected<Error> fail(Code code, std::string operation = {}) {
    return tl::unexpected<Error>(Error{std::error_code{code}, std::move(operation)});
}

}  // namespace trustx
