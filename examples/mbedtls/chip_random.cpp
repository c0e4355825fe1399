// SPDX-License-Identifier: Apache-2.0
#include "chip_random.hpp"

#include "failure.hpp"

#include <algorithm>

namespace {

constexpr std::uint16_t from_chip_each_time = 32;  // bytes, of a true random number generator

}  // namespace

ChipRandom::ChipRandom(trustx::Device& device) : device_{device} {
    mbedtls_entropy_init(&entropy_);  // has the kernel's source already
    mbedtls_ctr_drbg_init(&generator_);
    try {
        must(mbedtls_entropy_add_source(&entropy_, from_chip, this, from_chip_each_time, MBEDTLS_ENTROPY_SOURCE_STRONG),
             "add a source of random numbers");
        must_seed(mbedtls_ctr_drbg_seed(&generator_, mbedtls_entropy_func, &entropy_, nullptr, 0));
    } catch (...) {
        mbedtls_ctr_drbg_free(&generator_);
        mbedtls_entropy_free(&entropy_);
        throw;
    }
}

ChipRandom::~ChipRandom() {
    mbedtls_ctr_drbg_free(&generator_);
    mbedtls_entropy_free(&entropy_);
}

void ChipRandom::reseed() {
    must_seed(mbedtls_ctr_drbg_reseed(&generator_, nullptr, 0));
}

void ChipRandom::must_seed(int code) {
    if (code != 0 && failure_) {
        throw Failure{*failure_};
    }
    must(code, "seed the random number generator");
}

int ChipRandom::from_chip(void* self, unsigned char* out, std::size_t size, std::size_t* given) {
    auto& random = *static_cast<ChipRandom*>(self);
    *given = 0;
    try {
        random.failure_.reset();
        const auto bytes = random.device_.run(trustx::GetRandom{.length = from_chip_each_time});
        if (!bytes) {
            random.failure_ = bytes.error().message();
            return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
        }
        *given = std::min(size, bytes->size());
        std::copy_n(bytes->begin(), *given, out);
        return 0;
    } catch (...) {
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    }
}
