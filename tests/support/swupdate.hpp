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

}  // namespace trustx::test
