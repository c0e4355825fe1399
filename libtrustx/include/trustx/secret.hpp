// SPDX-License-Identifier: Apache-2.0
// Bytes that are wiped before their memory is freed: shared secrets, exported private keys, derived keys.
#pragma once

#include <trustx/export.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace trustx {

// wipe overwrites memory in a way the compiler does not optimise away.
TRUSTX_EXPORT void wipe(void* memory, std::size_t size) noexcept;

// wipe_and_clear wipes a buffer that is used again, its unused capacity included.
TRUSTX_EXPORT void wipe_and_clear(std::vector<std::uint8_t>& buffer);

// WipingAllocator wipes what it frees, so that a container that grows or moves leaves no copy behind.
template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class U>
    WipingAllocator(const WipingAllocator<U>& /*other*/) noexcept {}

    T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
    void deallocate(T* memory, std::size_t count) noexcept {
        wipe(memory, count * sizeof(T));
        std::allocator<T>{}.deallocate(memory, count);
    }

    friend bool operator==(const WipingAllocator&, const WipingAllocator&) = default;
};

using SecretBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

}  // namespace trustx
