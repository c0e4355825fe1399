// SPDX-License-Identifier: Apache-2.0
// The names that people and programs have for one and the same curve.
#pragma once

#include <string>

namespace trustx::openssl {

// curve_nid is libcrypto's number of a curve, by any of its names: "P-256", "p256", "prime256v1", "secp256r1" are
// NID_X9_62_prime256v1. NID_undef for a name that libcrypto does not know.
int curve_nid(const std::string& name);

}  // namespace trustx::openssl
