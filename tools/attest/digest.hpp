// SPDX-License-Identifier: Apache-2.0
// Digests of what is measured: SHA-256 everywhere, SHA-1 where the kernel's IMA log has it.
#pragma once

#include "common/openssl/handles.hpp"

#include <trustx/bytes.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::attest {

using Digest = std::array<std::uint8_t, 32>;
using Sha1Digest = std::array<std::uint8_t, 20>;

// Hasher is SHA-256 of what comes in pieces.
class Hasher {
 public:
    Hasher();
    void add(ByteView piece);
    void add(std::string_view piece);
    // finish ends it: nothing is added afterwards.
    [[nodiscard]] Digest finish();

 private:
    openssl::DigestContext context_;
};

Digest sha256(ByteView bytes);
Digest sha256(std::string_view text);
Sha1Digest sha1(ByteView bytes);

// hex has small letters, as sha256sum prints it; from_hex reads that, and nothing else.
std::string hex(ByteView digest);
std::optional<Digest> from_hex(std::string_view text);

}  // namespace trustx::attest
