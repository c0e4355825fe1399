// SPDX-License-Identifier: Apache-2.0
#include "handover.hpp"

#include <array>

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>

namespace trustx::provider {

int KeyHandover::offer(OSSL_CALLBACK* callback, void* argument) {
    int type = OSSL_OBJECT_PKEY;
    char data_type[] = "EC";
    std::array<OSSL_PARAM, 4> object{
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, data_type, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, this, sizeof *this),
        OSSL_PARAM_construct_end(),
    };
    return callback(object.data(), argument);
}

KeyHandover* KeyHandover::at(const void* reference, std::size_t size) noexcept {
    if (reference == nullptr || size != sizeof(KeyHandover)) {
        return nullptr;
    }
    // libcrypto carries the reference as const, but the decoder or store that made it expects the key to be taken out
    // of it.
    auto* const own = const_cast<void*>(reference);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    auto* const handover = static_cast<KeyHandover*>(own);
    return handover->magic_ == expected_magic ? handover : nullptr;
}

}  // namespace trustx::provider
