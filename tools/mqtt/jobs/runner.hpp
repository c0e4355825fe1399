// SPDX-License-Identifier: Apache-2.0
// Jobs, one at a time: which is next, its handler, its progress, how it ended, and then the next. Each step is in the
// journal before it is taken, so that the end of the program at any moment neither loses a job, nor does one twice
// without need, nor reports a success that was none:
//
//     ended before       the record says   the service says   next time
//     start-next         announced         QUEUED             start-next
//     start-next is in   announced         IN_PROGRESS        the handler is run: it never was
//     the handler ended  started           IN_PROGRESS        the handler is run once more, and told so
//     the report         finished          IN_PROGRESS        the report is sent
//     the report is in   finished          that status        nothing is left to do
//
// Only the third costs a second run: nobody can know how far the handler came. aws-iot.md section 8.2 has the requests.
#pragma once

#include "jobs/execution.hpp"
#include "jobs/handlers.hpp"
#include "jobs/journal.hpp"
#include "jobs/topics.hpp"
#include "requests/notice.hpp"
#include "requests/request.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

// JobStart is a handler to be run.
struct JobStart {
    std::string job;
    std::int64_t number = 0;  // of the execution
    std::string operation;
    std::string program;
    std::string document;  // JSON, in one line
    bool resumed = false;  // it may have been run before, in part or to its end
};

// JobEnd is how it ended.
struct JobEnd {
    enum class How : std::uint8_t { exited, by_signal, too_late, not_run, interrupted };
    How how = How::exited;
    int number = 0;                 // the exit status, or the signal
    std::string complaint{};        // for people
    Json details = Json::object();  // the last that it said
};

class JobRunner {
 public:
    static constexpr int status_rejected = 65;                   // EX_DATAERR of sysexits(3): the document is no good
    static constexpr unsigned most_versions = 3;                 // in a row that a report is sent with at once
    static constexpr unsigned most_starts = 5;                   // of a handler that never comes to an end
    static constexpr std::chrono::seconds between_progress{5};   // reports; what comes in between is replaced
    static constexpr std::chrono::seconds between_attempts{60};  // where something is wrong that only people mend

    struct Parts {
        const Clock& clock;
        std::string thing;
        Tokens& tokens;
        JobJournal& journal;
        const Handlers& handlers;
        Notify notify;
        std::optional<int> step_timeout;  // minutes in which the service wants to hear of a job, or gives it up
    };
    explicit JobRunner(Parts parts);

    [[nodiscard]] std::vector<std::string> filters() const { return topics_.filters(); }

    void connected();
    void connection_lost();
    void arrived(std::string_view topic, std::string_view payload);
    std::optional<Publication> next();
    [[nodiscard]] std::optional<TimePoint> wakes_at() const;
    void wake();

    // take_start is a handler to be run now; ended() must follow. Until then progress() may.
    std::optional<JobStart> take_start();
    void progress(const Json& details);
    void ended(const JobEnd& end);
    // unwanted: the handler that runs is to be ended; nobody wants its result any more.
    [[nodiscard]] bool unwanted() const { return unwanted_; }

    // drain: no other job is started.
    void drain();
    // at_rest: no handler is running, and none has ended without its report being answered.
    // empty: the service was asked, and has no job for this thing.
    [[nodiscard]] bool empty() const { return empty_; }
    [[nodiscard]] bool at_rest() const { return stage_ != Stage::working && stage_ != Stage::reporting; }

 private:
    enum class Stage : std::uint8_t { idle, looking, working, reporting };
    // What the request under way asks.
    enum class Ask : std::uint8_t { settle, find, start, still_wanted, progress, report };
    struct Current {
        std::string job;
        std::int64_t number = 0;
        std::int64_t version = 0;
    };

    void look_for_work();
    void ask(Ask what, std::string topic, Json body);
    void ask_about(Ask what, const std::string& job, std::int64_t number);
    void ask_to_start();
    void ask_progress();
    void ask_report();
    void ask_what_is_due();

    void announced(std::string_view payload);
    void answered(const Answer& answer);
    void settled(const Answer& answer);
    void settle(const JobExecution& execution);
    void found(const Answer& answer);
    void started(const Answer& answer);
    void still_wanted(const Answer& answer);
    void progress_answered(const Answer& answer);
    void report_answered(const Answer& answer);
    void report_refused(const JobRejection& rejection);
    void version_is(const JobRejection& rejection);

    void announce(const JobExecution& execution);
    void begin(const JobExecution& execution, bool resumed);
    void finish(JobStatus status, Json details);
    void over(std::optional<JobStatus> at_service);
    void nobody_wants_it();
    void forget();
    void wait_for_people(const std::string& what);
    bool keep(JobRecord record);
    [[nodiscard]] bool is_current(const JobExecution& execution) const;
    [[nodiscard]] bool is_recorded(const JobExecution& execution) const;

    Parts parts_;
    JobTopics topics_;
    bool connected_ = false;
    bool draining_ = false;
    Stage stage_ = Stage::idle;
    Ask ask_ = Ask::find;
    std::optional<Request> request_;
    bool empty_ = false;
    bool look_again_ = false;  // news came while the service was being asked
    Current current_;
    JobRecord result_;             // what is being reported
    unsigned other_versions_ = 0;  // that it was refused for
    std::optional<JobStart> start_;
    std::optional<Json> progress_;
    std::optional<TimePoint> progress_after_;
    bool doubtful_ = false;  // whether the job is still wanted
    bool unwanted_ = false;
    std::optional<TimePoint> attempt_at_;
};

}  // namespace trustx::mqtt
