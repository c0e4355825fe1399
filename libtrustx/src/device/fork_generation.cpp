// SPDX-License-Identifier: Apache-2.0
#include "device/fork_generation.hpp"

#include <atomic>

#include <pthread.h>

namespace trustx {
namespace {

constinit std::atomic<std::uint32_t> generation{1};

// In the child of a multi-threaded process nothing but async-signal-safe work is allowed: one atomic addition.
void child_was_forked() {
    generation.fetch_add(1, std::memory_order_relaxed);
}

// Registered when the library is loaded; the library is linked with -z nodelete, so the handler stays mapped.
[[gnu::constructor]] void register_fork_handler() {
    ::pthread_atfork(nullptr, nullptr, child_was_forked);
}

}  // namespace

std::uint32_t fork_generation() noexcept {
    return generation.load(std::memory_order_relaxed);
}

}  // namespace trustx
