// SPDX-License-Identifier: Apache-2.0
#include "outbox/checksum.hpp"

#include <array>
#include <string>

#include <openssl/evp.h>

namespace trustx::mqtt {

Result<std::uint64_t> checksum_of(const OutgoingMessage& message) {
    // The lengths keep topic and payload apart.
    std::string all;
    for (const std::uint64_t number : {message.id, std::uint64_t{message.topic.size()},
                                       static_cast<std::uint64_t>(message.qos), std::uint64_t{message.retain}}) {
        all += std::to_string(number) + " ";
    }
    all += message.topic + message.payload;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    if (::EVP_Digest(all.data(), all.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) != 1) {
        return fail(Cause::spool_failed, "OpenSSL makes no SHA-256 digest", "check its configuration (OPENSSL_CONF)");
    }
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < sizeof first; ++i) {
        first = first << 8U | digest[i];  // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index)
    }
    return first;
}

}  // namespace trustx::mqtt
