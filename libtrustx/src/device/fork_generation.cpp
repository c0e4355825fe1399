// SPDX-License-Identifier: Apache-2.0
#include "device/fork_generation.hpp"

#include <atomic>

#include <sys/mman.h>
#include <unistd.h>

namespace trustx {
namespace {

// A generation and the process that it is of, in one word.
using GenerationWord = std::atomic<std::uint64_t>;
static_assert(GenerationWord::is_always_lock_free);

// One word for the page that the kernel clears in every child (MADV_WIPEONFORK, madvise(2)), however that was made: no
// fork handler runs in those of _Fork() and clone(), and in a namespace of its own a child may have its parent's pid.
// Where the kernel knows no such page the pid alone tells.
constinit GenerationWord inherited{0};
constinit std::atomic<GenerationWord*> known{nullptr};
// The last generation that this process or one that it descends from was in.
constinit std::atomic<std::uint32_t> last{0};

GenerationWord* make_word() noexcept {
    const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    GenerationWord* made = &inherited;
    if (page != MAP_FAILED) {
        if (::madvise(page, size, MADV_WIPEONFORK) == 0) {
            made = static_cast<GenerationWord*>(page);  // a page of zeros is a word of value 0
        } else {
            ::munmap(page, size);
        }
    }
    GenerationWord* first = nullptr;
    if (!known.compare_exchange_strong(first, made)) {
        if (made != &inherited) {
            ::munmap(page, size);
        }
        return first;
    }
    return made;
}

GenerationWord& word() noexcept {
    GenerationWord* const present = known.load(std::memory_order_acquire);
    return present != nullptr ? *present : *make_word();
}

}  // namespace

// No lock: in a forked child another thread of the parent might have held it.
std::uint32_t fork_generation() noexcept {
    const auto pid = static_cast<std::uint32_t>(::getpid());
    GenerationWord& present = word();
    auto seen = present.load();
    if (static_cast<std::uint32_t>(seen) != pid) {
        const std::uint64_t next = std::uint64_t{last.load()} + 1;
        if (present.compare_exchange_strong(seen, next << 32U | pid)) {
            seen = next << 32U | pid;
        }
        // Otherwise another thread of this process was faster, and seen is what it wrote.
        last.store(static_cast<std::uint32_t>(seen >> 32U));
    }
    return static_cast<std::uint32_t>(seen >> 32U);
}

}  // namespace trustx
