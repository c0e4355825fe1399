// SPDX-License-Identifier: Apache-2.0
#include "service/manager.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>

#include <systemd/sd-daemon.h>

namespace trustx::mqtt {
namespace {

// A notice has a field in each line, so a text has none.
std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    constexpr std::uint64_t million = 1'000'000;
    return static_cast<std::uint64_t>(now.tv_sec) * million + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

Manager::Manager() {
    std::uint64_t period = 0;
    if (::sd_watchdog_enabled(0, &period) > 0) {
        alive_within_ = std::chrono::microseconds{period / 2};
    }
}

void Manager::ready(const std::string& status) {
    tell("READY=1\nSTATUS=" + one_line(status));
}

void Manager::status(const std::string& text) {
    tell("STATUS=" + one_line(text));
}

// notify-reload compares the time with that of its signal (sd_notify(3)).
void Manager::reloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
}

void Manager::stopping() {
    tell("STOPPING=1");
}

void Manager::alive() {
    tell("WATCHDOG=1");
}

void Manager::tell(const std::string& notice) {
    static_cast<void>(::sd_notify(0, notice.c_str()));
}

}  // namespace trustx::mqtt
