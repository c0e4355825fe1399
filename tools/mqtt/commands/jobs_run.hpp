// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt jobs run: a handler program for each job, one at a time.
#pragma once

#include "commands/handler_slot.hpp"
#include "common/files/file_store.hpp"
#include "handler/printed_objects.hpp"
#include "jobs/handler_mark.hpp"
#include "jobs/handlers.hpp"
#include "jobs/journal.hpp"
#include "jobs/runner.hpp"
#include "requests/request.hpp"
#include "session/application.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

struct JobsOptions {
    std::string handlers;                // directory
    std::string state;                   // directory
    std::chrono::seconds allowed{3600};  // for one run of a handler
    std::chrono::seconds drain{60};      // for the one that runs at the end
    std::optional<int> step_timeout;     // minutes
    bool until_empty = false;
};

class JobsApplication final : public Application {
 public:
    // Throws std::runtime_error, with the words for it, where a directory cannot be used.
    JobsApplication(std::string thing, JobsOptions options);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connected(bool session_present) override;
    void connection_lost() override { runner_.connection_lost(); }
    void arrived(const Message& message) override;
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    [[nodiscard]] std::optional<TimePoint> wakes_at() const override;
    void wake(TimePoint now) override;
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool /*connected*/) const override {
        return handler_.descriptors();
    }
    void ready(int fd, short events) override;
    [[nodiscard]] std::optional<ExitCode> over() const override;
    void stop() override;
    [[nodiscard]] std::string progress() const override;

 private:
    void advance();
    void begin(const JobStart& start);
    void run(const JobStart& start, const UniqueFd& mark);
    void look_at_handler();
    void note_output(std::string_view output);
    void handler_ended(const process::Outcome& outcome);
    void not_run(const std::string& why);

    SystemClock clock_;
    Tokens tokens_;
    std::string thing_;
    JobsOptions options_;
    files::DiskStore store_;
    HandlerDirectory handlers_;
    JobJournal journal_;
    HandlerMark mark_;
    std::vector<std::string> proxy_;  // for handlers
    JobRunner runner_;
    std::optional<JobStart> waiting_;       // for the end of an earlier handler, which has outlived its starter, ...
    std::optional<TimePoint> waits_until_;  // ... until then
    std::optional<TimePoint> looks_again_;
    HandlerSlot handler_;
    PrintedObjects printed_;
    Json details_ = Json::object();
    bool interrupted_ = false;
    std::optional<TimePoint> drain_until_;
    std::uint64_t last_id_ = 0;
    unsigned ended_ = 0;
};

}  // namespace trustx::mqtt
