// SPDX-License-Identifier: Apache-2.0
// What trustx-mqtt does without a subcommand: it publishes a message or the lines of standard input, and prints what
// it receives.
#pragma once

#include "outbox.hpp"
#include "session/application.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

struct MessageOptions {
    std::string topic;                   // to publish on; empty: nothing is published
    std::optional<std::string> message;  // absent: the lines of standard input
    unsigned repeat = 1;                 // how often `message` is sent
    std::string subscribe;               // topic filter; empty: nothing is subscribed to
    unsigned count = 0;                  // end after so many received messages; 0: no end
    int qos = 1;
};

class PublishSubscribe final : public Application {
 public:
    // output takes the received payloads.
    PublishSubscribe(MessageOptions options, std::FILE* output);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void arrived(const Message& message) override;
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    void ended(std::uint64_t id, const PublishOutcome& outcome) override;
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool connected) const override;
    void ready(int fd, short events) override;
    [[nodiscard]] std::optional<ExitCode> over() const override;
    void stop() override { stopped_ = true; }
    [[nodiscard]] std::string progress() const override;

 private:
    [[nodiscard]] bool received_enough() const;
    void fail(const Error& error);

    MessageOptions options_;
    std::FILE* output_;
    Outbox outbox_;
    unsigned received_ = 0;
    bool stopped_ = false;
    std::optional<ExitCode> failed_;
};

}  // namespace trustx::mqtt
