// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <utility>

#include <openssl/err.h>

namespace trustx::provider {

ProviderContext::ProviderContext(Core core, LibCtx libctx, LoadedProvider software)
    : core_{core},
      settings_{ProviderSettings::read(core_)},
      libctx_{std::move(libctx)},
      software_{std::move(software)} {}

std::unique_ptr<ProviderContext> ProviderContext::make(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls) {
    LibCtx libctx(OSSL_LIB_CTX_new_from_dispatch(handle, upcalls));
    if (libctx == nullptr) {
        return nullptr;
    }
    LoadedProvider software(OSSL_PROVIDER_load(libctx.get(), "default"));
    if (software == nullptr) {
        return nullptr;
    }
    return std::unique_ptr<ProviderContext>(
        new ProviderContext(Core::from(handle, upcalls), std::move(libctx), std::move(software)));
}

tl::unexpected<Failure> software_failed(std::string what, Place place) {
    if (const char* const reason = ERR_reason_error_string(ERR_peek_last_error())) {
        what.append(": ").append(reason);
    }
    return refuse(Reason::software_failed, std::move(what), place);
}

}  // namespace trustx::provider
