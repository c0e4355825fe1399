// SPDX-License-Identifier: Apache-2.0
#include "commands/metrics.hpp"

#include "commands/notices.hpp"
#include "commands/shadow_call.hpp"
#include "defender/security_events.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

// The session waits for the chip meanwhile: no longer than its connection can bear.
constexpr std::chrono::milliseconds chip_patience{2000};

std::int64_t seconds_since_1970() {
    return std::time(nullptr);
}

}  // namespace

MetricsApplication::MetricsApplication(std::string thing, std::optional<std::chrono::seconds> interval)
    : once_{!interval},
      reporter_{{clock_, std::move(thing), seconds_since_1970, [this] { return collect(); },
                 interval.value_or(MetricsReporter::shortest_interval), log_notice}} {}

std::vector<Subscription> MetricsApplication::subscriptions() const {
    return subscriptions_to(reporter_.filters());
}

std::optional<OutgoingMessage> MetricsApplication::next() {
    auto report = reporter_.next();
    if (!report) {
        return std::nullopt;
    }
    return OutgoingMessage{.id = ++last_id_, .topic = std::move(report->topic), .payload = std::move(report->payload)};
}

Json MetricsApplication::collect() {
    const auto network = read_network();
    Json body = Json::object();
    body["header"] = Json::object();
    body["metrics"] = network_metrics(network, std::exchange(traffic_, network.traffic));
    if (const auto events = read_security_events(chip_patience)) {
        Json value = Json::object();
        value["number"] = *events;
        body["custom_metrics"]["trustx_security_events"] = Json::array({value});
    } else {
        spdlog::warn("the report goes without the chip's security event counter: {}", events.error().message());
    }
    return body;
}

std::optional<ExitCode> MetricsApplication::over() const {
    if (stopped_ || (once_ && reporter_.accepted() > 0)) {
        return once_ && reporter_.accepted() == 0 ? ExitCode::unfinished : ExitCode::done;
    }
    return once_ && reporter_.rejected() > 0 ? std::optional{ExitCode::refused} : std::nullopt;
}

std::string MetricsApplication::progress() const {
    return fmt::format("{} report(s) accepted, {} rejected", reporter_.accepted(), reporter_.rejected());
}

WithMetrics::WithMetrics(std::unique_ptr<Application> application, std::unique_ptr<MetricsApplication> metrics)
    : application_{std::move(application)}, metrics_{std::move(metrics)} {}

std::vector<Subscription> WithMetrics::subscriptions() const {
    auto all = application_->subscriptions();
    for (auto& one : metrics_->subscriptions()) {
        all.push_back(std::move(one));
    }
    return all;
}

void WithMetrics::connected(bool session_present) {
    application_->connected(session_present);
    metrics_->connected(session_present);
}

void WithMetrics::connection_lost() {
    application_->connection_lost();
    metrics_->connection_lost();
}

void WithMetrics::arrived(const Message& message) {
    const bool to_metrics = std::ranges::any_of(metrics_->subscriptions(),
                                                [&](const Subscription& one) { return one.filter == message.topic; });
    if (to_metrics) {
        metrics_->arrived(message);
    } else {
        application_->arrived(message);
    }
}

// The ids of the two are told apart by their last bit.
std::optional<OutgoingMessage> WithMetrics::next() {
    if (auto report = metrics_->next()) {
        report->id = report->id << 1U | 1U;
        return report;
    }
    auto message = application_->next();
    if (message) {
        message->id <<= 1U;
    }
    return message;
}

void WithMetrics::ended(std::uint64_t id, const PublishOutcome& outcome) {
    if ((id & 1U) == 0) {
        application_->ended(id >> 1U, outcome);
    }
}

std::optional<Application::TimePoint> WithMetrics::wakes_at() const {
    return earlier(application_->wakes_at(), metrics_->wakes_at());
}

void WithMetrics::wake(TimePoint now) {
    application_->wake(now);
    metrics_->wake(now);
}

std::vector<WatchedFd> WithMetrics::descriptors(bool connected) const {
    return application_->descriptors(connected);
}

}  // namespace trustx::mqtt
