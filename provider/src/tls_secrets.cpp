// SPDX-License-Identifier: Apache-2.0
#include "tls_secrets.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/types.h>
#include <unistd.h>

namespace trustx::provider {
namespace {

// A secret that begins so by chance is one in 2^64.
constexpr std::array<std::uint8_t, 8> magic{'t', 'r', 'u', 's', 't', 'x', 0xA5, 0x01};
constexpr std::size_t number_at = magic.size();
constexpr std::size_t number_size = 7;
constexpr std::size_t of_at = number_at + number_size;
constexpr std::size_t mac_at = of_at + 1;  // of all before; as much of it as there is room for
constexpr std::size_t mac_size = 32;
static_assert(mac_at + mac_size == largest_stand_in);

using Mac = std::array<unsigned char, mac_size>;

// ProcessKey is of one process: a forked child, and its siblings, count secrets with the same numbers.
struct ProcessKey {
    std::array<unsigned char, mac_size> bytes;
    pid_t process;
    const ProcessKey* former;  // of the process that this one was forked from
};

// The key lives as long as the process, since stand-ins may outlive every context. The thread that comes first keeps
// its key; one that comes at the same time throws its own away.
Outcome<const ProcessKey*> process_key(const ProviderContext& context) {
    static std::atomic<const ProcessKey*> kept{nullptr};
    const pid_t process = ::getpid();
    const ProcessKey* there = kept.load();
    if (there != nullptr && there->process == process) {
        return there;
    }
    auto made = std::make_unique<ProcessKey>(ProcessKey{.bytes = {}, .process = process, .former = there});
    if (RAND_priv_bytes_ex(context.libctx(), made->bytes.data(), made->bytes.size(), 0) != 1) {
        return software_failed("draw a random number");
    }
    return kept.compare_exchange_strong(there, made.get()) ? made.release() : there;
}

Outcome<Mac> mac_of(const ProviderContext& context, ByteView head) {
    TRY(const auto* const key, process_key(context));
    Mac mac{};
    std::size_t size = 0;
    if (EVP_Q_mac(context.libctx(), "HMAC", context.properties(), "SHA256", nullptr, key->bytes.data(),
                  key->bytes.size(), head.data(), head.size(), mac.data(), mac.size(), &size) == nullptr) {
        return software_failed("authenticate a stand-in for a secret");
    }
    return mac;
}

}  // namespace

Outcome<void> write_stand_in(const ProviderContext& context, std::uint64_t number, StandIn::Of of,
                             std::span<unsigned char> out) {
    std::ranges::copy(magic, out.begin());
    for (std::size_t index = 0; index < number_size; ++index) {
        out[number_at + index] = static_cast<unsigned char>(number >> (8 * index));
    }
    out[of_at] = static_cast<unsigned char>(of);
    TRY(const auto mac, mac_of(context, out.first(mac_at)));
    std::copy_n(mac.begin(), out.size() - mac_at, out.begin() + mac_at);
    return {};
}

Outcome<std::optional<StandIn>> read_stand_in(const ProviderContext& context, ByteView secret) {
    const bool has_size = secret.size() == smallest_stand_in || secret.size() == largest_stand_in;
    if (!has_size || !std::ranges::equal(secret.first(magic.size()), magic)) {
        return std::nullopt;
    }
    StandIn read{.number = 0, .of = static_cast<StandIn::Of>(secret[of_at]), .ours = false};
    for (std::size_t index = number_size; index-- > 0;) {
        read.number = read.number << 8 | secret[number_at + index];
    }
    TRY(const auto mac, mac_of(context, secret.first(mac_at)));
    read.ours = CRYPTO_memcmp(mac.data(), secret.data() + mac_at, secret.size() - mac_at) == 0;
    return read;
}

}  // namespace trustx::provider
