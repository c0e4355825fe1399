// SPDX-License-Identifier: Apache-2.0
#include "service/service_observer.hpp"

#include "common/files/file_store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

constexpr std::chrono::seconds between_reports{10};

const char* name_of(Phase phase) {
    switch (phase) {
        case Phase::connecting:
            return "connecting";
        case Phase::connected:
            return "connected";
        case Phase::waiting:
            return "waiting";
        case Phase::reloading:
            return "reloading";
        case Phase::stopping:
            return "stopping";
        default:
            return "ended";
    }
}

}  // namespace

std::string status_json(const View& view, const std::string& client_id) {
    const auto& counted = view.counters;
    const nlohmann::ordered_json status{{"client_id", client_id},
                                        {"state", name_of(view.phase)},
                                        {"status", view.text},
                                        {"counters",
                                         {{"attempts", counted.attempts},
                                          {"connections", counted.connections},
                                          {"key_uses", counted.key_uses},
                                          {"lost", counted.lost},
                                          {"taken_over", counted.taken_over},
                                          {"published", counted.published},
                                          {"delivered", counted.delivered},
                                          {"refused", counted.refused},
                                          {"received", counted.received},
                                          {"reloads", counted.reloads}}}};
    // What a broker or a certificate says need not be UTF-8.
    return status.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void ServiceObserver::look(const View& view, TimePoint now) {
    if (manager_.alive_within() && (!alive_at_ || now >= *alive_at_)) {
        manager_.alive();
        alive_at_ = now + std::chrono::duration_cast<TimePoint::duration>(*manager_.alive_within());
    }
    news_ = news_ || view.counters != counters_;
    counters_ = view.counters;
    const bool changed = phase_ != view.phase;
    if (changed) {
        change_phase(view);
    }
    if (view.phase == Phase::connected && !ready_) {
        ready_ = manager_.ready(view.text);
    }
    if (changed || (news_ && (!reported_at_ || now >= *reported_at_ + between_reports))) {
        say(view);
        write_file(view);
        news_ = false;
        reported_at_ = now;
    }
}

void ServiceObserver::change_phase(const View& view) {
    phase_ = view.phase;
    switch (view.phase) {
        case Phase::reloading:
            ready_ = false;
            manager_.reloading();
            break;
        case Phase::stopping:
        case Phase::ended:
            if (!std::exchange(stopping_, true)) {
                manager_.stopping();
            }
            break;
        default:
            break;
    }
}

void ServiceObserver::say(const View& view) {
    manager_.status(view.text + "; " + view.progress);
}

void ServiceObserver::write_file(const View& view) {
    if (settings_.status_file.empty()) {
        return;
    }
    auto content = status_json(view, settings_.client_id);
    if (content == written_) {
        return;
    }
    files::DiskStore disk;
    if (const auto done = disk.write(settings_.status_file, content, files::Access::everybody); !done) {
        spdlog::warn("the status file is not written: {}", done.error().message());
        settings_.status_file.clear();  // said once
        return;
    }
    written_ = std::move(content);
}

std::optional<Observer::TimePoint> ServiceObserver::looks_at() const {
    std::optional<TimePoint> at = alive_at_;
    if (news_ && reported_at_) {
        const auto report = *reported_at_ + between_reports;
        at = at ? std::min(*at, report) : report;
    }
    return at;
}

}  // namespace trustx::mqtt
