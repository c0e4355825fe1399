// SPDX-License-Identifier: Apache-2.0
// The signature algorithms of OpenSSL before 3.4: ECDSA, with a digest that is named when a signature begins.
// signatures_explicit.cpp takes the place of this file where there are others.
#include "algorithms.hpp"

namespace trustx::provider {

const OSSL_ALGORITHM signatures[] = {
    {"ECDSA", "provider=trustx", signature_ecdsa, "ECDSA with OPTIGA Trust X"},
    {nullptr, nullptr, nullptr, nullptr},
};

}  // namespace trustx::provider
