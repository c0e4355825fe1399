// SPDX-License-Identifier: Apache-2.0
// The one way in which a failure is passed on to the caller. Both macros take an expression of a type like
// tl::expected (Result) and return its error from the enclosing function when it has one.
//
//     TRY(const Uid uid, read_uid(device));   // declares uid
//     TRYV(file.commit());                    // wants no value
#pragma once

#include <utility>

#include <tl/expected.hpp>

#define TRY(declaration, ...) TRUSTX_TRY_AS(TRUSTX_TRY_NAME(__COUNTER__), declaration, __VA_ARGS__)

#define TRYV(...)                                                 \
    do {                                                          \
        if (auto tried = (__VA_ARGS__); !tried) {                 \
            return tl::make_unexpected(std::move(tried).error()); \
        }                                                         \
    } while (false)

#define TRUSTX_TRY_AS(tried, declaration, ...)                \
    auto tried = (__VA_ARGS__);                               \
    if (!tried) {                                             \
        return tl::make_unexpected(std::move(tried).error()); \
    }                                                         \
    declaration = *std::move(tried)  // NOLINT(bugprone-macro-parentheses): a declaration cannot be in them

#define TRUSTX_TRY_NAME(number) TRUSTX_TRY_JOIN(tried_, number)
#define TRUSTX_TRY_JOIN(a, b) a##b
