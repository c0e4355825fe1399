// SPDX-License-Identifier: Apache-2.0
// Whether the program's library context prefers us: whether its default properties say `?provider=trustx` or
// `provider=trustx`, now. libcrypto tells that to a provider that registers as the parent of a child library context
// (OSSL_FUNC_provider_register_child_cb in provider-base(7)).
#pragma once

#include <atomic>
#include <string_view>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

namespace trustx::provider {

// prefers_us reads a property query (property(7)).
[[nodiscard]] bool prefers_us(std::string_view query);

// DefaultProperties watches them for as long as it lives. Threads may share it.
class DefaultProperties {
 public:
    // Both are what OSSL_provider_init was given.
    DefaultProperties(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls);
    DefaultProperties(const DefaultProperties&) = delete;
    DefaultProperties& operator=(const DefaultProperties&) = delete;
    ~DefaultProperties();

    // false as well where libcrypto does not tell.
    [[nodiscard]] bool prefer_us() const noexcept { return prefer_us_.load(); }

 private:
    const OSSL_CORE_HANDLE* handle_;
    OSSL_FUNC_provider_deregister_child_cb_fn* deregister_ = nullptr;  // nullptr where nothing is registered
    std::atomic<bool> prefer_us_{false};
};

}  // namespace trustx::provider
