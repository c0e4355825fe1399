// SPDX-License-Identifier: Apache-2.0
// What is behind Device and LockedDevice. Its functions are in the files named after each group of them.
//
// Names of chip and command are put into errors here and nowhere else: no layer below knows them, and the functions of
// Device and LockedDevice add each once.
#pragma once

#include "command/apdu.hpp"
#include "command/encoded_command.hpp"
#include "device/durations.hpp"
#include "device/failed_decryptions.hpp"
#include "device/fork_generation.hpp"
#include "device/process_lock.hpp"
#include "device/security_log.hpp"
#include "device/thread_lock.hpp"
#include "device/tracer.hpp"
#include "ifx_i2c/link.hpp"

#include <trustx/device.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

namespace trustx {

class Device::Impl {
 public:
    Impl(BusAddress address, DeviceOptions options);
    Impl(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options);

    // locking.cpp
    Result<void> claim();  // without touching the bus
    Result<void> lock();
    void unlock() noexcept;

    // attachment.cpp
    void open_now();
    Result<void> reset();

    // session_lease.cpp
    Result<int> lease_session(Duration patience);
    Result<bool> lease_session_again(int index, std::uint32_t number);
    void set_session_aside(int index, Duration time) noexcept;
    [[nodiscard]] bool is_session_set_aside(int index, std::uint32_t number) const noexcept;
    void stop_setting_session_aside(int index, std::uint32_t number) noexcept;
    [[nodiscard]] std::uint32_t session_claims(int index) const {
        return session_claims_.at(static_cast<std::size_t>(index));
    }
    void release_session(int index) noexcept;

    // transaction.cpp
    Result<void> carry_out(const CommandCall& call);
    [[nodiscard]] SecurityEvents security_events() const { return security_log_.events(clock_->now()); }
    [[nodiscard]] Duration decryption_pause(unsigned most_failures) const noexcept;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::chrono::milliseconds lock_timeout() const noexcept { return options_.lock_timeout; }
    // located adds to an error which device it is about, and how that is reached.
    template <class T>
    [[nodiscard]] Result<T> located(Result<T> outcome) const {
        if (outcome) {
            return outcome;
        }
        const auto error = outcome.error().during(name_);
        const bool socket = address_ && address_->kind == BusAddress::Kind::unix_socket;
        return tl::unexpected{socket ? error.behind_socket() : error};
    }
    [[nodiscard]] std::optional<Error> trace_trouble() const { return tracer_.trouble(); }
    Result<void> finish_recording() { return tracer_.finish_recording(); }
    void note(std::string_view text) { tracer_.note(text); }

 private:
    // locking.cpp
    Result<void> lock_out_threads();
    Result<void> lock_out_processes(Deadline deadline);
    Result<void> open_process_lock();
    Result<void> learn_from_record();
    [[nodiscard]] LinkRecord record(std::uint16_t frame_size, bool in_sync) noexcept;
    void drop_what_was_inherited();

    // attachment.cpp
    Result<void> ensure_open();
    Result<void> ensure_attached(Deadline deadline);
    Result<void> attach_bus();
    void drop_bus();
    [[nodiscard]] bool may_reset_after(const Error& error) const;

    // session_lease.cpp
    Result<int> wait_for_session(Deadline deadline);
    Result<std::optional<int>> try_any_session();
    [[nodiscard]] SetAsideMarks own_set_aside_marks() const noexcept;
    void note_lease(int index);
    [[nodiscard]] std::uint32_t resets() const;
    void note_reset();
    [[nodiscard]] std::optional<std::size_t> leased(const std::optional<ObjectId>& object) const;

    // transaction.cpp
    Result<ByteView> transact(const EncodedCommand& command);
    Result<ResponseApdu> exchange(const EncodedCommand& command, Repeatable repeatable, Deadline deadline);
    Result<void> exchange_once(const EncodedCommand& command, Repeatable repeatable, Deadline deadline);
    Result<void> recover(const Error& error, const EncodedCommand& command, Repeatable repeatable);
    [[nodiscard]] tl::unexpected<Error> refused(const EncodedCommand& command, ChipError reason) const;
    Result<ChipError> fetch_last_error(Deadline deadline);
    Result<void> open_application(Deadline deadline);
    void forget_secrets();
    void note_refusal(const EncodedCommand& command) noexcept;
    [[nodiscard]] FailedDecryptions own_failed_decryptions() const noexcept;

    [[nodiscard]] Deadline command_deadline() const { return Deadline::after(*clock_, options_.command_timeout); }

    std::optional<BusAddress> address_;  // absent where the bus was given: no process lock, no reopening
    DeviceOptions options_;
    SystemClock system_clock_;
    Clock* clock_;
    std::string name_;
    std::uint64_t user_;
    std::uint32_t generation_ = fork_generation();

    FairThreadLock thread_lock_;
    FairThreadLock session_turn_;  // held by the thread that waits for a session object; before thread_lock_
    std::atomic<std::uint32_t> leased_sessions_{0};  // one bit each; within this process
    // How often the chip had been reset when each session object was leased, or used with success.
    std::array<std::atomic<std::uint32_t>, 4> session_resets_{};
    // How often each had been claimed when it was leased here.
    std::array<std::atomic<std::uint32_t>, 4> session_claims_{};
    // Where there is no process lock to keep them.
    std::array<std::atomic<SetAsideMark>, 4> set_aside_{};
    // Those of this process, also where the lock file cannot keep them.
    std::array<std::atomic<FailedDecryptions::Entry>, std::tuple_size_v<FailedDecryptions::Entries>>
        failed_decryptions_{};
    std::uint32_t own_resets_ = 0;  // where there is no process lock to count them
    std::optional<ProcessLock> process_lock_;
    Tracer tracer_;  // outlives the bus, which it watches
    std::unique_ptr<I2cBus> bus_;
    std::optional<ifx_i2c::Link> link_;
    Durations durations_;
    SecurityLog security_log_;
    std::optional<std::uint16_t> known_frame_size_;  // from the former user, good for the next attach
    Bytes command_;
    Bytes answer_;
};

}  // namespace trustx
