// SPDX-License-Identifier: Apache-2.0
// Watches a session for the service manager and for a file of counters, which monitoring programs read.
#pragma once

#include "service/manager.hpp"
#include "session/observer.hpp"

#include <optional>
#include <string>
#include <utility>

namespace trustx::mqtt {

class ServiceObserver final : public Observer {
 public:
    struct Settings {
        std::string client_id;
        std::string status_file;  // empty: none
    };

    explicit ServiceObserver(Settings settings) : settings_{std::move(settings)} {}

    // The manager is told that the service is ready when it is connected for the first time, and again after each
    // reload; its status line at each change of state, and with new counters every ten seconds at most, as is the file.
    void look(const View& view, TimePoint now) override;
    [[nodiscard]] std::optional<TimePoint> looks_at() const override;

 private:
    void say(const View& view);
    void change_phase(const View& view);
    void write_file(const View& view);

    Settings settings_;
    Manager manager_;
    std::optional<Phase> phase_;  // that was told last
    bool ready_ = false;          // was said, and no reload since
    bool stopping_ = false;       // was said
    std::string written_;         // what is in the file
    std::optional<TimePoint> reported_at_;
    std::optional<TimePoint> alive_at_;
    bool news_ = false;  // counters have changed since the last report
    Counters counters_;
};

// status_json is the content of the file: an object with client_id, state (connecting, connected, waiting, reloading,
// stopping, ended), status for people, and counters.
std::string status_json(const View& view, const std::string& client_id);

}  // namespace trustx::mqtt
