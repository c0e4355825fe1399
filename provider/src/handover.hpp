// SPDX-License-Identifier: Apache-2.0
// How a key is passed from a decoder or a store through libcrypto to keymgmt_load: as the octets of a `reference`
// parameter, which are valid only during the callback (openssl-provider.md section 1.9).
#pragma once

#include "key.hpp"

#include <cstdint>

#include <openssl/core.h>

namespace trustx::provider {

// KeyHandover owns the key until it is taken. The magic number tells our references from anything else that is passed
// to our keymgmt.
class KeyHandover {
 public:
    explicit KeyHandover(KeyRef key) : key_{std::move(key)} {}

    // offer calls back with an object of type PKEY and this as its reference; returns what the callback says.
    [[nodiscard]] int offer(OSSL_CALLBACK* callback, void* argument);

    // at finds the handover that a reference points to; nullptr when it is not one of ours.
    static KeyHandover* at(const void* reference, std::size_t size) noexcept;

    // take gives the key away, once.
    [[nodiscard]] KeyRef take() noexcept { return std::move(key_); }
    [[nodiscard]] const Key* peek() const noexcept { return key_.get(); }

 private:
    static constexpr std::uint64_t expected_magic = 0x5472'7573'7458'6b65;  // "TrustXke"

    std::uint64_t magic_ = expected_magic;
    KeyRef key_;
};

}  // namespace trustx::provider
