// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include "common/openssl/error_queue.hpp"

#include <utility>

#include <dlfcn.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>

namespace trustx::provider {
namespace {

// A program may be linked statically with libcrypto, and then the shared libcrypto that we use is another copy. The
// shared one was loaded later, so its handler at exit runs first, and the program's libcrypto would unload us, and
// every other provider that uses the shared one, after that was cleaned up. So the shared one is never cleaned up. The
// upcalls tell the two cases apart: among them is the program's CRYPTO_malloc.
void outlive_a_foreign_libcrypto(const OSSL_DISPATCH* upcalls) {
    for (; upcalls->function_id != 0; ++upcalls) {
        if (upcalls->function_id == OSSL_FUNC_CRYPTO_MALLOC && OSSL_FUNC_CRYPTO_malloc(upcalls) != &CRYPTO_malloc) {
            OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
        }
    }
}

}  // namespace

ProviderContext::ProviderContext(Core core, ProviderSettings settings, openssl::LibraryContext libctx,
                                 openssl::Provider software)
    : core_{core}, settings_{std::move(settings)}, libctx_{std::move(libctx)}, software_{std::move(software)} {}

std::unique_ptr<ProviderContext> ProviderContext::make(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls) {
    outlive_a_foreign_libcrypto(upcalls);
    const Core core = Core::from(handle, upcalls);
    ProviderSettings settings = ProviderSettings::read(core);
    const bool child = settings.child_library_context;
    openssl::LibraryContext libctx{child ? OSSL_LIB_CTX_new_child(handle, upcalls)
                                         : OSSL_LIB_CTX_new_from_dispatch(handle, upcalls)};
    if (libctx == nullptr) {
        return nullptr;
    }
    openssl::Provider software{child ? nullptr : OSSL_PROVIDER_load(libctx.get(), "default")};
    if (!child && software == nullptr) {
        return nullptr;
    }
    std::unique_ptr<ProviderContext> context{
        new ProviderContext(core, std::move(settings), std::move(libctx), std::move(software))};
    if (context->settings().scope == Scope::key_schedule) {
        context->default_properties_ = std::make_unique<const DefaultProperties>(handle, upcalls);
    }
    return context;
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
            // The providers of a child context include this instance, which must not ask itself.
            return OSSL_PROVIDER_get0_provider_ctx(provider) == what.ourselves
                       ? 1
                       : OSSL_PROVIDER_get_capabilities(provider, what.capability, what.callback, what.argument);
        },
        &question);
}

tl::unexpected<ProviderError> software_failed(std::string what, Place place) {
    if (const auto reason = openssl::last_reason(); !reason.empty()) {
        what += ": " + reason;
    }
    return fail(Reason::software_failed, std::move(what), place);
}

}  // namespace trustx::provider
