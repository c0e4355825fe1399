// SPDX-License-Identifier: Apache-2.0
// One instance of the provider: what OSSL_provider_init makes and teardown destroys. An application with several
// library contexts has several of these, and they share nothing.
#pragma once

#include "chip.hpp"
#include "core.hpp"
#include "default_properties.hpp"
#include "fips_claim.hpp"
#include "named_curves.hpp"
#include "ossl.hpp"
#include "parameter_lists.hpp"
#include "settings.hpp"

#include <initializer_list>
#include <memory>
#include <optional>

namespace trustx::provider {

// ProviderContext is immutable once made, but for its chips and what is computed once. Threads may share it.
class ProviderContext {
 public:
    // make reads the configuration and makes the private library context. It opens nothing. nullptr when libcrypto
    // has no memory.
    static std::unique_ptr<ProviderContext> make(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls);

    // of gives back what libcrypto kept for us as void*.
    static ProviderContext& of(void* provctx) noexcept { return *static_cast<ProviderContext*>(provctx); }

    [[nodiscard]] const Core& core() const { return core_; }
    [[nodiscard]] const ProviderSettings& settings() const { return settings_; }
    [[nodiscard]] Chips& chips() { return chips_; }

    // libctx is where work in software is done. It has the default provider and nothing else, whatever the application
    // loaded or prefers; or, with `library-context = child`, the application's providers (openssl-provider.md section
    // 1.12).
    [[nodiscard]] OSSL_LIB_CTX* libctx() const { return libctx_.get(); }
    // properties is the query for keys and their operations in libctx: what is fetched with it is never from this
    // provider.
    [[nodiscard]] const char* properties() const {
        return settings_.child_library_context ? "provider!=trustx" : nullptr;
    }

    // keeps_tls_secrets: the premaster and master secrets of TLS 1.2 stay in the chip. Only where libssl fetches our
    // KDF for what we give it, which is so where the program prefers us.
    [[nodiscard]] bool keeps_tls_secrets() const {
        return default_properties_ != nullptr && default_properties_->prefer_us();
    }

    // import_public makes a public key in libctx, quickly; nullptr for what EVP_PKEY_fromdata has to look at. Never in
    // a child context, where the keys of a curve would outlive a provider that the application unloads.
    [[nodiscard]] openssl::Pkey import_public(int selection, const OSSL_PARAM* params) {
        return settings_.child_library_context ? nullptr : curves_.import(libctx(), selection, params);
    }

    // parameters are the lists of what can be asked and set.
    [[nodiscard]] ParameterLists& parameters() { return parameters_; }

    // claim_fips is called once, before the first program asks for an algorithm. claimed is the table to answer with.
    void claim_fips(std::initializer_list<const OSSL_ALGORITHM*> tables) { claim_.emplace(tables); }
    [[nodiscard]] const OSSL_ALGORITHM* claimed(const OSSL_ALGORITHM* table) const noexcept {
        return claim_ ? claim_->claimed(table) : table;
    }

    // forward_capabilities passes on what the providers of libctx say, without ourselves. 1 unless a callback said 0.
    [[nodiscard]] int forward_capabilities(const char* capability, OSSL_CALLBACK* callback, void* argument) const;

 private:
    ProviderContext(Core core, ProviderSettings settings, openssl::LibraryContext libctx, openssl::Provider software);

    Core core_;
    ProviderSettings settings_;
    openssl::LibraryContext libctx_;  // freed last
    openssl::Provider software_;      // the default provider, in libctx_; nullptr in a child context
    NamedCurves curves_;              // in libctx_
    ParameterLists parameters_{libctx_.get(), properties()};
    std::unique_ptr<const DefaultProperties> default_properties_;  // where they decide about something
    std::optional<FipsClaim> claim_;
    Chips chips_{settings_};
};

// software_failed describes a failure of the private library context with the last error that it left behind.
[[nodiscard]] tl::unexpected<ProviderError> software_failed(std::string what, Place place = Place::here());

}  // namespace trustx::provider
