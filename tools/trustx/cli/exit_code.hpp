// SPDX-License-Identifier: Apache-2.0
// How a run of trustx ends. The numbers are a promise to scripts: they are listed in --help and in trustx(1).
#pragma once

#include <trustx/error.hpp>

#include <string>

#include <tl/expected.hpp>

namespace trustx::cli {

enum class ExitCode : int {
    success = 0,
    refused = 1,        // the chip refuses, or trustx does because something would be lost
    usage = 2,          // command line or setting that cannot be understood
    unreachable = 3,    // no chip, bus failure, timeout, chip in use by others
    file = 4,           // a file cannot be read or written, or does not hold what it should
    mismatch = 5,       // a check failed: key and certificate, read back and written, chip and key file
    nothing_there = 6,  // the object is empty, the slot holds no key
    internal = 70,      // a defect of trustx itself
};

// exit_code_of sorts the library's errors.
ExitCode exit_code_of(const Error& error);

// Failure is how a subcommand ends when it cannot do what it was asked. The message is one line that says what was
// tried, what came back and what to do.
struct Failure {
    ExitCode exit;
    std::string message;
};

// Outcome is a value or a Failure, as Result is a value or an Error.
template <class T>
class [[nodiscard]] Outcome : public tl::expected<T, Failure> {
 public:
    using tl::expected<T, Failure>::expected;
    [[nodiscard]] tl::unexpected<Failure> failure() const { return tl::unexpected<Failure>(this->error()); }
};

[[nodiscard]] inline tl::unexpected<Failure> give_up(ExitCode exit, std::string message) {
    return tl::unexpected<Failure>(Failure{exit, std::move(message)});
}

// give_up passes an error of the library on; `during` says in the user's terms what was going on.
[[nodiscard]] tl::unexpected<Failure> give_up(const Error& error, std::string_view during = {});

}  // namespace trustx::cli
