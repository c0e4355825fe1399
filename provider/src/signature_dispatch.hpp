// SPDX-License-Identifier: Apache-2.0
// The dispatch functions that every signature algorithm of ours shares, whichever way it learns of its digest.
#pragma once

#include "c_boundary.hpp"
#include "signature.hpp"

#include <cstddef>

#include <openssl/core.h>

namespace trustx::provider::signature_dispatch {

template <Signing::Operation operation>
int begin(void* ctx, void* key, const OSSL_PARAM params[]) {
    auto& signing = Signing::of(ctx);
    return answer(signing.core(), [&] { return signing.begin(operation, static_cast<Key*>(key), params); });
}

// update takes in a part of a message; finish ends it and signs, or says how large a signature can be.
int update(void* ctx, const unsigned char* data, std::size_t size);
int finish(void* ctx, unsigned char* signature, std::size_t* size, std::size_t capacity);

int get_ctx_params(void* ctx, OSSL_PARAM params[]);
const OSSL_PARAM* gettable_ctx_params(void* ctx, void* provctx);
int set_ctx_params(void* ctx, const OSSL_PARAM params[]);

// signed_size stores the size of a signature, or the largest size of one.
template <class Sign>
int signed_size(const Core& core, std::size_t* size, Sign&& sign) noexcept {
    return answer(core, [&]() -> Outcome<void> {
        TRY(*size, sign());
        return {};
    });
}

}  // namespace trustx::provider::signature_dispatch
