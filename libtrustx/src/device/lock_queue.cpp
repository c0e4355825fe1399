// SPDX-License-Identifier: Apache-2.0
#include "device/lock_queue.hpp"

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
constexpr off_t first_place = off_t{1} << 20;
// The process that has this byte locked draws a number.
constexpr off_t drawing = first_place - 1;

using NumberBytes = std::array<std::byte, sizeof(std::uint32_t)>;

off_t place(std::uint32_t number) noexcept {
    return first_place + static_cast<off_t>(number);
}

}  // namespace

Result<bool> LockQueue::anybody_waits() const {
    return others_lock(fd_, first_place, 0);
}

// Any content of the file is a number: damage, or a full disk, affects only the order of those that wait.
std::uint32_t LockQueue::draw_number() const {
    NumberBytes raw{};
    const bool known = ::pread(fd_, raw.data(), raw.size(), number_at_) == static_cast<ssize_t>(raw.size());
    const auto number = known ? std::bit_cast<std::uint32_t>(raw) % numbers : 0;
    raw = std::bit_cast<NumberBytes>((number + 1) % numbers);
    static_cast<void>(!::pwrite(fd_, raw.data(), raw.size(), number_at_));
    return number;
}

Result<void> LockQueue::enter() {
    TRY(const bool drawing_is_ours, try_lock_byte(fd_, drawing));
    if (!drawing_is_ours) {
        return {};
    }
    const auto number = draw_number();
    const auto entered = try_lock_byte(fd_, place(number));
    unlock_byte(fd_, drawing);
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
    const auto from = (*number_ + numbers - ahead) % numbers;
    if (from < *number_) {
        return none_between(from, *number_);
    }
    TRY(const bool none_before_the_turn, none_between(from, numbers));
    return none_before_the_turn ? none_between(0, *number_) : false;
}

Result<bool> LockQueue::none_between(std::uint32_t from, std::uint32_t to) const {
    if (from == to) {
        return true;  // a size of 0 would mean all bytes to the end
    }
    TRY(const bool locked, others_lock(fd_, place(from), static_cast<off_t>(to - from)));
    return !locked;
}

void LockQueue::leave() noexcept {
    if (number_) {
        unlock_byte(fd_, place(*number_));
        number_.reset();
    }
}

}  // namespace trustx
