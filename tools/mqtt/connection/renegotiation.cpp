// SPDX-License-Identifier: Apache-2.0
#include "connection/renegotiation.hpp"

#include <openssl/ssl.h>

namespace trustx::mqtt {
namespace {

// OpenSSL calls it for each SSL_CTX that is made, which is what Paho does for each connection.
void on_new_context(void* context, void* /*data*/, CRYPTO_EX_DATA* /*all*/, int /*index*/, long /*number*/,
                    void* /*argument*/) {
    SSL_CTX_set_options(static_cast<SSL_CTX*>(context), SSL_OP_NO_RENEGOTIATION);
}

}  // namespace

void forbid_renegotiation() {
    static const int index =
        CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nullptr, &on_new_context, nullptr, nullptr);
    static_cast<void>(index);
}

}  // namespace trustx::mqtt
