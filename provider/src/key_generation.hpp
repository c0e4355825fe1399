// SPDX-License-Identifier: Apache-2.0
// Making a key: in the chip when a slot is given, in software otherwise. TLS makes its ephemeral keys here when
// trustx is the preferred provider; those must never reach the chip (openssl-provider.md section 1.8), unless they are
// of our own algorithm (tls_groups.hpp).
#pragma once

#include "chip.hpp"
#include "key.hpp"

#include <memory>
#include <optional>
#include <string>

namespace trustx::provider {

// KeyGeneration collects parameters. Used by one thread.
class KeyGeneration {
 public:
    static Outcome<std::unique_ptr<KeyGeneration>> begin(ProviderContext& context, int selection,
                                                         const OSSL_PARAM* params);
    // begin_ephemeral is for a key pair of TLS in a session object, or for the parameters of one.
    static Outcome<std::unique_ptr<KeyGeneration>> begin_ephemeral(ProviderContext& context, int selection,
                                                                   const OSSL_PARAM* params);
    static KeyGeneration& of(void* genctx) noexcept { return *static_cast<KeyGeneration*>(genctx); }

    [[nodiscard]] const Core& core() const { return context_.core(); }

    // use_template takes the curve from another key; a key in a slot is not made that way.
    [[nodiscard]] Outcome<void> use_template(const Key& key);

    // set takes the parameters of the default provider's EC key generation and our own: `slot` (E0F0..E0F3, or
    // `session`), `usage` (auth,sign,keyagree ...), `force` (1: destroy the key that is in the slot), `device`,
    // `label`.
    [[nodiscard]] Outcome<void> set(const OSSL_PARAM* params);
    static const OSSL_PARAM* settable(ProviderContext& context) noexcept;

    [[nodiscard]] Outcome<KeyRef> generate();

 private:
    KeyGeneration(ProviderContext& context, int selection) : context_{context}, selection_{selection} {}

    [[nodiscard]] Outcome<void> begin_software(EVP_PKEY* with_template);
    [[nodiscard]] Outcome<void> set_software(const OSSL_PARAM* params);
    [[nodiscard]] Outcome<void> set_chip(const OSSL_PARAM* params);
    [[nodiscard]] Outcome<KeyRef> generate_in_software();
    [[nodiscard]] Outcome<KeyRef> generate_in_chip();
    [[nodiscard]] Outcome<KeyRef> generate_ephemeral();

    ProviderContext& context_;
    int selection_;
    openssl::PkeyContext software_;
    openssl::Handle<OSSL_PARAM, OSSL_PARAM_free>
        given_;  // everything set so far, for a generation that starts again from a template
    std::string group_;
    std::optional<ObjectId> slot_;
    bool session_ = false;    // in any free session object instead
    bool ephemeral_ = false;  // there, too, for one handshake
    KeyRequest request_;
};

}  // namespace trustx::provider
