// SPDX-License-Identifier: Apache-2.0
// The names that people and programs use for the same curve.
#pragma once

#include <string>

namespace trustx::openssl {

// group_name is libcrypto's own name of a curve, by any of its names: "P-256", "p256", "prime256v1", "secp256r1" are
// "prime256v1". Empty for a name that libcrypto does not know.
std::string group_name(const std::string& name);

}  // namespace trustx::openssl
