// SPDX-License-Identifier: Apache-2.0
// The bus of a Device: opened at the first use, closed when it failed, opened again at the next use.
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <utility>

namespace trustx {

Result<void> Device::Impl::ensure_attached(Deadline deadline) {
    if (!bus_) {
        TRY(auto bus, open_bus(*address_, *clock_));
        bus_ = tracer_.watch(std::move(bus));
        link_.emplace(*bus_, *clock_);
    }
    if (link_->in_sync()) {
        return {};
    }
    auto attached =
        tracer_.attach([&] { return link_->attach(std::exchange(known_frame_size_, std::nullopt), deadline); });
    if (!attached) {
        drop_bus();
    }
    return attached;
}

// An adapter that was unplugged or a peer that went away comes back as another one.
void Device::Impl::drop_bus() {
    if (address_) {
        link_.reset();
        bus_.reset();
    }
}

Result<void> Device::Impl::reset() {
    auto done = tracer_.reset([&] { return link_->reset(command_deadline()); });
    if (!done) {
        drop_bus();
    }
    return done;
}

}  // namespace trustx
