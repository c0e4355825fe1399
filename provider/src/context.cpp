// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <utility>

#include <openssl/err.h>

namespace trustx::provider {

ProviderContext::ProviderContext(Core core, ProviderSettings settings, LibCtx libctx, LoadedProvider software)
    : core_{core}, settings_{std::move(settings)}, libctx_{std::move(libctx)}, software_{std::move(software)} {}

std::unique_ptr<ProviderContext> ProviderContext::make(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls) {
    const Core core = Core::from(handle, upcalls);
    ProviderSettings settings = ProviderSettings::read(core);
    const bool child = settings.child_library_context;
    LibCtx libctx(child ? OSSL_LIB_CTX_new_child(handle, upcalls) : OSSL_LIB_CTX_new_from_dispatch(handle, upcalls));
    if (libctx == nullptr) {
        return nullptr;
    }
    LoadedProvider software(child ? nullptr : OSSL_PROVIDER_load(libctx.get(), "default"));
    if (!child && software == nullptr) {
        return nullptr;
    }
    return std::unique_ptr<ProviderContext>(
        new ProviderContext(core, std::move(settings), std::move(libctx), std::move(software)));
}

int ProviderContext::forward_capabilities(const char* capability, OSSL_CALLBACK* callback, void* argument) const {
    struct Question {
        const void* ourselves;
        const char* capability;
        OSSL_CALLBACK* callback;
        void* argument;
    };
    Question question{this, capability, callback, argument};
    return OSSL_PROVIDER_do_all(
        libctx(),
        [](OSSL_PROVIDER* provider, void* asked) {
            const auto& what = *static_cast<const Question*>(asked);
            // In a child context we meet ourselves, with our own context.
            return OSSL_PROVIDER_get0_provider_ctx(provider) == what.ourselves
                       ? 1
                       : OSSL_PROVIDER_get_capabilities(provider, what.capability, what.callback, what.argument);
        },
        &question);
}

tl::unexpected<Failure> software_failed(std::string what, Place place) {
    if (const char* const reason = ERR_reason_error_string(ERR_peek_last_error())) {
        what.append(": ").append(reason);
    }
    return refuse(Reason::software_failed, std::move(what), place);
}

}  // namespace trustx::provider
