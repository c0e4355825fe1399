// SPDX-License-Identifier: Apache-2.0
#include "base/kept_fd.hpp"

#include "base/random_number.hpp"
#include "common/try.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <new>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace trustx {
namespace {

// Who owns which number: the ticket of the last KeptFd that took it. Without locks, because a child may have been
// forked in the middle of a change, and never released, because a program may end in any order. Numbers beyond the
// table share places, which makes the former owner open its file again.
using Ticket = std::uint64_t;
constexpr std::size_t page_size = 1024;
constexpr std::size_t page_count = 1024;
using Page = std::array<std::atomic<Ticket>, page_size>;

constinit std::array<std::atomic<Page*>, page_count> pages{};
constinit std::atomic<Ticket> last_ticket{0};

std::atomic<Ticket>* place_of(int fd) noexcept {
    const auto number = static_cast<std::size_t>(fd);
    std::atomic<Page*>& slot = pages[number / page_size % page_count];
    Page* page = slot.load(std::memory_order_acquire);
    if (page == nullptr) {
        std::unique_ptr<Page> made{new (std::nothrow) Page{}};
        if (made == nullptr) {
            return nullptr;
        }
        if (slot.compare_exchange_strong(page, made.get())) {
            page = made.release();
        }
    }
    return &(*page)[number % page_size];
}

// The ticket of a description with a mark is its mark, small enough for the offsets of every file system; the others
// have one bit more.
constexpr Ticket mark_mask = 0x3FFFFFFF;
constexpr Ticket unmarked = mark_mask + 1;
constexpr Ticket not_for_children = Ticket{1} << 62U;

Ticket make_ticket(KeptFd::Mark mark) noexcept {
    if (mark == KeptFd::Mark::none) {
        return unmarked + last_ticket.fetch_add(1);
    }
    const Ticket ticket = (random_number() & mark_mask) | 1U;
    return mark == KeptFd::Mark::offset_of_this_process ? ticket | not_for_children : ticket;
}

// A parent that is killed while it holds a lock would leave it to a child that never looks at it. In the child of a
// multi-threaded process nothing but async-signal-safe work is allowed.
void close_in_child() {
    for (std::size_t index = 0; index < page_count; ++index) {
        Page* const page = pages[index].load(std::memory_order_acquire);
        for (std::size_t at = 0; page != nullptr && at < page_size; ++at) {
            const auto ticket = (*page)[at].load();
            const int fd = static_cast<int>(index * page_size + at);
            if ((ticket & not_for_children) != 0 &&
                ::lseek(fd, 0, SEEK_CUR) == static_cast<off_t>(ticket & mark_mask)) {
                (*page)[at].store(0);
                ::close(fd);
            }
        }
    }
}

// The library is linked with -z nodelete, so the handler stays mapped.
[[gnu::constructor]] void register_fork_handler() {
    ::pthread_atfork(nullptr, nullptr, close_in_child);
}

Result<UniqueFd> above_standard(UniqueFd fd) {
    if (fd.get() > STDERR_FILENO) {
        return fd;
    }
    UniqueFd moved{::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
    if (!moved) {
        return fail(errno_code(), "duplicate a descriptor");
    }
    return moved;
}

}  // namespace

Result<KeptFd> KeptFd::keep(UniqueFd fd, Mark mark) {
    TRY(auto moved, above_standard(std::move(fd)));
    struct stat status {};
    if (::fstat(moved.get(), &status) != 0) {
        return fail(errno_code(), "look at a descriptor");
    }
    auto* const place = place_of(moved.get());
    if (place == nullptr) {
        return fail(errno_code(ENOMEM), "remember a descriptor");
    }
    KeptFd kept;
    kept.ticket_ = make_ticket(mark);
    if (mark != Mark::none) {
        kept.mark_ = static_cast<off_t>(kept.ticket_ & mark_mask);
        if (::lseek(moved.get(), kept.mark_, SEEK_SET) != kept.mark_) {
            return fail(errno_code(), "mark a descriptor");
        }
    }
    kept.device_ = status.st_dev;
    kept.inode_ = status.st_ino;
    kept.special_ = status.st_rdev;
    kept.fd_ = moved.release();
    place->store(kept.ticket_);
    return kept;
}

std::optional<struct stat> KeptFd::status() const noexcept {
    if (fd_ < 0) {
        return std::nullopt;
    }
    const auto* const place = place_of(fd_);
    struct stat status {};
    const bool same = place != nullptr && place->load() == ticket_ && ::fstat(fd_, &status) == 0 &&
                      status.st_dev == device_ && status.st_ino == inode_ && status.st_rdev == special_ &&
                      (mark_ == 0 || ::lseek(fd_, 0, SEEK_CUR) == mark_);
    return same ? std::optional{status} : std::nullopt;
}

void KeptFd::reset() noexcept {
    const int saved = errno;
    if (ours()) {
        place_of(fd_)->store(0);
        ::close(fd_);
    }
    fd_ = -1;
    errno = saved;
}

void KeptFd::swap(KeptFd& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(ticket_, other.ticket_);
    std::swap(mark_, other.mark_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    std::swap(special_, other.special_);
}

}  // namespace trustx
