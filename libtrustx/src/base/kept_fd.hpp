// SPDX-License-Identifier: Apache-2.0
// A descriptor that stays open between calls, inside a program that knows nothing of it. Programs close descriptors
// that they do not know (closefrom(3), as daemons do) and get the same numbers for files and sockets of their own; what
// is written to or closed by the number alone would then be theirs.
#pragma once

#include "common/io/unique_fd.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <optional>

#include <sys/stat.h>

namespace trustx {

// KeptFd is to be asked before each use: between the question and the use another thread can still close the number.
//
// A number is ours while a table of the process has this KeptFd as its last owner, and it refers to the same file. The
// table tells two KeptFds of the same file apart of which the later got the former's number. It belongs to one copy of
// the library; a mark on the description itself tells the copies of two libraries apart where the file can carry one.
class KeptFd {
 public:
    enum class Mark : std::uint8_t {
        none,
        offset,  // the file offset, which nothing may use: only for pread(2), pwrite(2) and locks
        // The same for a description whose locks are not to live on in children that fork(2) makes: those close it.
        offset_of_this_process,
    };

    KeptFd() = default;
    KeptFd(KeptFd&& other) noexcept { swap(other); }
    KeptFd& operator=(KeptFd&& other) noexcept {
        swap(other);
        return *this;
    }
    KeptFd(const KeptFd&) = delete;
    KeptFd& operator=(const KeptFd&) = delete;
    ~KeptFd() { reset(); }

    // keep takes a descriptor over, on a number above those of standard input, output and error, which a program that
    // was started without them still prints to. Errors: errno codes.
    static Result<KeptFd> keep(UniqueFd fd, Mark mark = Mark::none);

    // status is that of the open file; nothing where the number is not ours, or no longer.
    [[nodiscard]] std::optional<struct stat> status() const noexcept;
    [[nodiscard]] bool ours() const noexcept { return status().has_value(); }

    [[nodiscard]] int get() const noexcept { return fd_; }

    // reset closes what is ours and forgets what is not. errno is left as it is.
    void reset() noexcept;

    // forget leaves it open for good.
    void forget() noexcept { fd_ = -1; }

 private:
    void swap(KeptFd& other) noexcept;

    int fd_ = -1;
    std::uint64_t ticket_ = 0;  // in the table
    off_t mark_ = 0;            // 0: none
    dev_t device_ = 0;
    ino_t inode_ = 0;
    dev_t special_ = 0;
};

}  // namespace trustx
