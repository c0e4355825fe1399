// SPDX-License-Identifier: Apache-2.0
// The parameters of P-256 and P-384 as keys of the private library context, computed once. A curve's constants are two
// thirds of the work of importing a public key, and under `?provider=trustx` libcrypto imports one for every
// certificate that it verifies with (docs/performance.md).
#pragma once

#include "ossl.hpp"

#include <trustx/key.hpp>

#include <array>
#include <atomic>

namespace trustx::provider {

// NamedCurves may be shared by threads, and takes no lock that a forked child could find taken.
class NamedCurves {
 public:
    NamedCurves() = default;
    NamedCurves(const NamedCurves&) = delete;
    NamedCurves& operator=(const NamedCurves&) = delete;
    ~NamedCurves();

    // import makes a public key from what EVP_PKEY_fromdata would take, with the same checks and the same result.
    // nullptr if that is not a key without private part, on one of the curves, with an uncompressed point: ask
    // EVP_PKEY_fromdata then, which also has an error for a point that is not on its curve.
    [[nodiscard]] openssl::Pkey import(OSSL_LIB_CTX* libctx, int selection, const OSSL_PARAM* params);

 private:
    [[nodiscard]] const EVP_PKEY* parameters(OSSL_LIB_CTX* libctx, Curve curve);

    std::array<std::atomic<EVP_PKEY*>, 2> parameters_{};
};

}  // namespace trustx::provider
