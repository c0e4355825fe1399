// SPDX-License-Identifier: Apache-2.0
// A failure on its way to OpenSSL's error queue: reason number, text, and the place that noticed. Functions inside
// the provider return Outcome<T>; the C edge (edge.hpp) turns a failure into one entry of the queue.
#pragma once

#include "reason.hpp"

#include <trustx/error.hpp>
#include <trustx/result.hpp>

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace trustx::provider {

// Place is where in our sources a failure was noticed; std::source_location is not in clang 14.
struct Place {
    const char* file;
    int line;
    const char* function;

    static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                                const char* function = __builtin_FUNCTION()) noexcept {
        return {file, line, function};
    }
};

struct Failure {
    Reason reason;
    std::string text;
    Place place;
};

// Outcome<T> is Result<T> with a Failure; a class of its own, so that the compiler warns when it is dropped.
template <class T>
class [[nodiscard]] Outcome : public tl::expected<T, Failure> {
 public:
    using tl::expected<T, Failure>::expected;
    [[nodiscard]] tl::unexpected<Failure> failure() const { return tl::unexpected<Failure>(this->error()); }
};

// refuse makes the failure side of an Outcome.
[[nodiscard]] inline tl::unexpected<Failure> refuse(Reason reason, std::string text, Place place = Place::here()) {
    return tl::unexpected<Failure>(Failure{reason, std::move(text), place});
}

// refuse with an error of libtrustx, whose message already names command, object and remedy.
[[nodiscard]] inline tl::unexpected<Failure> refuse(const Error& error, Place place = Place::here()) {
    return tl::unexpected<Failure>(Failure{reason_of(error), error.message(), place});
}

// during puts the wider operation in front: "use key E0F1: unix:/path@0x30: no chip answers ...".
[[nodiscard]] inline tl::unexpected<Failure> during(const std::string& wider, Failure failure) {
    failure.text = wider + ": " + failure.text;
    return tl::unexpected<Failure>(std::move(failure));
}

}  // namespace trustx::provider
