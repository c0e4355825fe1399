// SPDX-License-Identifier: Apache-2.0
// Reports to Device Defender: as a command, or beside what another command does, over the same connection.
#pragma once

#include "defender/network.hpp"
#include "defender/reporter.hpp"
#include "session/application.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

class MetricsApplication final : public Application {
 public:
    // Without an interval it is over after one report.
    MetricsApplication(std::string thing, std::optional<std::chrono::seconds> interval);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connected(bool /*session_present*/) override { reporter_.connected(); }
    void connection_lost() override { reporter_.connection_lost(); }
    void arrived(const Message& message) override { reporter_.arrived(message.topic, message.payload); }
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    [[nodiscard]] std::optional<TimePoint> wakes_at() const override { return reporter_.wakes_at(); }
    void wake(TimePoint /*now*/) override { reporter_.wake(); }
    [[nodiscard]] std::optional<ExitCode> over() const override;
    void stop() override { stopped_ = true; }
    [[nodiscard]] std::string progress() const override;

 private:
    [[nodiscard]] Json collect();

    SystemClock clock_;
    bool once_;
    MetricsReporter reporter_;
    std::optional<Traffic> traffic_;  // at the last report
    std::uint64_t last_id_ = 0;
    bool stopped_ = false;
};

// WithMetrics is an application with reports beside it; how it ends is the application's affair.
class WithMetrics final : public Application {
 public:
    WithMetrics(std::unique_ptr<Application> application, std::unique_ptr<MetricsApplication> metrics);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connected(bool session_present) override;
    void connection_lost() override;
    void arrived(const Message& message) override;
    [[nodiscard]] std::size_t unwritten() const override { return application_->unwritten(); }
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    void ended(std::uint64_t id, const PublishOutcome& outcome) override;
    [[nodiscard]] std::optional<TimePoint> wakes_at() const override;
    void wake(TimePoint now) override;
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool connected) const override;
    void ready(int fd, short events) override { application_->ready(fd, events); }
    [[nodiscard]] std::optional<ExitCode> over() const override { return application_->over(); }
    void stop() override { application_->stop(); }
    [[nodiscard]] ExitCode code_now(bool ever_connected) const override {
        return application_->code_now(ever_connected);
    }
    [[nodiscard]] std::string progress() const override { return application_->progress(); }

 private:
    std::unique_ptr<Application> application_;
    std::unique_ptr<MetricsApplication> metrics_;
};

}  // namespace trustx::mqtt
