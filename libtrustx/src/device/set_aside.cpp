// SPDX-License-Identifier: Apache-2.0
#include "device/set_aside.hpp"

#include <algorithm>

namespace trustx {
namespace {

std::uint32_t milliseconds_of(TimePoint moment) noexcept {
    using std::chrono::duration_cast;
    return static_cast<std::uint32_t>(duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count());
}

// The clock wraps around in 49 days, so only differences count.
std::uint32_t passed_since(SetAsideMark mark, TimePoint now) noexcept {
    return milliseconds_of(now) - mark;
}

}  // namespace

SetAsideMark set_aside_mark(TimePoint until) noexcept {
    return std::max(milliseconds_of(until), 1U);
}

bool is_set_aside(SetAsideMark mark, TimePoint now) noexcept {
    constexpr auto longest = static_cast<std::uint32_t>(std::chrono::milliseconds{longest_mark}.count());
    const auto left = mark - milliseconds_of(now);
    return mark != 0 && left != 0 && left <= longest;
}

std::array<std::optional<int>, 4> in_order_of_lease(const SetAsideMarks& marks, TimePoint now) noexcept {
    std::array<int, 4> indices{0, 1, 2, 3};
    std::ranges::stable_sort(indices, [&](int left, int right) {
        const auto mark = marks.at(static_cast<std::size_t>(left));
        const auto other = marks.at(static_cast<std::size_t>(right));
        return mark != 0 && other != 0 ? passed_since(mark, now) > passed_since(other, now) : mark == 0 && other != 0;
    });
    std::array<std::optional<int>, 4> order{};
    std::ranges::copy_if(indices, order.begin(),
                         [&](int index) { return !is_set_aside(marks.at(static_cast<std::size_t>(index)), now); });
    return order;
}

}  // namespace trustx
