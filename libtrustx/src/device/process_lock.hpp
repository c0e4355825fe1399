// SPDX-License-Identifier: Apache-2.0
// Lets one process at a time use a chip, and tells each whether another used the chip in between.
//
// The lock is one on a byte of a file per chip (byte_lock.hpp): the kernel releases it when its holder ends. Usually it
// belongs to an open file description, so that two Devices of one process exclude each other too; a forked child opens
// its own. A process that will not be able to open the file again (chroot(2)) has locks of the process instead, with
// which a forked child can use the descriptor that it inherits. Beside the locks the file holds a record of the last
// user (lock_record.hpp).
#pragma once

#include "base/kept_fd.hpp"
#include "device/byte_lock.hpp"
#include "device/fork_generation.hpp"
#include "device/local_claims.hpp"
#include "device/lock_record.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace trustx {

class LockQueue;

class ProcessLock {
 public:
    // open makes or opens the lock file of a chip; one with a lease is opened by lock, which waits. Errors: those of
    // open_lock_file.
    static Result<ProcessLock> open(const std::string& directory, const BusAddress& address,
                                    LockOwner owner = LockOwner::description);
    ProcessLock(ProcessLock&& other) noexcept;
    ProcessLock& operator=(ProcessLock&& other) noexcept;
    ProcessLock(const ProcessLock&) = delete;
    ProcessLock& operator=(const ProcessLock&) = delete;
    ~ProcessLock();

    // continue_in_child is for a forked child that goes on with the descriptor it inherited, and with none of the
    // locks; only for locks of the process.
    void continue_in_child() noexcept;

    // lock waits until the deadline, in the order of arrival. A lock file that the program closed, or that was deleted,
    // is opened again, and that of another adapter where the address leads to another one by now. Errors:
    // Errc::lock_timeout naming the process that has the chip; those of open.
    [[nodiscard]] Result<void> lock(Clock& clock, Deadline deadline);
    void unlock() noexcept;

    // try_any_session claims one of the first `count` session objects, but those whose bits are in `used`, for as long
    // as this ProcessLock lives, or until it is released. Nothing when all are in use, or processes that came before
    // wait for one: then this one waits, too, until it gets one or calls stop_waiting_for_session. The kernel releases
    // the claims of a dead process.
    [[nodiscard]] Result<std::optional<int>> try_any_session(int count, std::uint32_t used, const Clock& clock);
    void stop_waiting_for_session() noexcept;
    void release_session(int index) noexcept;
    // session_claims is how often a session object was claimed, by whatever process: a counter that starts anywhere.
    [[nodiscard]] std::optional<std::uint32_t> session_claims(int index) const noexcept;
    // set_aside releases a session object that holds something (set_aside.hpp), and is_set_aside says whether it still
    // is, as of that claim. The holder of the chip gets it again by try_same_session: until that time for certain,
    // afterwards if nobody claimed it, or waits for one. stop_setting_aside lets others have it now.
    void set_aside(int index, TimePoint until) noexcept;
    [[nodiscard]] bool is_set_aside(int index, std::uint32_t claims, TimePoint now) const noexcept;
    [[nodiscard]] Result<bool> try_same_session(int index, std::uint32_t claims, Clock& clock);
    void stop_setting_aside(int index, std::uint32_t claims) noexcept;
    // has_session is false for a claim that was lost: the program closed the lock file, and another process was faster.
    [[nodiscard]] bool has_session(int index) const noexcept {
        return (sessions_ >> static_cast<unsigned>(index) & 1U) != 0;
    }

    // The record may be read and written by the holder only. An unreadable record is an empty one. Error: EBADF where
    // the program closed the lock file since it was locked.
    [[nodiscard]] LinkRecord read_record() const;
    [[nodiscard]] Result<void> write_record(const LinkRecord& record) const;

    // resets is how often the chip was reset on purpose, by whatever process: a counter that starts anywhere. The
    // holder counts; a count that cannot be written costs others the reason of a failure.
    [[nodiscard]] std::uint32_t resets() const noexcept;
    void count_reset() const noexcept;

    // failed_decryptions are those of all processes. The holder notes them; one that cannot be written is unknown to
    // others.
    [[nodiscard]] FailedDecryptions failed_decryptions() const noexcept;
    void note_failed_decryption(TimePoint now) const noexcept;

 private:
    ProcessLock(std::string directory, const BusAddress& address, LockOwner owner);

    void swap(ProcessLock& other) noexcept;
    void follow_adapter();
    [[nodiscard]] bool usable() const noexcept;
    [[nodiscard]] Result<void> ensure_open();
    [[nodiscard]] Result<void> wait_to_open(Clock& clock, Deadline deadline);
    void claim_sessions_again();
    [[nodiscard]] bool keep_count(int index) noexcept;
    void close_file() noexcept;
    [[nodiscard]] Result<void> reserve_space();

    enum class Waited : std::uint8_t { locked, file_is_gone };
    [[nodiscard]] Result<Waited> wait_in(LockQueue& queue, Clock& clock, Deadline deadline) const;
    [[nodiscard]] bool ours_to_release() const noexcept;
    [[nodiscard]] ByteLocks locks() const noexcept { return {.fd = fd_.get(), .owner = owner_}; }
    [[nodiscard]] Result<bool> in_use() const;
    [[nodiscard]] Result<bool> take_chip() const;
    [[nodiscard]] Result<bool> try_chip(LockQueue& queue, TimePoint now, std::optional<TimePoint>& idle_since) const;
    [[nodiscard]] Result<bool> try_session(int index, const Clock& clock);
    // may_have is asked with the number of claims, when nobody else can have it any more.
    template <class MayHave>
    [[nodiscard]] Result<bool> claim_session(int index, MayHave may_have);
    template <class MayHave>
    [[nodiscard]] Result<bool> lock_session(int index, MayHave may_have);
    [[nodiscard]] SetAsideMarks set_aside_marks() const noexcept;
    [[nodiscard]] Result<bool> session_is_used(int index, TimePoint now) const;
    [[nodiscard]] Result<bool> all_sessions_used(int count, TimePoint now) const;
    [[nodiscard]] std::string users() const;

    std::string directory_;
    BusAddress address_;
    std::string name_;
    std::string path_;  // of both, for messages
    LockOwner owner_;
    KeptFd fd_;
    LocalClaims* claims_ = nullptr;  // where the locks are the process's
    bool locked_ = false;
    // Claimed; one bit each. Any thread may release one.
    std::atomic<unsigned> sessions_{0};
    std::array<std::uint32_t, 4> claim_counts_{};  // session_claims as of each claim
    std::unique_ptr<LockQueue> session_queue_;     // while this process waits for one
    std::optional<TimePoint> session_idle_since_;
    std::uint32_t generation_ = fork_generation();
};

}  // namespace trustx
