// SPDX-License-Identifier: Apache-2.0
// Which thread and which process has which of the chip's session objects.
#include "common/no_cancellation.hpp"
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <algorithm>
#include <utility>

namespace trustx {
namespace {

using namespace std::chrono_literals;

constexpr int session_count = object::session_4.value - object::session_1.value + 1;
constexpr Duration poll_pause = 2ms;

std::optional<int> first_unused(std::uint32_t used, const SetAsideMarks& marks, TimePoint now) {
    const auto order = in_order_of_lease(marks, now);
    const auto first = std::ranges::find_if(order, [used](const std::optional<int>& index) {
        return index && (used >> static_cast<unsigned>(*index) & 1U) == 0;
    });
    return first == order.end() ? std::nullopt : *first;
}

Result<int> index_of(ObjectId object) {
    if (object < object::session_1 || object > object::session_4) {
        return fail(Errc::argument_invalid, object.hex() + " is no session object");
    }
    return object.value - object::session_1.value;
}

tl::unexpected<Error> none_is_free() {
    return fail(Errc::lock_timeout, "wait for one of the four session objects");
}

}  // namespace

Result<int> Device::Impl::lease_session(Duration patience) {
    const auto deadline = Deadline::after(*clock_, patience);
    // A thread that holds the chip would wait for one that needs the chip to get on.
    if (thread_lock_.held_by_this_thread()) {
        return fail(Errc::already_locked);
    }
    // Threads wait behind each other, and the first of them behind other processes.
    switch (session_turn_.try_lock_for(patience)) {
        case FairThreadLock::Outcome::held_by_this_thread:
            return fail(Errc::already_locked);
        case FairThreadLock::Outcome::late:
            return none_is_free();
        case FairThreadLock::Outcome::locked:
            break;
    }
    auto leased = wait_for_session(deadline);
    session_turn_.unlock();
    return leased;
}

Result<int> Device::Impl::wait_for_session(Deadline deadline) {
    for (;;) {
        TRYV(lock_out_threads());
        const auto tried = try_any_session();
        const bool ends = !tried || *tried || deadline.passed(*clock_);
        if (ends && process_lock_) {
            process_lock_->stop_waiting_for_session();
        }
        thread_lock_.unlock();
        TRY(const auto leased, tried);
        if (leased) {
            return *leased;
        }
        if (ends) {
            return none_is_free();
        }
        clock_->sleep_until(std::min(clock_->now() + poll_pause, deadline.at));
    }
}

Result<std::optional<int>> Device::Impl::try_any_session() {
    TRYV(open_process_lock());
    const auto used = leased_sessions_.load();
    TRY(const auto claimed, process_lock_
                                ? process_lock_->try_any_session(session_count, used, *clock_)
                                : Result<std::optional<int>>{first_unused(used, own_set_aside_marks(), clock_->now())});
    if (claimed) {
        note_lease(*claimed);
        session_resets_.at(static_cast<std::size_t>(*claimed)) = resets();
    }
    return claimed;
}

void Device::Impl::note_lease(int index) {
    leased_sessions_.fetch_or(1U << static_cast<unsigned>(index));
    auto& claims = session_claims_.at(static_cast<std::size_t>(index));
    claims = process_lock_ ? process_lock_->session_claims(index).value_or(0) : claims + 1;
    set_aside_.at(static_cast<std::size_t>(index)) = 0;
}

SetAsideMarks Device::Impl::own_set_aside_marks() const noexcept {
    SetAsideMarks marks{};
    std::ranges::copy(set_aside_, marks.begin());
    return marks;
}

// The caller holds the chip. Since when the chip was not reset stays known: a command that needs what is gone says so.
Result<bool> Device::Impl::lease_session_again(int index, std::uint32_t number) {
    // Also one that another thread has not quite released.
    const bool used = (leased_sessions_.load() >> static_cast<unsigned>(index) & 1U) != 0;
    if (used) {
        return false;
    }
    TRY(const bool claimed, process_lock_ ? process_lock_->try_same_session(index, number, *clock_)
                                          : Result<bool>{session_claims(index) == number});
    if (claimed) {
        note_lease(index);
    }
    return claimed;
}

void Device::Impl::set_session_aside(int index, Duration time) noexcept {
    const auto until = clock_->now() + std::min<Duration>(time, longest_set_aside);
    if (process_lock_) {
        process_lock_->set_aside(index, until);
    } else {
        set_aside_.at(static_cast<std::size_t>(index)) = set_aside_mark(until);
    }
    leased_sessions_.fetch_and(~(1U << static_cast<unsigned>(index)));
}

bool Device::Impl::is_session_set_aside(int index, std::uint32_t number) const noexcept {
    const auto now = clock_->now();
    return process_lock_ ? process_lock_->is_set_aside(index, number, now)
                         : session_claims(index) == number &&
                               trustx::is_set_aside(set_aside_.at(static_cast<std::size_t>(index)), now);
}

void Device::Impl::stop_setting_session_aside(int index, std::uint32_t number) noexcept {
    if (process_lock_) {
        process_lock_->stop_setting_aside(index, number);
    } else if (session_claims(index) == number) {
        set_aside_.at(static_cast<std::size_t>(index)) = 0;
    }
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
    return lease_session(impl_->lock_timeout());
}

Result<SessionLease> Device::lease_session(std::chrono::milliseconds patience) {
    const NoCancellation uncancelled;
    TRY(const auto index, impl_->located(impl_->lease_session(patience)).during("lease a session"));
    return SessionLease{*impl_, index, fork_generation(), impl_->session_claims(index)};
}

Result<std::optional<SessionLease>> LockedDevice::lease_session_again(ObjectId object, std::uint32_t number) {
    const NoCancellation uncancelled;
    if (impl_ == nullptr || generation_ != fork_generation()) {
        return fail(Errc::not_locked);
    }
    TRY(const int index, index_of(object));
    TRY(const bool leased, impl_->located(impl_->lease_session_again(index, number)).during("lease a session again"));
    if (!leased) {
        return std::nullopt;
    }
    return SessionLease{*impl_, index, fork_generation(), impl_->session_claims(index)};
}

bool Device::is_set_aside(ObjectId object, std::uint32_t number) const noexcept {
    const auto index = index_of(object);
    return index && impl_->is_session_set_aside(*index, number);
}

void Device::stop_setting_aside(ObjectId object, std::uint32_t number) noexcept {
    if (const auto index = index_of(object)) {
        impl_->stop_setting_session_aside(*index, number);
    }
}

SessionLease::SessionLease(SessionLease&& other) noexcept
    : impl_{std::exchange(other.impl_, nullptr)},
      index_{other.index_},
      generation_{other.generation_},
      number_{other.number_} {}

SessionLease& SessionLease::operator=(SessionLease&& other) noexcept {
    const NoCancellation uncancelled;
    SessionLease taken{std::move(other)};
    std::swap(impl_, taken.impl_);
    std::swap(index_, taken.index_);
    std::swap(generation_, taken.generation_);
    std::swap(number_, taken.number_);
    return *this;
}

void SessionLease::set_aside(std::chrono::milliseconds time) && noexcept {
    const NoCancellation uncancelled;
    if (Device::Impl* const impl = std::exchange(impl_, nullptr); impl != nullptr && generation_ == fork_generation()) {
        impl->set_session_aside(index_, time);
    }
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
