// SPDX-License-Identifier: Apache-2.0
// The service manager, which waits for notices from a service of Type=notify or notify-reload (sd_notify(3)). Nothing
// happens where there is none: NOTIFY_SOCKET is not set.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace trustx::mqtt {

class Manager {
 public:
    Manager();

    // Each tells the manager, at once and without waiting; that it cannot be reached is no error of the program.
    // false: it is there, and takes nothing at the moment.
    bool ready(const std::string& status);
    void status(const std::string& text);
    void reloading();
    void stopping();
    void alive();

    // alive_within is how often alive() has to be said: half of WatchdogSec=; nothing: it is not.
    [[nodiscard]] std::optional<std::chrono::microseconds> alive_within() const { return alive_within_; }

 private:
    static bool tell(const std::string& notice);

    std::optional<std::chrono::microseconds> alive_within_;
};

}  // namespace trustx::mqtt
