// SPDX-License-Identifier: Apache-2.0
// What trustx-mqtt does without a subcommand: it publishes a message or the lines of standard input, and prints what
// it receives.
#pragma once

#include "commands/output_format.hpp"
#include "commands/printer.hpp"
#include "commands/publisher.hpp"
#include "session/application.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

struct Receiving {
    std::vector<std::string> filters;
    int qos = 1;
    unsigned count = 0;  // end after so many messages; 0: no end
    OutputFormat format;
    bool line_end = true;  // behind each message
};

class PublishSubscribe final : public Application {
 public:
    // output takes what is received.
    PublishSubscribe(Publisher::Parts publishing, Receiving receiving, int output);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connection_lost() override;
    void arrived(const Message& message) override;
    [[nodiscard]] std::size_t unwritten() const override { return output_.size(); }
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    [[nodiscard]] bool repeats_messages() const override { return true; }
    void ended(std::uint64_t id, const PublishOutcome& outcome) override;
    [[nodiscard]] std::optional<TimePoint> wakes_at() const override;
    void wake(TimePoint now) override;
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool connected) const override;
    void ready(int fd, short events) override;
    [[nodiscard]] std::optional<ExitCode> over() const override;
    void stop() override;
    [[nodiscard]] ExitCode code_now(bool ever_connected) const override;
    [[nodiscard]] std::string progress() const override;

 private:
    [[nodiscard]] bool received_enough() const;
    [[nodiscard]] ExitCode code_when_stopped() const;
    void check(const Result<void>& done);
    void fail(const Error& error);

    Publisher publisher_;
    Receiving receiving_;
    Printer output_;
    std::uint64_t received_ = 0;
    std::optional<TimePoint> drained_by_;  // set: told to end, and what is on its way may arrive until then
    std::optional<ExitCode> failed_;
};

}  // namespace trustx::mqtt
