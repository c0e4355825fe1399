// SPDX-License-Identifier: Apache-2.0
// Session objects that were given back with something in them. For a time nobody but the former holder leases one; then
// those that hold nothing are leased first, and of the others the one that was given back first.
#pragma once

#include <trustx/clock.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace trustx {

// Longer than that nobody is kept from a session object that its holder does not lease again, whatever a mark says.
inline constexpr std::chrono::seconds longest_set_aside{5};

// A mark is until when a session object is set aside: the lower 32 bits of the steady clock's milliseconds, which all
// processes of a machine share. 0: it holds nothing.
using SetAsideMark = std::uint32_t;

[[nodiscard]] SetAsideMark set_aside_mark(TimePoint until) noexcept;
[[nodiscard]] bool is_set_aside(SetAsideMark mark, TimePoint now) noexcept;

// By session object. in_order_of_lease gives the indices of those that may be leased, and nothing for the others.
using SetAsideMarks = std::array<SetAsideMark, 4>;
[[nodiscard]] std::array<std::optional<int>, 4> in_order_of_lease(const SetAsideMarks& marks, TimePoint now) noexcept;

}  // namespace trustx
