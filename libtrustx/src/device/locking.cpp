// SPDX-License-Identifier: Apache-2.0
// The locks of a Device, first the one between threads, then the one between processes; and what a process learns from
// the one that had the chip before.
#include "base/random_number.hpp"
#include "common/try.hpp"
#include "device/device_impl.hpp"

namespace trustx {
namespace {

// Any value will do that no other Device has, but 0, which stands for none.
std::uint64_t random_user() {
    return random_number() | 1U;
}

}  // namespace

Device::Impl::Impl(BusAddress address, DeviceOptions options)
    : address_{std::move(address)},
      options_{std::move(options)},
      clock_{&system_clock_},
      name_{address_->chip().text()},
      user_{random_user()},
      tracer_{options_.trace, *clock_, name_} {}

Device::Impl::Impl(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options)
    : options_{std::move(options)},
      clock_{&clock},
      name_{bus->name()},
      user_{random_user()},
      tracer_{options_.trace, *clock_, name_},
      bus_{tracer_.watch(std::move(bus))} {
    link_.emplace(*bus_, *clock_);
}

Result<void> Device::Impl::claim() {
    const auto deadline = Deadline::after(*clock_, options_.lock_timeout);
    TRYV(lock_out_threads());
    if (auto locked = lock_out_processes(deadline); !locked) {
        thread_lock_.unlock();
        return locked;
    }
    auto learned = learn_from_record();
    if (!learned) {
        unlock();
    }
    return learned;
}

Result<void> Device::Impl::lock() {
    TRYV(claim());
    if (link_) {
        // Under the lock no other process uses the chip; before, a program that does not know the lock may have.
        link_->suspect_others();
    }
    auto ready = ensure_attached(command_deadline());
    if (!ready) {
        unlock();
    }
    return ready;
}

void Device::Impl::unlock() noexcept {
    if (bus_ && !options_.keep_open) {
        bus_->rest();
    }
    if (process_lock_) {
        const bool in_sync = link_ && link_->in_sync();
        // A record that cannot be written says "not in sync" still, which costs the next user three transfers.
        static_cast<void>(process_lock_->write_record(record(link_ ? link_->frame_size() : std::uint16_t{0}, in_sync)));
        process_lock_->unlock();
    }
    thread_lock_.unlock();
}

Result<void> Device::Impl::lock_out_threads() {
    switch (thread_lock_.try_lock_for(options_.lock_timeout)) {
        case FairThreadLock::Outcome::held_by_this_thread:
            return fail(Errc::already_locked);
        case FairThreadLock::Outcome::late:
            return fail(Errc::lock_timeout, "wait for the chip, used by another thread of this process");
        case FairThreadLock::Outcome::locked:
            break;
    }
    drop_what_was_inherited();
    return {};
}

void Device::Impl::drop_what_was_inherited() {
    if (generation_ == fork_generation() || !address_) {
        return;
    }
    // The parent goes on using the connection, the lock and the frame numbers: close our copies, tell the chip nothing.
    // What has to stay open is used in turn: the lock covers the bus.
    link_.reset();
    if (!options_.keep_open) {
        bus_.reset();
        process_lock_.reset();
    }
    if (bus_) {
        link_.emplace(*bus_, *clock_);
    }
    if (process_lock_) {
        process_lock_->continue_in_child();
    }
    leased_sessions_ = 0;
    user_ = random_user();
    generation_ = fork_generation();
}

Result<void> Device::Impl::lock_out_processes(Deadline deadline) {
    TRYV(open_process_lock());
    return process_lock_ ? process_lock_->lock(*clock_, deadline) : Result<void>{};
}

Result<void> Device::Impl::open_process_lock() {
    if (address_ && !process_lock_) {
        const auto owner = options_.keep_open ? LockOwner::process : LockOwner::description;
        TRY(auto opened, ProcessLock::open(options_.lock_directory, *address_, owner));
        process_lock_.emplace(std::move(opened));
    }
    return {};
}

Result<void> Device::Impl::learn_from_record() {
    if (!process_lock_) {
        return {};
    }
    const auto record = process_lock_->read_record();
    if (link_ && (record.user != user_ || !record.in_sync)) {
        link_->doubt();
    }
    if (record.user != 0 && record.user != user_) {
        security_log_.go_on_with(record.security, clock_->now());
        durations_.go_on_with(record.durations);
    }
    known_frame_size_.reset();
    if (record.in_sync && record.frame_size != 0) {
        known_frame_size_ = record.frame_size;
    }
    // Until unlock() says otherwise: should this process be killed, the next one knows.
    return process_lock_->write_record(this->record(0, false));
}

LinkRecord Device::Impl::record(std::uint16_t frame_size, bool in_sync) noexcept {
    return {.user = user_,
            .frame_size = frame_size,
            .in_sync = in_sync,
            .security = security_log_.state(),
            .durations = durations_.hints()};
}

}  // namespace trustx
