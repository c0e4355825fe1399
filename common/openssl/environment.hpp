// SPDX-License-Identifier: Apache-2.0
// Where libcrypto looks for its configuration and its modules. The environment is ignored in programs that run with
// raised privileges, as libcrypto does.
#pragma once

#include <string>

namespace trustx::openssl {

// configuration_file is what a program reads that is told nothing else: OPENSSL_CONF, then OpenSSL's own. Empty: none,
// which an empty OPENSSL_CONF says (config(5)).
std::string configuration_file();

inline constexpr const char* no_configuration = "OPENSSL_CONF is empty, so OpenSSL reads no configuration";

// own_configuration_file is OpenSSL's own alone.
std::string own_configuration_file();

// module_directory is where modules are looked for: OPENSSL_MODULES, then the directory OpenSSL was built with.
std::string module_directory();

}  // namespace trustx::openssl
