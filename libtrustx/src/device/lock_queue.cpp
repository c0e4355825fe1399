// SPDX-License-Identifier: Apache-2.0
#include "device/lock_queue.hpp"

#include "common/io/no_size_signal.hpp"
#include "common/try.hpp"

#include <array>
#include <bit>
#include <cstddef>

#include <unistd.h>

namespace trustx {
namespace {

// Numbers begin again at 0 after the last one: half of them, those before a number, are ahead of it in the queue.
constexpr std::uint32_t numbers = std::uint32_t{1} << 20U;
constexpr std::uint32_t ahead = numbers / 2;
// More than can wait at a time: numbers that far behind have been served.
constexpr std::uint32_t long_served = 1024;
static_assert(queue_length > numbers);

// Places of the numbers in the file.
constexpr off_t next = 0;
constexpr off_t passed_over = 1;  // the first that is not

using NumberBytes = std::array<std::byte, sizeof(std::uint32_t)>;

// distance is how many draws lead from one number to another.
std::uint32_t distance(std::uint32_t from, std::uint32_t to) noexcept {
    return (to + numbers - from) % numbers;
}

}  // namespace

// Whatever stands in the file is a number: damage, a forged one or a full disk costs no more than the order of those
// that wait.
std::uint32_t LockQueue::load(off_t index) const noexcept {
    NumberBytes raw{};
    const auto size = static_cast<ssize_t>(raw.size());
    const bool known = ::pread(locks_.fd, raw.data(), raw.size(), place_.numbers_at + index * size) == size;
    return known ? std::bit_cast<std::uint32_t>(raw) % numbers : 0;
}

void LockQueue::store(off_t index, std::uint32_t number) const noexcept {
    const auto raw = std::bit_cast<NumberBytes>(number % numbers);
    const io::NoSizeSignal guard;
    static_cast<void>(
        !::pwrite(locks_.fd, raw.data(), raw.size(), place_.numbers_at + index * static_cast<off_t>(raw.size())));
}

Result<bool> LockQueue::anybody_waits() const {
    const auto from = load(passed_over);
    TRY(const bool none, none_between(from, (from + ahead) % numbers));
    return !none;
}

std::uint32_t LockQueue::draw_number() const {
    const auto number = load(next);
    store(next, number + 1);
    // Kept near, so that it never seems to be ahead.
    if (distance(load(passed_over), number) > ahead / 2) {
        store(passed_over, number + numbers - long_served);
    }
    return number;
}

Result<void> LockQueue::enter() {
    TRY(const bool drawing_is_ours, locks_.try_lock(drawing()));
    if (!drawing_is_ours) {
        return {};
    }
    const auto number = draw_number();
    const auto entered = locks_.try_lock(place(number));
    locks_.unlock(drawing());
    TRY(const bool place_is_ours, entered);
    if (place_is_ours) {
        number_ = number;
    }
    return {};
}

Result<bool> LockQueue::first() const {
    if (!number_) {
        return false;
    }
    const auto from = load(passed_over);
    return distance(from, *number_) < ahead ? none_between(from, *number_) : true;
}

void LockQueue::pass_over() const noexcept {
    store(passed_over, number_ ? *number_ : load(next));
}

// none_between looks at the numbers of [from, to), which may begin again in between.
Result<bool> LockQueue::none_between(std::uint32_t from, std::uint32_t to) const {
    if (from == to) {
        return true;  // a size of 0 would mean all bytes to the end
    }
    if (from > to) {
        TRY(const bool locked, locks_.others_lock(place(from), static_cast<off_t>(numbers - from)));
        return locked ? false : none_between(0, to);
    }
    TRY(const bool locked, locks_.others_lock(place(from), static_cast<off_t>(to - from)));
    return !locked;
}

void LockQueue::leave_if_passed_over() noexcept {
    if (number_ && distance(load(passed_over), *number_) >= ahead) {
        leave();
    }
}

void LockQueue::leave() noexcept {
    if (number_) {
        locks_.unlock(place(*number_));
        number_.reset();
    }
}

}  // namespace trustx
