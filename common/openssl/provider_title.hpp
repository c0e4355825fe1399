// SPDX-License-Identifier: Apache-2.0
// How the trustx provider calls itself (OSSL_PROV_PARAM_NAME), by which it is told from any other module of that file
// name: OpenSSL itself gives every provider the name that the configuration uses.
#pragma once

namespace trustx::openssl {

inline constexpr const char* provider_title = "OPTIGA Trust X provider";

}  // namespace trustx::openssl
