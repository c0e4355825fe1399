// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt shadow watch: each delta on standard output, or for a program whose answer is reported.
#pragma once

#include "commands/handler_slot.hpp"
#include "commands/printer.hpp"
#include "requests/request.hpp"
#include "session/application.hpp"
#include "shadow/topics.hpp"
#include "shadow/watch.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

struct ShadowWatchOptions {
    std::string program;               // gets each delta; empty: they are printed
    std::chrono::seconds allowed{60};  // for one run of it
    bool documents = false;            // print whole documents, before and after each update, too
    unsigned count = 0;                // end after so many deltas; 0: no end
};

class ShadowWatchApplication final : public Application {
 public:
    ShadowWatchApplication(const ShadowTopics& topics, ShadowWatchOptions options, int output);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connected(bool session_present) override;
    void connection_lost() override { watch_.connection_lost(); }
    void arrived(const Message& message) override;
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    [[nodiscard]] std::optional<TimePoint> wakes_at() const override;
    void wake(TimePoint now) override;
    [[nodiscard]] std::size_t unwritten() const override { return output_.size(); }
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool connected) const override;
    void ready(int fd, short events) override;
    [[nodiscard]] std::optional<ExitCode> over() const override;
    void stop() override;
    [[nodiscard]] std::string progress() const override;

 private:
    void print(const Json& document);
    void check(const Result<void>& printed);
    void handle_what_waits();
    void start(const Delta& delta);
    void look_at_handler();
    void handler_ended(const process::Outcome& outcome);
    [[nodiscard]] bool enough() const { return options_.count > 0 && handled_ >= options_.count; }

    SystemClock clock_;
    Tokens tokens_;
    ShadowTopics topics_;
    ShadowWatchOptions options_;
    Printer output_;
    std::vector<std::string> proxy_;  // for the program
    ShadowWatch watch_;
    HandlerSlot handler_;
    std::uint64_t last_id_ = 0;
    unsigned handled_ = 0;
    bool stopped_ = false;
    bool output_failed_ = false;
};

}  // namespace trustx::mqtt
