// SPDX-License-Identifier: Apache-2.0
// Device and LockedDevice: the public interface of what device_impl.hpp declares. Each function that can wait or
// touches a descriptor postpones thread cancellation, and so do those of SessionLease.
#include "common/no_cancellation.hpp"
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <utility>

namespace trustx {

std::unique_ptr<Device> Device::open(BusAddress address, DeviceOptions options) {
    const NoCancellation uncancelled;
    auto impl = std::make_unique<Impl>(std::move(address), std::move(options));
    impl->open_now();
    return std::unique_ptr<Device>{new Device{std::move(impl)}};
}

std::unique_ptr<Device> Device::with_bus(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options) {
    const NoCancellation uncancelled;
    return std::unique_ptr<Device>{new Device{std::make_unique<Impl>(std::move(bus), clock, std::move(options))}};
}

Device::Device(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

Device::~Device() {
    const NoCancellation uncancelled;
    impl_.reset();
}

Result<LockedDevice> Device::lock() {
    const NoCancellation uncancelled;
    TRYV(impl_->located(impl_->lock()));
    return LockedDevice{*impl_, fork_generation()};
}

Result<void> Device::carry_out(const CommandCall& call) {
    const NoCancellation uncancelled;
    TRY(auto locked, lock().during(call.operation()));
    return locked.carry_out(call);
}

Duration Device::decryption_pause(unsigned most_failures) const noexcept {
    return impl_->decryption_pause(most_failures);
}

Result<void> Device::reset() {
    const NoCancellation uncancelled;
    TRYV(impl_->located(impl_->claim()).during("reset"));
    const LockedDevice locked{*impl_, fork_generation()};
    return impl_->located(impl_->reset()).during("reset");
}

const std::string& Device::name() const {
    return impl_->name();
}

std::optional<Error> Device::trace_trouble() const {
    return impl_->trace_trouble();
}

Result<void> Device::finish_recording() {
    const NoCancellation uncancelled;
    return impl_->finish_recording();
}

LockedDevice::LockedDevice(LockedDevice&& other) noexcept
    : impl_{std::exchange(other.impl_, nullptr)}, generation_{other.generation_} {}

LockedDevice& LockedDevice::operator=(LockedDevice&& other) noexcept {
    const NoCancellation uncancelled;
    LockedDevice taken{std::move(other)};
    std::swap(impl_, taken.impl_);
    std::swap(generation_, taken.generation_);
    return *this;
}

LockedDevice::~LockedDevice() {
    const NoCancellation uncancelled;
    // A lock that was held at the moment of a fork is the parent's to release.
    if (impl_ != nullptr && generation_ == fork_generation()) {
        impl_->unlock();
    }
}

Result<void> LockedDevice::carry_out(const CommandCall& call) {
    const NoCancellation uncancelled;
    Result<void> done = impl_ == nullptr ? fail(Errc::not_locked) : impl_->carry_out(call);
    return std::move(done).during(call.operation());
}

void LockedDevice::note(std::string_view text) {
    const NoCancellation uncancelled;
    if (impl_ != nullptr) {
        impl_->note(text);
    }
}

SecurityEvents LockedDevice::security_events() const {
    return impl_ == nullptr ? SecurityEvents{} : impl_->security_events();
}

const std::string& LockedDevice::device_name() const {
    static const std::string& none = *new std::string;  // OpenSSL may still call when static objects are destroyed
    return impl_ == nullptr ? none : impl_->name();
}

}  // namespace trustx
