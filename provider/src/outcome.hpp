// SPDX-License-Identifier: Apache-2.0
// An error before it is in OpenSSL's error queue: reason number, text, and the place in the sources that found it.
// Functions inside the provider return Outcome<T>, made by fail() and passed on with TRY; the C boundary
// (c_boundary.hpp) turns an error into one entry of the queue.
#pragma once

#include "common/try.hpp"
#include "reason.hpp"

#include <trustx/error.hpp>
#include <trustx/result.hpp>

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace trustx::provider {

// Place is where in our sources an error was found; std::source_location is not in clang 14.
struct Place {
    const char* file;
    int line;
    const char* function;

    static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                                const char* function = __builtin_FUNCTION()) noexcept {
        return {file, line, function};
    }
};

struct ProviderError {
    Reason reason;
    std::string text;
    Place place;
};

// Outcome<T> is Result<T> with a ProviderError; a separate class, so that the compiler warns when it is dropped.
template <class T>
class [[nodiscard]] Outcome : public tl::expected<T, ProviderError> {
 public:
    using tl::expected<T, ProviderError>::expected;

    // during puts the wider operation in front of an error: "use key E0F1: unix:/path@0x30: no chip answers ...".
    [[nodiscard]] Outcome during(const std::string& wider) && {
        if (!*this) {
            this->error().text = wider + ": " + this->error().text;
        }
        return std::move(*this);
    }
};

// fail makes the error side of an Outcome.
[[nodiscard]] inline tl::unexpected<ProviderError> fail(Reason reason, std::string text, Place place = Place::here()) {
    return tl::unexpected<ProviderError>(ProviderError{reason, std::move(text), place});
}

// fail with an error of libtrustx, whose message already names command, object and remedy.
[[nodiscard]] inline tl::unexpected<ProviderError> fail(const Error& error, Place place = Place::here()) {
    return fail(reason_of(error), error.message(), place);
}

// outcome_of makes an Outcome of what libtrustx returned.
template <class T>
[[nodiscard]] Outcome<T> outcome_of(Result<T> result, Place place = Place::here()) {
    if (!result) {
        return fail(result.error(), place);
    }
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        return *std::move(result);
    }
}

}  // namespace trustx::provider
