// SPDX-License-Identifier: Apache-2.0
// The bus of a Device: opened at the first use, closed when it failed, opened again at the next use.
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <cerrno>
#include <utility>

namespace trustx {

Result<void> Device::Impl::ensure_open() {
    if (!bus_) {
        TRYV(attach_bus());
    }
    return {};
}

Result<void> Device::Impl::ensure_attached(Deadline deadline) {
    TRYV(ensure_open());
    if (link_->in_sync()) {
        return {};
    }
    auto attached =
        tracer_.attach([&] { return link_->attach(std::exchange(known_frame_size_, std::nullopt), deadline); });
    if (!attached && may_reset_after(attached.error())) {
        attached = reset().during("reset the chip, which does not answer");
    }
    if (!attached) {
        drop_bus();
    }
    return attached;
}

// The last resort. All others wait for the lock that this device holds, so none of them is in the middle of a command.
// A chip that hangs may also hold the data line low, which adapters report in these ways.
bool Device::Impl::may_reset_after(const Error& error) const {
    if (!bus_ || !bus_->resets_hung_chip()) {
        return false;
    }
    const bool bus_is_held = error == errno_code(ETIMEDOUT) || error == errno_code(EIO) || error == errno_code(EAGAIN);
    return error == Errc::no_chip || error == Errc::chip_hangs || bus_is_held;
}

Result<void> Device::Impl::attach_bus() {
    TRY(auto opened, open_bus(*address_, *clock_));
    bus_ = tracer_.watch(std::move(opened));
    link_.emplace(*bus_, *clock_);
    return {};
}

// What cannot be opened yet shows at the first use, which tries again.
void Device::Impl::open_now() {
    if (address_ && options_.keep_open) {
        static_cast<void>(open_process_lock());
        static_cast<void>(attach_bus());
    }
}

// An adapter that was unplugged or a peer that went away comes back as another one. A bus that has to stay open looks
// for that itself.
void Device::Impl::drop_bus() {
    if (address_ && options_.keep_open && bus_) {
        link_.emplace(*bus_, *clock_);
    } else if (address_) {
        link_.reset();
        bus_.reset();
    }
}

Result<void> Device::Impl::reset() {
    TRYV(ensure_open());
    auto done = tracer_.reset([&] { return link_->reset(command_deadline()); });
    // Also after a failure: the lines may have done their work.
    note_reset();
    if (!done) {
        drop_bus();
    }
    return done;
}

}  // namespace trustx
