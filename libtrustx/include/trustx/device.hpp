// SPDX-License-Identifier: Apache-2.0
// A chip, opened; and a chip, locked: the only thing that can run a command.
#pragma once

#include <trustx/bus_address.hpp>
#include <trustx/clock.hpp>
#include <trustx/commands.hpp>
#include <trustx/export.hpp>
#include <trustx/i2c_bus.hpp>
#include <trustx/result.hpp>
#include <trustx/trace.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trustx {

// DeviceOptions limit every wait and say where the lock files are.
struct DeviceOptions {
    // How long to wait for other threads and processes to release the chip.
    std::chrono::milliseconds lock_timeout{10'000};
    // How long one command may take, with a throttled chip's delay of up to 5 s (chip-objects.md section 9) included.
    std::chrono::milliseconds command_timeout{12'000};
    // Where the lock files are. Every program that uses the chip must use the same directory.
    std::string lock_directory{"/run/lock/trustx"};
    // Open bus and lock file at once and keep them: for a process that cannot open them later, because it gives up its
    // root directory (chroot) or its privileges. Forked children use what they inherit, one at a time.
    bool keep_open = false;
    // Files to write a trace and a recording to; none by default.
    TraceOptions trace{};
};

class LockedDevice;
class SessionLease;

// SecurityEvents is what can be known of the chip's security event counter (chip-objects.md section 9) without asking
// the chip. Programs that use the lock share it; what others do is not in it, so it is a hint.
struct SecurityEvents {
    static constexpr std::chrono::seconds tmax{5};  // one use in this time is free; plus or minus 5 %

    // Uses of stored private keys, and records that could not be decrypted, since one of the programs read the counter,
    // less one for each pause of tmax: the counter has not grown by more.
    unsigned uses = 0;
    // How long ago one of them read it; absent where none did.
    std::optional<Duration> read_ago = {};
};

// Device is one chip. Opening it does not touch the bus: the first command attaches to the chip, without resetting
// it and without opening an application that is open already. Threads may share a Device. After a fork the child's
// Device opens its own bus at the next use.
//
// Where the bus has lines that were set up for it (I2cBus::resets_hung_chip), a chip that answers nothing any more, or
// works for longer than it ever can, is reset by them, under the lock; see Errc::session_lost.
class TRUSTX_EXPORT Device {
 public:
    // open names the chip and refuses nothing, with options.keep_open either; the pointer is never null. What cannot be
    // used shows later: bus, chip and lock directory at the first lock(), the trace in trace_trouble().
    static std::unique_ptr<Device> open(BusAddress address, DeviceOptions options);

    // with_bus takes a bus that is already open, of a type that the caller may have defined, and a clock; no process
    // lock is taken. clock must outlive the device.
    static std::unique_ptr<Device> with_bus(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options);

    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // lock excludes other threads and processes until the LockedDevice is destroyed, and attaches to the chip
    // where another process may have used it. Hold it for one command, or for the slices of one object, never longer.
    // Errors: Errc::already_locked at once where this thread holds a LockedDevice of this Device; Errc::lock_timeout
    // naming the owner; Errc::no_chip; errno codes. Each names the device.
    [[nodiscard]] Result<LockedDevice> lock();

    // run locks, runs one command and unlocks. Errors: those of lock() and of LockedDevice::run.
    template <ChipCommand Command>
    [[nodiscard]] Result<typename Command::Response> run(const Command& command) {
        return CommandCall::run(command, [this](const CommandCall& call) { return carry_out(call); });
    }

    // lease_session takes one of the chip's four session objects for the caller alone, among all threads and processes,
    // in the order in which they came. Its content is undefined until a command fills it. patience is how long to wait
    // for one; DeviceOptions::lock_timeout unless given. Errors: Errc::lock_timeout when all stay in use;
    // Errc::already_locked where this thread holds the lock.
    [[nodiscard]] Result<SessionLease> lease_session();
    [[nodiscard]] Result<SessionLease> lease_session(std::chrono::milliseconds patience);

    // For a session object that a lease of that number, of this Device, set aside (SessionLease::set_aside).
    // is_set_aside says whether the time lasts and nobody else has it. stop_setting_aside ends the time; what the
    // object holds is not wanted any more.
    [[nodiscard]] bool is_set_aside(ObjectId object, std::uint32_t number) const noexcept;
    void stop_setting_aside(ObjectId object, std::uint32_t number) noexcept;

    // decryption_pause is how long the chip is not to be asked to decrypt a record (DecryptRecord), so that in any
    // minute it fails to decrypt no more than that many, at least 1, for all connections of all processes together:
    // each raises its security event counter, and anybody can send such records. While the chip is locked that is
    // exact; otherwise another thread or process may have one more failed meanwhile. Zero: now.
    [[nodiscard]] Duration decryption_pause(unsigned most_failures) const noexcept;

    // reset pulses the reset line, and the supply, as far as the bus has such lines: sessions, a running hash and the
    // open application are lost for every process. It needs no chip that answers. Errors: Errc::line_unavailable;
    // those of lock(), and those of attaching afterwards.
    [[nodiscard]] Result<void> reset();

    [[nodiscard]] const std::string& name() const;

    // trace_trouble says why the trace or the recording has gaps: the last line of the trace, or any line of the
    // recording, could not be written. Commands never fail for that.
    [[nodiscard]] std::optional<Error> trace_trouble() const;

    // finish_recording ends the recording, so that it is complete before the Device is gone; what the Device does
    // afterwards is not recorded. No command may run meanwhile. Errors: the errno code of the first line that could not
    // be written; without it, and without a recording, none.
    Result<void> finish_recording();

 private:
    friend class LockedDevice;
    friend class SessionLease;
    class TRUSTX_NO_EXPORT Impl;
    Result<void> carry_out(const CommandCall& call);
    explicit Device(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// LockedDevice runs commands. It belongs to the thread that locked, and must not outlive its Device; in a forked child
// it is the parent's. Movable: the one that was moved from holds nothing and its run() fails with Errc::not_locked; the
// one that is assigned to releases what it held.
class TRUSTX_EXPORT LockedDevice {
 public:
    LockedDevice(LockedDevice&& other) noexcept;
    LockedDevice& operator=(LockedDevice&& other) noexcept;
    ~LockedDevice();

    // run sends a command and decodes its answer, opening the application first where the chip asks for that.
    // Errors: ChipError when the chip refuses, Errc::outcome_unknown when the answer of a command that must not be
    // repeated was lost, Errc and errno codes of the link. The operation of the error names command and object.
    template <ChipCommand Command>
    [[nodiscard]] Result<typename Command::Response> run(const Command& command) {
        return CommandCall::run(command, [this](const CommandCall& call) { return carry_out(call); });
    }

    // lease_session_again takes back what a lease of that number, of the same Device, set aside. Within the time it is
    // certain to get it; afterwards only if nobody leased the object since, or waits for one. Nothing: it is gone. It
    // does not wait. What the object held is there still, unless the chip was reset or its application opened anew:
    // then it refuses commands that need it. Errors: Errc::argument_invalid for another object; Errc::not_locked.
    [[nodiscard]] Result<std::optional<SessionLease>> lease_session_again(ObjectId object, std::uint32_t number);

    // note leaves a line from the program in the trace; nothing happens where there is no trace. No secrets.
    void note(std::string_view text);

    // security_events asks the lock file, not the chip.
    [[nodiscard]] SecurityEvents security_events() const;

    // device_name is that of the Device; empty after a move.
    [[nodiscard]] const std::string& device_name() const;

 private:
    friend class Device;
    LockedDevice(Device::Impl& impl, std::uint32_t generation) : impl_{&impl}, generation_{generation} {}
    Result<void> carry_out(const CommandCall& call);

    Device::Impl* impl_;
    std::uint32_t generation_;  // of the process that locked
};

// SessionLease holds a session object until it is destroyed. A process that ends, however it ends, frees its leases. It
// must not outlive its Device; in a forked child it is the parent's and does nothing. Movable: the one that was moved
// from holds nothing, the one that is assigned to releases what it held.
class TRUSTX_EXPORT SessionLease {
 public:
    SessionLease(SessionLease&& other) noexcept;
    SessionLease& operator=(SessionLease&& other) noexcept;
    ~SessionLease();

    // object is E100 to E103; 0000 after a move.
    [[nodiscard]] ObjectId object() const noexcept;
    // number tells this lease from all others of the object, those of other processes too (modulo 2^32).
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

    // set_aside gives the object back with what is in it, and nobody else gets it within that time, 5 s at most: for a
    // holder that waits for somebody, who may not answer. Afterwards others take it when none is free that holds
    // nothing, the one that was set aside first before others. LockedDevice::lease_session_again takes it back. This
    // lease holds nothing then.
    void set_aside(std::chrono::milliseconds time) && noexcept;

 private:
    friend class Device;
    friend class LockedDevice;
    SessionLease(Device::Impl& impl, int index, std::uint32_t generation, std::uint32_t number)
        : impl_{&impl}, index_{index}, generation_{generation}, number_{number} {}
    Device::Impl* impl_;
    int index_;
    std::uint32_t generation_;  // of the process that took it
    std::uint32_t number_;
};

}  // namespace trustx
