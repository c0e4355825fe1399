// SPDX-License-Identifier: Apache-2.0
// Which thread and which process has which of the chip's session objects.
#include "common/no_cancellation.hpp"
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <utility>

namespace trustx {
namespace {

using namespace std::chrono_literals;

constexpr int session_count = object::session_4.value - object::session_1.value + 1;
constexpr Duration poll_pause = 5ms;

}  // namespace

Result<int> Device::Impl::lease_session() {
    const auto deadline = Deadline::after(*clock_, options_.lock_timeout);
    for (;;) {
        TRYV(lock_out_threads());
        const auto tried = try_any_session();
        thread_lock_.unlock();
        TRY(const auto leased, tried);
        if (leased) {
            return *leased;
        }
        if (deadline.passed(*clock_)) {
            return fail(Errc::lock_timeout, "wait for one of the four session objects");
        }
        clock_->sleep_for(poll_pause);
    }
}

Result<std::optional<int>> Device::Impl::try_any_session() {
    TRYV(open_process_lock());
    for (int index = 0; index < session_count; ++index) {
        const auto bit = 1U << static_cast<unsigned>(index);
        if ((leased_sessions_.load() & bit) != 0) {
            continue;
        }
        TRY(const auto claimed, process_lock_ ? process_lock_->try_session(index) : Result<bool>{true});
        if (claimed) {
            leased_sessions_.fetch_or(bit);
            session_resets_.at(static_cast<std::size_t>(index)) = resets();
            return index;
        }
    }
    return std::nullopt;
}

std::uint32_t Device::Impl::resets() const {
    return process_lock_ ? process_lock_->resets() : own_resets_;
}

void Device::Impl::note_reset() {
    ++own_resets_;
    if (process_lock_) {
        process_lock_->count_reset();
    }
}

std::optional<std::size_t> Device::Impl::leased(const std::optional<ObjectId>& object) const {
    if (!object || *object < object::session_1 || *object > object::session_4) {
        return std::nullopt;
    }
    const auto index = static_cast<std::size_t>(object->value - object::session_1.value);
    return (leased_sessions_.load() >> index & 1U) != 0 ? std::optional{index} : std::nullopt;
}

void Device::Impl::release_session(int index) noexcept {
    if (process_lock_) {
        process_lock_->release_session(index);
    }
    leased_sessions_.fetch_and(~(1U << static_cast<unsigned>(index)));
}

Result<SessionLease> Device::lease_session() {
    const NoCancellation uncancelled;
    TRY(const auto index, impl_->located(impl_->lease_session()).during("lease a session"));
    return SessionLease{*impl_, index, fork_generation()};
}

SessionLease::SessionLease(SessionLease&& other) noexcept
    : impl_{std::exchange(other.impl_, nullptr)}, index_{other.index_}, generation_{other.generation_} {}

SessionLease& SessionLease::operator=(SessionLease&& other) noexcept {
    const NoCancellation uncancelled;
    SessionLease taken{std::move(other)};
    std::swap(impl_, taken.impl_);
    std::swap(index_, taken.index_);
    std::swap(generation_, taken.generation_);
    return *this;
}

SessionLease::~SessionLease() {
    const NoCancellation uncancelled;
    if (impl_ != nullptr && generation_ == fork_generation()) {
        impl_->release_session(index_);
    }
}

ObjectId SessionLease::object() const noexcept {
    return impl_ == nullptr ? ObjectId{0} : ObjectId{static_cast<std::uint16_t>(object::session_1.value + index_)};
}

}  // namespace trustx
