// SPDX-License-Identifier: Apache-2.0
// Lets one process at a time use a chip, and tells each whether another used the chip in between.
//
// The lock is an open file description lock (fcntl(2)) on a file per chip: the kernel releases it when its holder ends,
// and two Devices of one process exclude each other too. Beside it the file holds a record of the last user.
#pragma once

#include "common/io/unique_fd.hpp"
#include "device/fork_generation.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace trustx {

// LinkRecord is what the last user of the chip left for the next one. It is a hint: the chip may have been reset or
// used by a program that does not know the lock.
struct LinkRecord {
    std::uint64_t user = 0;        // a random number of the Device that used the chip
    std::uint16_t frame_size = 0;  // negotiated DATA_REG_LEN; 0: unknown
    bool in_sync = false;          // false while the chip is in use, and after a failure
};

class LockQueue;

class ProcessLock {
 public:
    // open makes or opens the lock file of a chip. Errors: errno codes naming the path.
    static Result<ProcessLock> open(const std::string& directory, const BusAddress& address);

    // lock waits until the deadline, in the order of arrival. Error: Errc::lock_timeout naming the process that has the
    // chip.
    [[nodiscard]] Result<void> lock(Clock& clock, Deadline deadline);
    void unlock() noexcept;

    // try_session claims one of the session objects for as long as this ProcessLock lives, or until it is released;
    // false when another process has it. The kernel releases the claims of a process that ends.
    [[nodiscard]] Result<bool> try_session(int index) const;
    void release_session(int index) const noexcept;

    // The record may be read and written by the holder only. An unreadable record is an empty one.
    [[nodiscard]] LinkRecord read_record() const;
    [[nodiscard]] Result<void> write_record(const LinkRecord& record) const;

    // resets is how often the chip was reset on purpose, by whatever process: a counter that starts anywhere. The
    // holder counts; a count that cannot be written costs others the reason of a failure.
    [[nodiscard]] std::uint32_t resets() const noexcept;
    void count_reset() const noexcept;

 private:
    ProcessLock(UniqueFd fd, std::string path) : fd_{std::move(fd)}, path_{std::move(path)} {}

    [[nodiscard]] Result<bool> try_chip(const LockQueue& queue) const;
    void release(off_t byte) const noexcept;
    [[nodiscard]] std::string owner() const;

    UniqueFd fd_;
    std::string path_;
    std::uint32_t generation_ = fork_generation();
};

}  // namespace trustx
