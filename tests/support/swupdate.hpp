// SPDX-License-Identifier: Apache-2.0
// Which library the SWUpdate of this system verifies with.
#pragma once

#include "support/catch.hpp"
#include "support/process.hpp"

#include <string>

namespace trustx::test {

// swupdate_uses_openssl: Debian 13 has built SWUpdate with wolfSSL, which knows neither providers nor openssl.cnf
// (docs/services.md). Other libraries of it need libcrypto there, too.
inline bool swupdate_uses_openssl() {
    const auto libraries = run("sh", {"-c", "ldd \"$(command -v swupdate)\""}, {.input = ""});
    REQUIRE(libraries.ok());
    return libraries.out.find("libwolfssl.so") == std::string::npos;
}

// swupdate_ended_early: its program asks its own thread whether an installation goes on, and where that has not begun
// yet takes it for done (2022.12): it leaves while the thread works, whose OpenSSL then has nothing any more. With -v
// it says so in this order. Nothing came of such a run.
inline bool swupdate_ended_early(const Outcome& outcome) {
    const auto ended = outcome.out.find("[endupdate]");
    const auto begun = outcome.out.find("Software Update started");
    return ended != std::string::npos && ended < begun;
}

}  // namespace trustx::test
