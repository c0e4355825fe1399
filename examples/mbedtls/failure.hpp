// SPDX-License-Identifier: Apache-2.0
// How a failure of the chip, of mbed TLS or of the broker reaches main(): as an exception with one line of text. None
// passes through mbed TLS, which is C.
#pragma once

#include <trustx/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

class Failure : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

// value_of gives what a function of libtrustx returned, or throws what it says.
template <class T>
T value_of(trustx::Result<T> result) {
    if (!result) {
        throw Failure{result.error().message()};
    }
    return *std::move(result);
}

// mbedtls_text is the name of an error code of mbed TLS, with its number.
std::string mbedtls_text(int code);

// must throws unless mbed TLS says 0: `must(mbedtls_ssl_setup(...), "set up TLS")`.
void must(int code, const std::string& tried);
