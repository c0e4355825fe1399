// SPDX-License-Identifier: Apache-2.0
#include "server/paced_clock.hpp"

#include <charconv>

namespace trustx::sim {

namespace {

constexpr double slowest = 0.001;
constexpr double fastest = 1000;

}  // namespace

Result<std::unique_ptr<PacedClock>> PacedClock::parse(std::string_view text) {
    if (text == "real") {
        return std::make_unique<ScaledClock>();
    }
    if (text == "virtual") {
        return std::make_unique<SteppedClock>();
    }
    double factor = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, factor, std::chars_format::fixed);
    if (error != std::errc{} || std::string_view(rest, static_cast<std::size_t>(end - rest)) != "x" ||
        !(factor >= slowest && factor <= fastest)) {
        return fail("there is no clock \"" + std::string{text} +
                    "\"; it is real, virtual, or a factor from 0.001x to 1000x, such as 10x");
    }
    return std::make_unique<ScaledClock>(factor);
}

std::string ScaledClock::describe() const {
    if (factor_ == 1) {
        return "real";
    }
    std::string digits(32, '\0');
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), factor_);
    digits.resize(error == std::errc{} ? static_cast<std::size_t>(end - digits.data()) : 0);
    return digits + "x";
}

}  // namespace trustx::sim
