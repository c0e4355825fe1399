// SPDX-License-Identifier: Apache-2.0
// What trustx-mqtt does without a subcommand: it publishes a message or the lines of standard input, and prints what
// it receives.
#pragma once

#include "commands/output_format.hpp"
#include "outbox/outbox.hpp"
#include "outbox/source.hpp"
#include "session/application.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace trustx::mqtt {

// Publishing is what is published: each payload on each topic.
struct Publishing {
    std::vector<std::string> topics;
    int qos = 1;
    bool retain = false;
    bool before_connected = false;  // the outbox keeps what comes before there is a connection
};

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
    PublishSubscribe(Publishing publishing, Source source, std::unique_ptr<Outbox> outbox, Receiving receiving,
                     std::FILE* output);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connected(bool session_present) override;
    void connection_lost() override;
    void arrived(const Message& message) override;
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
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
    void accept_waiting();
    [[nodiscard]] std::vector<OutgoingMessage> messages_of(const std::vector<std::string>& payloads) const;
    [[nodiscard]] bool received_enough() const;
    [[nodiscard]] ExitCode code_when_stopped() const;
    void fail(const Error& error);

    Publishing publishing_;
    Receiving receiving_;
    std::FILE* output_;
    Source source_;
    std::unique_ptr<Outbox> outbox_;
    std::set<std::uint64_t> in_flight_;
    std::uint64_t received_ = 0;
    bool connected_ = false;
    std::optional<TimePoint> drained_by_;  // set: told to end, and what is on its way may arrive until then
    std::optional<ExitCode> failed_;
};

}  // namespace trustx::mqtt
