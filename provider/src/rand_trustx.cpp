// SPDX-License-Identifier: Apache-2.0
// The chip's random number generator: OSSL_OP_RAND "TRUSTX-RNG". Its name is not the default one, so that only a
// program that asks gets it: TLS nonces and ephemeral keys must not wait for a chip (openssl-provider.md section 1.10).
// A chip that fails fails the call; there is no fallback.
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "context.hpp"
#include "dispatch.hpp"
#include "param.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

constexpr unsigned int strength_bits = 256;    // the chip's TRNG, not a generator with a seed
constexpr std::size_t largest_request = 4096;  // libcrypto cuts larger ones

// Generator has no state but whether it may be used. Threads may share it: the device does the queueing.
class Generator {
 public:
    explicit Generator(ProviderContext& context) : context_{context} {}
    static Generator& of(void* ctx) noexcept { return *static_cast<Generator*>(ctx); }
    [[nodiscard]] const Core& core() const { return context_.core(); }

    Outcome<void> instantiate(unsigned int strength) {
        if (strength > strength_bits) {
            return fail(Reason::random_failed, "random numbers of " + std::to_string(strength) + " bits strength");
        }
        state_ = EVP_RAND_STATE_READY;
        return {};
    }
    void uninstantiate() { state_ = EVP_RAND_STATE_UNINITIALISED; }
    [[nodiscard]] int state() const { return state_; }

    Outcome<void> fill(std::span<std::uint8_t> output) {
        if (state_ != EVP_RAND_STATE_READY) {
            return fail(Reason::operation_out_of_order, "random numbers of a generator that is not instantiated");
        }
        TRY(const auto chip, context_.chips().find(""));
        while (!output.empty()) {
            const auto wanted = std::min<std::size_t>(output.size(), GetRandom::max_length);
            const auto asked = std::max<std::size_t>(wanted, GetRandom::min_length);
            TRY(auto random, chip->run(GetRandom{.length = static_cast<std::uint16_t>(asked)}));
            if (random.size() != asked) {
                return fail(Reason::random_failed, "GetRandom: " + std::to_string(random.size()) + " bytes, " +
                                                       std::to_string(asked) + " asked for");
            }
            std::copy_n(random.begin(), wanted, output.begin());
            OPENSSL_cleanse(random.data(), random.size());
            output = output.subspan(wanted);
        }
        return {};
    }

 private:
    ProviderContext& context_;
    std::atomic<int> state_ = EVP_RAND_STATE_UNINITIALISED;
};

void* rand_newctx(void* provctx, void*, const OSSL_DISPATCH*) {
    return make_context<Generator>(provctx);
}

int rand_instantiate(void* ctx, unsigned int strength, int, const unsigned char*, std::size_t, const OSSL_PARAM[]) {
    auto& generator = Generator::of(ctx);
    return answer(generator.core(), [&] { return generator.instantiate(strength); });
}

int rand_uninstantiate(void* ctx) {
    Generator::of(ctx).uninstantiate();
    return 1;
}

int rand_generate(void* ctx, unsigned char* output, std::size_t size, unsigned int, int, const unsigned char*,
                  std::size_t) {
    auto& generator = Generator::of(ctx);
    return answer(generator.core(), [&] { return generator.fill({output, size}); });
}

// Every number is fresh: there is nothing to reseed.
int rand_reseed(void*, int, const unsigned char*, std::size_t, const unsigned char*, std::size_t) {
    return 1;
}

std::size_t rand_nonce(void* ctx, unsigned char* output, unsigned int, std::size_t smallest, std::size_t) {
    if (output == nullptr) {
        return smallest;
    }
    auto& generator = Generator::of(ctx);
    return answer(generator.core(), [&] { return generator.fill({output, smallest}); }) == 1 ? smallest : 0;
}

struct SecureFree {
    std::size_t size;
    void operator()(unsigned char* memory) const noexcept { OPENSSL_secure_clear_free(memory, size); }
};
using SecureBytes = std::unique_ptr<unsigned char, SecureFree>;

// The seed of a DRBG that has this generator as its parent ([random] seed = TRUSTX-RNG).
std::size_t rand_get_seed(void* ctx, unsigned char** seed, int entropy, std::size_t smallest, std::size_t largest, int,
                          const unsigned char*, std::size_t) {
    auto& generator = Generator::of(ctx);
    return guard<std::size_t>(generator.core(), 0, [&]() -> Outcome<std::size_t> {
        const auto wanted = std::max((static_cast<std::size_t>(std::max(entropy, 0)) + 7) / 8, smallest);
        if (wanted > largest) {
            return fail(Reason::random_failed, "a seed of " + std::to_string(wanted) + " bytes");
        }
        SecureBytes bytes{static_cast<unsigned char*>(OPENSSL_secure_malloc(wanted)), SecureFree{wanted}};
        if (bytes == nullptr) {
            return fail(Reason::out_of_memory, "a seed");
        }
        TRYV(generator.fill({bytes.get(), wanted}));
        *seed = bytes.release();
        return wanted;
    });
}

void rand_clear_seed(void*, unsigned char* seed, std::size_t size) {
    OPENSSL_secure_clear_free(seed, size);
}

// There is no state that locks would protect, and none remains: the driver wipes what it received.
int rand_nothing_to_do(void*) {
    return 1;
}
void rand_unlock(void*) {}

const OSSL_PARAM rand_params[] = {
    describe_integer(OSSL_RAND_PARAM_STATE),
    describe_unsigned(OSSL_RAND_PARAM_STRENGTH),
    describe_unsigned(OSSL_RAND_PARAM_MAX_REQUEST),
    end_of_params,
};

int rand_get_ctx_params(void* ctx, OSSL_PARAM params[]) {
    auto& generator = Generator::of(ctx);
    return answer(generator.core(), [&]() -> Outcome<void> {
        TRYV(answer_integer(params, OSSL_RAND_PARAM_STATE, generator.state()));
        TRYV(answer_unsigned(params, OSSL_RAND_PARAM_STRENGTH, strength_bits));
        return answer_unsigned(params, OSSL_RAND_PARAM_MAX_REQUEST, largest_request);
    });
}

}  // namespace

const OSSL_DISPATCH rand_trustx[] = {
    TRUSTX_ENTRY(OSSL_FUNC_RAND_NEWCTX, rand_newctx, rand_newctx),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_FREECTX, rand_freectx, free_context<Generator>),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_INSTANTIATE, rand_instantiate, rand_instantiate),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_UNINSTANTIATE, rand_uninstantiate, rand_uninstantiate),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_GENERATE, rand_generate, rand_generate),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_RESEED, rand_reseed, rand_reseed),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_NONCE, rand_nonce, rand_nonce),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_GET_SEED, rand_get_seed, rand_get_seed),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_CLEAR_SEED, rand_clear_seed, rand_clear_seed),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_VERIFY_ZEROIZATION, rand_verify_zeroization, rand_nothing_to_do),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_ENABLE_LOCKING, rand_enable_locking, rand_nothing_to_do),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_LOCK, rand_lock, rand_nothing_to_do),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_UNLOCK, rand_unlock, rand_unlock),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, rand_gettable_ctx_params, list<rand_params>),
    TRUSTX_ENTRY(OSSL_FUNC_RAND_GET_CTX_PARAMS, rand_get_ctx_params, rand_get_ctx_params),
    end_of_dispatch,
};

}  // namespace trustx::provider
