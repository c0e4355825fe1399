// SPDX-License-Identifier: Apache-2.0
// Session objects that were given back with something in them. For a time nobody but the former holder leases one; then
// those that hold nothing are leased first, and of the others the one that was given back first.
#pragma once

#include <trustx/clock.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace trustx {

// A session object is set aside for so long at most.
inline constexpr std::chrono::seconds longest_set_aside{5};
// A mark that says more than this is none. It is more than that, because whoever reads it may have looked at the clock
// before it was made.
inline constexpr std::chrono::seconds longest_mark{6};

// A mark is until when a session object is set aside: the lower 32 bits of the steady clock's milliseconds, which
// the processes of a machine share, but for those in a time namespace of their own. 0: it holds nothing.
using SetAsideMark = std::uint32_t;

[[nodiscard]] SetAsideMark set_aside_mark(TimePoint until) noexcept;
[[nodiscard]] bool is_set_aside(SetAsideMark mark, TimePoint now) noexcept;

// By session object. in_order_of_lease gives the indices of those that may be leased, and nothing for the others.
using SetAsideMarks = std::array<SetAsideMark, 4>;
[[nodiscard]] std::array<std::optional<int>, 4> in_order_of_lease(const SetAsideMarks& marks, TimePoint now) noexcept;

}  // namespace trustx
