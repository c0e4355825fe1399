// SPDX-License-Identifier: Apache-2.0
#include "jobs/runner.hpp"

#include "jobs/status_details.hpp"

#include <algorithm>
#include <utility>

namespace trustx::mqtt {
namespace {

Json reason(const std::string& text) {
    Json details = Json::object();
    details["reason"] = detail_text(text);
    return details;
}

std::string ending(const JobEnd& end) {
    switch (end.how) {
        case JobEnd::How::exited:
            return "the handler ended with status " + std::to_string(end.number);
        case JobEnd::How::by_signal:
            return "the handler was ended by signal " + std::to_string(end.number);
        case JobEnd::How::too_late:
            return "the handler did not end in time";
        case JobEnd::How::not_run:
            return "the handler could not be run";
        case JobEnd::How::interrupted:
            break;
    }
    return "the handler was interrupted";
}

JobStatus status_of(const JobEnd& end) {
    if (end.how != JobEnd::How::exited) {
        return JobStatus::failed;
    }
    return end.number == 0                            ? JobStatus::succeeded
           : end.number == JobRunner::status_rejected ? JobStatus::rejected
                                                      : JobStatus::failed;
}

Json details_of(const JobEnd& end) {
    auto details = status_details(end.details);
    if (status_of(end) != JobStatus::succeeded) {
        details["reason"] = detail_text(ending(end) + (end.complaint.empty() ? "" : ": " + end.complaint));
    }
    return details;
}

}  // namespace

JobRunner::JobRunner(Parts parts) : parts_{std::move(parts)}, topics_{parts_.thing} {}

// --- the connection --------------------------------------------------------------------------------------------------

void JobRunner::connected() {
    connected_ = true;
    doubtful_ = stage_ == Stage::working;  // it may have been cancelled meanwhile
    if (at_rest()) {
        look_for_work();
    }
}

void JobRunner::connection_lost() {
    connected_ = false;
    const bool lasting = request_ && (ask_ == Ask::progress || ask_ == Ask::report);
    if (lasting) {
        request_->connection_lost();
    } else {
        request_.reset();
    }
    if (at_rest()) {
        stage_ = Stage::idle;
    }
}

void JobRunner::arrived(std::string_view topic, std::string_view payload) {
    if (topic == topics_.notify_next()) {
        announced(payload);
    } else if (const auto answer = request_ ? request_->arrived(topic, payload) : std::nullopt) {
        answered(*answer);
    }
}

std::optional<Publication> JobRunner::next() {
    ask_what_is_due();
    return request_ ? request_->next() : std::nullopt;
}

std::optional<TimePoint> JobRunner::wakes_at() const {
    const bool progress_waits = connected_ && stage_ == Stage::working && progress_ && !request_;
    return earlier(earlier(attempt_at_, request_ ? request_->wakes_at() : std::nullopt),
                   progress_waits ? progress_after_ : std::nullopt);
}

void JobRunner::wake() {
    if (request_) {
        request_->wake();
    }
    if (attempt_at_ && parts_.clock.now() >= *attempt_at_) {
        attempt_at_.reset();
        if (connected_ && stage_ == Stage::idle) {
            look_for_work();
        }
    }
}

// --- requests --------------------------------------------------------------------------------------------------------

void JobRunner::ask(Ask what, std::string topic, Json body) {
    ask_ = what;
    request_.emplace(parts_.clock, std::move(topic), body, parts_.tokens.next());
}

void JobRunner::ask_about(Ask what, const std::string& job, std::int64_t number) {
    Json body = Json::object();
    body["includeJobDocument"] = true;
    if (number > 0) {
        body["executionNumber"] = number;
    }
    ask(what, topics_.get(job), std::move(body));
}

void JobRunner::look_for_work() {
    attempt_at_.reset();
    request_.reset();
    look_again_ = false;
    if (draining_) {
        stage_ = Stage::idle;
        return;
    }
    stage_ = Stage::looking;
    empty_ = false;
    if (const auto& record = parts_.journal.record()) {
        ask_about(Ask::settle, record->job, record->number);
    } else {
        ask_about(Ask::find, next_job, 0);
    }
}

void JobRunner::ask_to_start() {
    Json body = Json::object();
    if (parts_.step_timeout) {
        body["stepTimeoutInMinutes"] = *parts_.step_timeout;
    }
    ask(Ask::start, topics_.start_next(), std::move(body));
}

void JobRunner::ask_progress() {
    Json body = Json::object();
    body["status"] = to_string(JobStatus::in_progress);
    body["statusDetails"] = *std::exchange(progress_, {});
    body["expectedVersion"] = current_.version;
    body["executionNumber"] = current_.number;
    body["includeJobExecutionState"] = true;
    if (parts_.step_timeout) {
        body["stepTimeoutInMinutes"] = *parts_.step_timeout;
    }
    progress_after_ = parts_.clock.now() + between_progress;
    ask(Ask::progress, topics_.update(current_.job), std::move(body));
}

void JobRunner::ask_report() {
    Json body = Json::object();
    body["status"] = to_string(result_.status);
    body["statusDetails"] = result_.details;
    body["expectedVersion"] = current_.version;
    body["executionNumber"] = current_.number;
    ask(Ask::report, topics_.update(current_.job), std::move(body));
}

void JobRunner::ask_what_is_due() {
    if (request_ || !connected_) {
        return;
    }
    if (stage_ == Stage::reporting && !attempt_at_) {
        ask_report();
    } else if (stage_ == Stage::working && std::exchange(doubtful_, false)) {
        ask_about(Ask::still_wanted, current_.job, current_.number);
    } else if (stage_ == Stage::working && progress_ && !unwanted_ &&
               (!progress_after_ || parts_.clock.now() >= *progress_after_)) {
        ask_progress();
    }
}

// --- answers ---------------------------------------------------------------------------------------------------------

void JobRunner::announced(std::string_view payload) {
    const auto body = read_object(payload);
    const auto read = body ? read_execution(*body, parts_.thing) : ExecutionRead{};
    if (stage_ == Stage::working) {
        doubtful_ = doubtful_ || read.found != ExecutionRead::Found::one || !is_current(read.execution);
    } else if (stage_ == Stage::idle && connected_) {
        look_for_work();
    } else {
        look_again_ = true;
    }
}

void JobRunner::answered(const Answer& answer) {
    if (!answer.accepted && asks_for_patience(read_job_rejection(answer.body).code)) {
        request_->send_later();
        return;
    }
    request_.reset();
    switch (ask_) {
        case Ask::settle:
            return settled(answer);
        case Ask::find:
            return found(answer);
        case Ask::start:
            return started(answer);
        case Ask::still_wanted:
            return still_wanted(answer);
        case Ask::progress:
            return progress_answered(answer);
        case Ask::report:
            return report_answered(answer);
    }
}

void JobRunner::settled(const Answer& answer) {
    if (!answer.accepted) {
        const auto rejection = read_job_rejection(answer.body);
        return rejection.code == JobErrc::resource_not_found ? over({}) : wait_for_people(words(rejection));
    }
    const auto read = read_execution(answer.body, parts_.thing);
    if (read.found == ExecutionRead::Found::malformed) {
        return wait_for_people("the service describes a job in a way that is not understood");
    }
    if (read.found == ExecutionRead::Found::none || !is_recorded(read.execution)) {
        return over({});
    }
    settle(read.execution);
}

void JobRunner::settle(const JobExecution& execution) {
    const auto stage = parts_.journal.record()->stage;
    current_ = {execution.job, execution.number, execution.version};
    if (is_terminal(execution.status)) {
        over(execution.status);
    } else if (execution.status == JobStatus::queued) {
        // It was never started, or somebody queued it again; another one may be the next.
        forget();
    } else if (stage == JobRecord::Stage::finished) {
        result_ = *parts_.journal.record();
        stage_ = Stage::reporting;
    } else {
        begin(execution, stage == JobRecord::Stage::started);
    }
}

void JobRunner::found(const Answer& answer) {
    if (!answer.accepted) {
        return wait_for_people(words(read_job_rejection(answer.body)));
    }
    const auto read = read_execution(answer.body, parts_.thing);
    if (read.found == ExecutionRead::Found::malformed || is_terminal(read.execution.status)) {
        return wait_for_people("the service describes the next job in a way that is not understood");
    }
    if (read.found == ExecutionRead::Found::none) {
        stage_ = Stage::idle;
        empty_ = true;
        if (look_again_) {
            look_for_work();
        }
    } else if (read.execution.status == JobStatus::queued) {
        announce(read.execution);
    } else {
        begin(read.execution, true);  // somebody started it, perhaps we, with a journal that is lost
    }
}

void JobRunner::announce(const JobExecution& execution) {
    if (keep({.thing = parts_.thing, .job = execution.job, .number = execution.number})) {
        ask_to_start();
    }
}

void JobRunner::started(const Answer& answer) {
    if (!answer.accepted) {
        return wait_for_people(words(read_job_rejection(answer.body)));
    }
    const auto read = read_execution(answer.body, parts_.thing);
    if (read.found == ExecutionRead::Found::none) {
        return forget();  // it was taken away meanwhile
    }
    if (read.found == ExecutionRead::Found::malformed || read.execution.status != JobStatus::in_progress) {
        return wait_for_people("the service starts a job in a way that is not understood");
    }
    begin(read.execution, !is_recorded(read.execution));
}

void JobRunner::still_wanted(const Answer& answer) {
    const auto read = read_execution(answer.body, parts_.thing);
    const bool there = answer.accepted && read.found == ExecutionRead::Found::one && is_current(read.execution);
    if (there && read.execution.status == JobStatus::in_progress) {
        current_.version = read.execution.version;
    } else if (answer.accepted || read_job_rejection(answer.body).code == JobErrc::resource_not_found) {
        nobody_wants_it();
    }
}

void JobRunner::progress_answered(const Answer& answer) {
    if (answer.accepted) {
        const auto* state = object_member(answer.body, "executionState");
        const auto version = state == nullptr ? std::nullopt : integer_member(*state, "versionNumber");
        current_.version = version.value_or(current_.version + 1);
        return;
    }
    const auto rejection = read_job_rejection(answer.body);
    if (rejection.code == JobErrc::version_mismatch) {
        version_is(rejection);
    } else if (rejection.code == JobErrc::terminal_state_reached || rejection.code == JobErrc::resource_not_found) {
        nobody_wants_it();
    } else {
        parts_.notify(Level::warning, "tell the progress of job " + current_.job + ": " + words(rejection));
    }
}

// version_is takes what the service says of the execution, where a progress was told with an older version.
void JobRunner::version_is(const JobRejection& rejection) {
    if (rejection.status == JobStatus::in_progress && rejection.version) {
        current_.version = *rejection.version;
    } else if (rejection.status && is_terminal(*rejection.status)) {
        nobody_wants_it();
    } else {
        doubtful_ = true;
    }
}

void JobRunner::report_answered(const Answer& answer) {
    if (answer.accepted) {
        over(result_.status);
    } else {
        report_refused(read_job_rejection(answer.body));
    }
}

void JobRunner::report_refused(const JobRejection& rejection) {
    if (rejection.status && is_terminal(*rejection.status)) {
        return over(rejection.status);
    }
    switch (rejection.code) {
        case JobErrc::terminal_state_reached:
        case JobErrc::resource_not_found:
            return over({});
        case JobErrc::version_mismatch:
            if (rejection.version && *rejection.version != current_.version && ++other_versions_ < most_versions) {
                current_.version = *rejection.version;
                return;  // stays reporting: it is sent with this version
            }
            break;
        case JobErrc::invalid_request:
            if (!result_.details.empty()) {
                result_.details = Json::object();
                return;  // it is sent without what the handler said, which may be the reason
            }
            break;
        default:
            break;
    }
    other_versions_ = 0;
    wait_for_people("report job " + current_.job + ": " + words(rejection));
    stage_ = Stage::reporting;
}

// --- a job -----------------------------------------------------------------------------------------------------------

bool JobRunner::is_current(const JobExecution& execution) const {
    return execution.job == current_.job && execution.number == current_.number;
}

bool JobRunner::is_recorded(const JobExecution& execution) const {
    const auto& record = parts_.journal.record();
    return record && execution.job == record->job && execution.number == record->number;
}

void JobRunner::begin(const JobExecution& execution, bool resumed) {
    current_ = {execution.job, execution.number, execution.version};
    JobRecord record{.thing = parts_.thing, .job = execution.job, .number = execution.number};
    record.stage = JobRecord::Stage::started;
    record.starts = (is_recorded(execution) ? parts_.journal.record()->starts : 0) + 1;
    const auto operation = text_member(execution.document, "operation").value_or("");
    if (!is_operation(operation)) {
        return finish(JobStatus::rejected, reason("the job document has no operation whose name is allowed"));
    }
    auto program = parts_.handlers.find(operation);
    if (!program) {
        return finish(JobStatus::rejected,
                      reason("no handler for operation " + operation + ": " + program.error().code().message()));
    }
    if (record.starts > most_starts) {
        return finish(JobStatus::failed, reason("the handler was interrupted each of " + std::to_string(most_starts) +
                                                " times that it was started"));
    }
    if (draining_ || !keep(std::move(record))) {
        stage_ = Stage::idle;
        return;
    }
    stage_ = Stage::working;
    start_ =
        JobStart{execution.job, execution.number, operation, *std::move(program), write(execution.document), resumed};
}

std::optional<JobStart> JobRunner::take_start() {
    return std::exchange(start_, {});
}

void JobRunner::progress(const Json& details) {
    progress_ = status_details(details);
}

void JobRunner::ended(const JobEnd& end) {
    progress_.reset();
    if (std::exchange(unwanted_, false)) {
        forget();
    } else if (end.how == JobEnd::How::interrupted) {
        stage_ = Stage::idle;  // the record says that it was started: it is run again next time
        parts_.notify(Level::warning, "job " + current_.job + ": interrupted; it is run again at the next start");
    } else {
        finish(status_of(end), details_of(end));
    }
}

void JobRunner::finish(JobStatus status, Json details) {
    other_versions_ = 0;
    result_ = {.thing = parts_.thing, .job = current_.job, .number = current_.number};
    result_.stage = JobRecord::Stage::finished;
    result_.status = status;
    result_.details = std::move(details);
    parts_.notify(status == JobStatus::succeeded ? Level::news : Level::warning,
                  "job " + current_.job + ": " + std::string{to_string(status)} + " " + write(result_.details));
    stage_ = Stage::reporting;
    if (const auto kept = parts_.journal.write(result_); !kept) {
        parts_.notify(Level::error, kept.error().message());  // it is reported none the less, while it is known
    }
}

// over: the execution has come to its end at the service, or is no longer there.
void JobRunner::over(std::optional<JobStatus> at_service) {
    const auto& record = parts_.journal.record();
    const auto known = stage_ == Stage::reporting ? result_.status : record ? record->status : JobStatus::in_progress;
    if (record && known != at_service) {
        parts_.notify(Level::warning, "job " + record->job + ": the service has it as " +
                                          (at_service ? std::string{to_string(*at_service)} : "not there any more"));
    }
    forget();
}

void JobRunner::nobody_wants_it() {
    if (stage_ == Stage::working) {
        parts_.notify(Level::warning, "job " + current_.job + " is not wanted any more; its handler is ended");
        unwanted_ = true;
    } else {
        over({});
    }
}

void JobRunner::forget() {
    stage_ = Stage::idle;
    doubtful_ = false;
    if (const auto cleared = parts_.journal.clear(); !cleared) {
        return wait_for_people(cleared.error().message());
    }
    if (connected_) {
        look_for_work();
    }
}

bool JobRunner::keep(JobRecord record) {
    if (const auto kept = parts_.journal.write(std::move(record)); !kept) {
        wait_for_people(kept.error().message());
        return false;
    }
    return true;
}

void JobRunner::wait_for_people(const std::string& what) {
    parts_.notify(Level::error, "jobs: " + what + "; tried again in a minute");
    request_.reset();
    stage_ = Stage::idle;
    attempt_at_ = parts_.clock.now() + between_attempts;
}

void JobRunner::drain() {
    draining_ = true;
}

}  // namespace trustx::mqtt
