// SPDX-License-Identifier: Apache-2.0
#include "device/process_lock.hpp"

#include "common/try.hpp"
#include "device/byte_lock.hpp"
#include "device/lock_file.hpp"
#include "device/lock_queue.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace trustx {
namespace {

using namespace std::chrono_literals;

// Locks on single bytes of one file, beyond the record: the chip, each session object, and the queue of those that wait
// for the chip. A program that releases the chip and wants it again at once finds the queue and joins it.
constexpr off_t chip_byte = 0x1000;
constexpr off_t first_session_byte = 0x1010;

// The kernel offers no lock with a time limit, so waiting is polling. The first in the queue looks often, which hands
// the chip over quickly; the others have time.
constexpr Duration first_pause = 50us;
constexpr Duration longest_pause_of_first = 250us;
constexpr Duration longest_pause = 2ms;

// The content of the file, in the byte order of the machine: no other machine reads it.
struct FileRecord {
    std::array<char, 8> magic;
    std::uint64_t user;
    std::int32_t pid;
    std::uint16_t frame_size;
    std::uint16_t in_sync;
    std::array<char, 32> program;
};
static_assert(sizeof(FileRecord) == 56);
constexpr off_t queue_number_at = sizeof(FileRecord);
constexpr off_t resets_at = queue_number_at + static_cast<off_t>(sizeof(std::uint32_t));
constexpr off_t file_size = resets_at + static_cast<off_t>(sizeof(std::uint32_t));
constexpr std::array<char, 8> record_magic{'t', 'r', 'u', 's', 't', 'x', '0', '1'};

using RecordBytes = std::array<std::byte, sizeof(FileRecord)>;

std::optional<FileRecord> load(int fd) {
    RecordBytes raw{};
    if (::pread(fd, raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) {
        return std::nullopt;
    }
    const auto record = std::bit_cast<FileRecord>(raw);
    if (record.magic != record_magic) {
        return std::nullopt;
    }
    return record;
}

}  // namespace

Result<ProcessLock> ProcessLock::open(const std::string& directory, const BusAddress& address) {
    auto path = directory + "/" + lock_file_name(address);
    TRY(auto fd, open_lock_file(directory, path));
    // Space for the record now, so that a disk that fills up later does not matter.
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(errno_code(EINVAL), "use " + path + " as a lock file");
    }
    if (status.st_size < file_size) {
        if (const int error = ::posix_fallocate(fd.get(), 0, file_size); error != 0) {
            return fail(errno_code(error), "extend the lock file " + path);
        }
    }
    return ProcessLock{std::move(fd), std::move(path)};
}

// try_chip takes the chip for the first in the queue, or for a process that finds the queue empty.
Result<bool> ProcessLock::try_chip(const LockQueue& queue) const {
    TRY(const bool its_turn, queue.entered() ? queue.first() : queue.anybody_waits());
    return its_turn == queue.entered() ? try_lock_byte(fd_.get(), chip_byte) : false;
}

Result<void> ProcessLock::lock(Clock& clock, Deadline deadline) {
    LockQueue queue{fd_.get(), queue_number_at};
    for (Duration pause = first_pause;;) {
        TRY(const auto taken, try_chip(queue).during("lock " + path_));
        if (taken) {
            return {};
        }
        if (deadline.passed(clock)) {
            return fail(Errc::lock_timeout, "wait for the chip, used by " + owner());
        }
        if (!queue.entered()) {
            TRYV(queue.enter().during("lock " + path_));
        }
        clock.sleep_until(std::min(clock.now() + pause, deadline.at));
        const bool is_first = queue.first().value_or(false);
        pause = std::min<Duration>(pause * 2, is_first ? longest_pause_of_first : longest_pause);
    }
}

void ProcessLock::unlock() noexcept {
    release(chip_byte);
}

Result<bool> ProcessLock::try_session(int index) const {
    return try_lock_byte(fd_.get(), first_session_byte + index).during("lock " + path_);
}

void ProcessLock::release_session(int index) const noexcept {
    release(first_session_byte + index);
}

void ProcessLock::release(off_t byte) const noexcept {
    // The lock belongs to the open file description, which a forked child shares: it must not release the parent's.
    if (generation_ == fork_generation()) {
        unlock_byte(fd_.get(), byte);
    }
}

std::string ProcessLock::owner() const {
    const auto record = load(fd_.get());
    if (!record) {
        return "another process";
    }
    const auto& name = record->program;
    return "process " + std::to_string(record->pid) + " (" +
           std::string{name.begin(), std::find(name.begin(), name.end(), '\0')} + ")";
}

LinkRecord ProcessLock::read_record() const {
    const auto record = load(fd_.get());
    if (!record) {
        return {};
    }
    return {.user = record->user, .frame_size = record->frame_size, .in_sync = record->in_sync != 0};
}

std::uint32_t ProcessLock::resets() const noexcept {
    std::uint32_t count = 0;
    const bool read = ::pread(fd_.get(), &count, sizeof count, resets_at) == static_cast<ssize_t>(sizeof count);
    return read ? count : 0;
}

void ProcessLock::count_reset() const noexcept {
    const std::uint32_t count = resets() + 1;
    [[maybe_unused]] const auto written = ::pwrite(fd_.get(), &count, sizeof count, resets_at);
}

Result<void> ProcessLock::write_record(const LinkRecord& record) const {
    FileRecord file{};
    file.magic = record_magic;
    file.user = record.user;
    file.pid = ::getpid();
    file.frame_size = record.frame_size;
    file.in_sync = record.in_sync ? 1 : 0;
    const std::string_view program{program_invocation_short_name};
    std::copy_n(program.begin(), std::min(program.size(), file.program.size()), file.program.begin());
    const auto raw = std::bit_cast<RecordBytes>(file);
    if (::pwrite(fd_.get(), raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) {
        return fail(errno_code(), "write " + path_);
    }
    return {};
}

}  // namespace trustx
