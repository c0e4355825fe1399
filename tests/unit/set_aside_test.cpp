// SPDX-License-Identifier: Apache-2.0
#include "device/set_aside.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace std::chrono_literals;
using namespace trustx;

namespace {

std::vector<int> order(const SetAsideMarks& marks, TimePoint now) {
    std::vector<int> indices;
    for (const auto& index : in_order_of_lease(marks, now)) {
        if (index) {
            indices.push_back(*index);
        }
    }
    return indices;
}

}  // namespace

TEST_CASE("a session object is set aside until its time, and no longer than anybody may", "[set_aside]") {
    // Also where the clock's lower half wraps around meanwhile.
    const TimePoint start{GENERATE(std::chrono::milliseconds{12'345}, std::chrono::milliseconds{0xFFFF'FF00})};
    const auto mark = set_aside_mark(start + 1s);
    CHECK(is_set_aside(mark, start));
    CHECK(is_set_aside(mark, start + 999ms));
    CHECK_FALSE(is_set_aside(mark, start + 1s));
    CHECK_FALSE(is_set_aside(mark, start + 1h));
    CHECK(is_set_aside(set_aside_mark(start + longest_set_aside), start));
    CHECK(is_set_aside(set_aside_mark(start + 1ms + longest_set_aside), start));  // made just after the look
    CHECK_FALSE(is_set_aside(set_aside_mark(start + longest_mark + 1ms), start));
    CHECK_FALSE(is_set_aside(0, start));
    CHECK(set_aside_mark(TimePoint{std::chrono::milliseconds{std::int64_t{1} << 32}}) != 0);
}

TEST_CASE("what holds nothing is leased first, then what was set aside first", "[set_aside]") {
    const TimePoint now{std::chrono::milliseconds{0x1'0000'0100}};
    const auto ago = [&](std::chrono::milliseconds time) { return set_aside_mark(now - time); };
    CHECK(order({0, 0, 0, 0}, now) == std::vector{0, 1, 2, 3});
    CHECK(order({ago(1s), 0, ago(2s), 0}, now) == std::vector{1, 3, 2, 0});
    CHECK(order({ago(0s), ago(1min), ago(1h), ago(1ms)}, now) == std::vector{2, 1, 3, 0});
    CHECK(order({ago(-1s), ago(1s), ago(-2s), 0}, now) == std::vector{3, 1});
    CHECK(order({ago(-1s), ago(-1s), ago(-1s), ago(-1s)}, now).empty());
}
