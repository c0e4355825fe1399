// SPDX-License-Identifier: Apache-2.0
#include "device/process_lock.hpp"

#include "common/try.hpp"
#include "device/byte_lock.hpp"
#include "device/lock_queue.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>

namespace trustx {
namespace {

using namespace std::chrono_literals;

// Locks on single bytes of one file, beyond the record: the chip, each session object, and the queue of those who wait
// for the chip. A program that releases the chip and wants it again at once finds the queue and joins it.
constexpr off_t chip_byte = 0x1000;
constexpr off_t first_session_byte = 0x1010;

// The kernel offers no lock with a time limit, so waiting is polling. The first in the queue looks often, which hands
// the chip over quickly; the others have time.
constexpr Duration first_pause = 50us;
constexpr Duration longest_pause_of_first = 250us;
constexpr Duration longest_pause = 2ms;

// What stands in the file, in the byte order of the machine: the file never leaves it.
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
constexpr off_t file_size = queue_number_at + static_cast<off_t>(sizeof(std::uint32_t));
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

std::string escaped(std::string path) {
    std::replace(path.begin(), path.end(), '/', '+');
    return path;
}

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved{::realpath(path.c_str(), nullptr), &std::free};
    return resolved ? std::string{resolved.get()} : path;
}

// The directory is made on demand where the package's tmpfiles.d entry has not made it. Everybody may lock a chip he
// can reach, hence the modes; the sticky bit keeps users from removing each other's files.
// An ENOENT here is about the lock directory, not about the bus or socket that the system's number makes people think
// of.
std::error_code lock_error() {
    return errno == ENOENT ? make_error_code(Errc::lock_directory_missing) : errno_code();
}

Result<void> make_directory(const std::string& directory) {
    constexpr mode_t shared_directory = 01777;
    if (::mkdir(directory.c_str(), shared_directory) == 0) {
        ::chmod(directory.c_str(), shared_directory);  // mkdir applied the umask
        return {};
    }
    if (errno == EEXIST) {
        return {};
    }
    return fail(lock_error(), "make the lock directory " + directory);
}

Result<UniqueFd> open_file(const std::string& path) {
    constexpr mode_t shared_file = 0666;
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    // Without O_CREAT first: with it, Linux refuses to open other users' files in a sticky directory
    // (fs.protected_regular, proc_sys_fs(5)).
    for (int attempt = 0; attempt < 2; ++attempt) {
        UniqueFd fd{::open(path.c_str(), flags)};
        if (fd || errno != ENOENT) {
            return fd ? Result<UniqueFd>{std::move(fd)} : fail(lock_error(), "open the lock file " + path);
        }
        fd = UniqueFd{::open(path.c_str(), flags | O_CREAT | O_EXCL, shared_file)};
        if (fd) {
            ::fchmod(fd.get(), shared_file);
            return fd;
        }
        if (errno != EEXIST) {
            return fail(lock_error(), "make the lock file " + path);
        }
    }
    return fail(Errc::lock_directory_missing, "open the lock file " + path);
}

}  // namespace

std::string lock_file_name(const BusAddress& address) {
    const bool adapter = address.kind == BusAddress::Kind::linux_i2c;
    const std::array<std::uint8_t, 1> target{address.target};
    return (adapter ? "i2c:" : "unix:") + escaped(real_path(address.path)) + "@" + to_hex(target) + ".lock";
}

Result<ProcessLock> ProcessLock::open(const std::string& directory, const BusAddress& address) {
    TRYV(make_directory(directory));
    auto path = directory + "/" + lock_file_name(address);
    TRY(auto fd, open_file(path));
    // Room for the record now, so that a disk that fills up later cannot get in the way.
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

// try_chip takes the chip for the first of those who wait, or for somebody who finds nobody waiting.
Result<bool> ProcessLock::try_chip(const LockQueue& queue) const {
    const auto its_turn = queue.entered() ? queue.first() : queue.anybody_waits();
    if (!its_turn || *its_turn != queue.entered()) {
        return its_turn ? Result<bool>{false} : its_turn;
    }
    return try_lock_byte(fd_.get(), chip_byte);
}

Result<void> ProcessLock::lock(Clock& clock, Deadline deadline) {
    LockQueue queue{fd_.get(), queue_number_at};
    for (Duration pause = first_pause;;) {
        const auto taken = try_chip(queue);
        if (!taken) {
            return taken.failure("lock " + path_);
        }
        if (*taken) {
            return {};
        }
        if (deadline.passed(clock)) {
            return fail(Errc::lock_timeout, "wait for the chip, used by " + owner());
        }
        if (!queue.entered()) {
            if (const auto entered = queue.enter(); !entered) {
                return entered.failure("lock " + path_);
            }
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
    const auto taken = try_lock_byte(fd_.get(), first_session_byte + index);
    return taken ? taken : Result<bool>{taken.failure("lock " + path_)};
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
