// SPDX-License-Identifier: Apache-2.0
// Entries of dispatch tables: the one cast of the provider, what is around each function that libcrypto calls, and the
// functions that most tables have.
#pragma once

#include "common/no_cancellation.hpp"

#include <iterator>

#include <openssl/core_dispatch.h>

// TRUSTX_ENTRY names an entry of an OSSL_DISPATCH table and checks the function against OpenSSL's own typedef, so
// that a wrong signature does not compile; cancellation is postponed around it. A macro, because number and typedef are
// two forms of one name.
#define TRUSTX_ENTRY(NUMBER, type, function)                                                              \
    {                                                                                                     \
        NUMBER, reinterpret_cast<void (*)(void)>(                                                         \
                    ::trustx::provider::Uncancelled<static_cast<OSSL_FUNC_##type##_fn*>(function)>::call) \
    }

namespace trustx::provider {

template <auto function>
struct Uncancelled;

// Uncancelled<f>::call is f for libcrypto: a thread that is cancelled meanwhile ends after it. Where the thread's type
// is asynchronous that may be at any instruction of call. So call has nothing to clean up, and the rest is apart from
// it: an unwinding that begins between two calls passes no C++ function that has (Itanium C++ ABI, "Exception
// Handling").
template <class R, class... Arguments, R (*function)(Arguments...)>
struct Uncancelled<function> {
    [[gnu::noinline]] static R work(Arguments... arguments) noexcept { return function(arguments...); }

    static R call(Arguments... arguments) {
        const NoCancellation uncancelled;
        return work(arguments...);
    }
};

inline constexpr OSSL_DISPATCH end_of_dispatch{0, nullptr};

// list gives a list of parameters, whatever it is asked with.
template <const auto& parameters, class... Ignored>
const OSSL_PARAM* list(Ignored... /*ignored*/) noexcept {
    return std::data(parameters);
}

}  // namespace trustx::provider
