// SPDX-License-Identifier: Apache-2.0
// Device and LockedDevice: the public interface of what device_impl.hpp declares.
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <utility>

namespace trustx {

std::unique_ptr<Device> Device::open(BusAddress address, DeviceOptions options) {
    return std::unique_ptr<Device>{new Device{std::make_unique<Impl>(std::move(address), std::move(options))}};
}

std::unique_ptr<Device> Device::with_bus(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options) {
    return std::unique_ptr<Device>{new Device{std::make_unique<Impl>(std::move(bus), clock, std::move(options))}};
}

Device::Device(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Device::~Device() = default;

Result<LockedDevice> Device::lock() {
    TRYV(impl_->lock().during(name()));
    return LockedDevice{*impl_, fork_generation()};
}

Result<void> Device::carry_out(const CommandCall& call) {
    TRY(auto locked, lock().during(call.operation()));
    return locked.carry_out(call);
}

Result<void> Device::reset() {
    TRY(const auto locked, lock().during("reset"));
    return impl_->reset().during(name()).during("reset");
}

const std::string& Device::name() const {
    return impl_->name();
}

std::optional<Error> Device::trace_trouble() const {
    return impl_->trace_trouble();
}

LockedDevice::LockedDevice(LockedDevice&& other) noexcept
    : impl_{std::exchange(other.impl_, nullptr)}, generation_{other.generation_} {}

LockedDevice& LockedDevice::operator=(LockedDevice&& other) noexcept {
    LockedDevice taken{std::move(other)};
    std::swap(impl_, taken.impl_);
    std::swap(generation_, taken.generation_);
    return *this;
}

LockedDevice::~LockedDevice() {
    // A lock that was held at the moment of a fork is the parent's to release.
    if (impl_ != nullptr && generation_ == fork_generation()) {
        impl_->unlock();
    }
}

Result<void> LockedDevice::carry_out(const CommandCall& call) {
    Result<void> done = impl_ == nullptr ? fail(Errc::not_locked) : impl_->carry_out(call);
    return std::move(done).during(call.operation());
}

void LockedDevice::note(std::string_view text) {
    if (impl_ != nullptr) {
        impl_->note(text);
    }
}

const std::string& LockedDevice::device_name() const {
    static const std::string& none = *new std::string;  // OpenSSL may still call when static objects are destroyed
    return impl_ == nullptr ? none : impl_->name();
}

}  // namespace trustx
