// SPDX-License-Identifier: Apache-2.0
// Random numbers for TLS. The chip gives some hundred bytes in the time of one command, too few for TLS itself: so a
// generator (CTR_DRBG) is seeded by the chip and by the kernel together, and by both again for each connection.
#pragma once

#include <trustx/device.hpp>

#include <optional>
#include <string>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>

class ChipRandom {
 public:
    // device must outlive it. Throws Failure where the chip gives nothing.
    explicit ChipRandom(trustx::Device& device);
    ~ChipRandom();
    ChipRandom(const ChipRandom&) = delete;
    ChipRandom& operator=(const ChipRandom&) = delete;

    // reseed takes 32 bytes from the chip, and as many from the kernel. Throws Failure.
    void reseed();

    mbedtls_ctr_drbg_context* context() { return &generator_; }

 private:
    static int from_chip(void* self, unsigned char* out, std::size_t size, std::size_t* given);
    void must_seed(int code);

    trustx::Device& device_;
    mbedtls_entropy_context entropy_{};
    mbedtls_ctr_drbg_context generator_{};
    std::optional<std::string> failure_;  // of the chip
};
