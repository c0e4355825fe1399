// SPDX-License-Identifier: Apache-2.0
#include "commands/jobs_run.hpp"

#include "commands/notices.hpp"
#include "commands/shadow_call.hpp"
#include "common/files/writers.hpp"
#include "common/text/as_bytes.hpp"

#include <csignal>
#include <stdexcept>
#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

constexpr std::chrono::seconds between_looks_at_mark{1};

// or_throw is for what must work before anything is connected.
template <class T>
T or_throw(trustx::Result<T> result) {
    if (!result) {
        throw std::runtime_error{result.error().message()};
    }
    return *std::move(result);
}

// A service manager may send SIGTERM to the whole unit: to a handler, too, that would have been given time.
JobEnd::How how(const process::Outcome& outcome, bool draining, bool interrupted) {
    switch (outcome.ending) {
        case process::Ending::exited:
            return JobEnd::How::exited;
        case process::Ending::by_signal:
            return draining && outcome.number == SIGTERM ? JobEnd::How::interrupted : JobEnd::How::by_signal;
        case process::Ending::too_late:
            return interrupted ? JobEnd::How::interrupted : JobEnd::How::too_late;
        case process::Ending::unknown:
            break;
    }
    return JobEnd::How::not_run;
}

}  // namespace

JobsApplication::JobsApplication(std::string thing, JobsOptions options)
    : tokens_{random_number},
      thing_{std::move(thing)},
      options_{std::move(options)},
      handlers_{or_throw(HandlerDirectory::open(options_.handlers))},
      journal_{or_throw(JobJournal::open(store_, options_.state, thing_))},
      mark_{options_.state},
      proxy_{proxy_setting()},
      runner_{{clock_, thing_, tokens_, journal_, handlers_, log_notice, options_.step_timeout}} {
    if (const auto ours = files::check_writers(options_.state); !ours) {
        throw std::runtime_error{ours.error().message()};
    }
}

std::vector<Subscription> JobsApplication::subscriptions() const {
    return subscriptions_to(runner_.filters());
}

void JobsApplication::connected(bool /*session_present*/) {
    runner_.connected();
}

void JobsApplication::arrived(const Message& message) {
    runner_.arrived(message.topic, message.payload);
    advance();
}

std::optional<OutgoingMessage> JobsApplication::next() {
    auto request = runner_.next();
    if (!request) {
        return std::nullopt;
    }
    return OutgoingMessage{
        .id = ++last_id_, .topic = std::move(request->topic), .payload = std::move(request->payload)};
}

std::optional<Application::TimePoint> JobsApplication::wakes_at() const {
    const auto drain = handler_.busy() || waiting_ ? drain_until_ : std::nullopt;
    return earlier(earlier(runner_.wakes_at(), handler_.wakes_at()),
                   earlier(looks_again_, interrupted_ ? std::nullopt : drain));
}

void JobsApplication::wake(TimePoint now) {
    runner_.wake();
    if (drain_until_ && now >= *drain_until_) {
        interrupted_ = true;
    }
    advance();
}

void JobsApplication::ready(int fd, short /*events*/) {
    handler_.readable(fd);
    advance();
}

// advance does what has become due, whatever it was that happened.
void JobsApplication::advance() {
    if (waiting_ && (!looks_again_ || clock_.now() >= *looks_again_)) {
        looks_again_.reset();
        begin(*std::exchange(waiting_, {}));
    }
    if (auto start = runner_.take_start()) {
        waits_until_ = clock_.now() + options_.allowed;
        begin(*start);
    }
    if (runner_.unwanted() || interrupted_) {
        handler_.stop();
    }
    look_at_handler();
}

void JobsApplication::begin(const JobStart& start) {
    if (interrupted_ || runner_.unwanted()) {
        runner_.ended({.how = JobEnd::How::interrupted});
        return;
    }
    const auto mark = start.resumed ? mark_.take_over() : mark_.fresh();
    if (!mark) {
        return not_run(mark.error().message());
    }
    if (*mark) {
        return run(start, *mark);
    }
    if (clock_.now() >= *waits_until_) {
        return not_run("something of the handler that was started before is still running");
    }
    if (!looks_again_) {
        spdlog::debug("job {}: something of the handler that was started before is still running", start.job);
    }
    waiting_ = start;
    looks_again_ = clock_.now() + between_looks_at_mark;
}

void JobsApplication::run(const JobStart& start, const UniqueFd& mark) {
    spdlog::info("job {}: {}{}", start.job, start.operation, start.resumed ? ", resumed" : "");
    details_ = Json::object();
    printed_ = {};
    auto environment = proxy_;
    for (auto setting :
         {"TRUSTX_THING=" + thing_, "TRUSTX_JOB_ID=" + start.job,
          "TRUSTX_JOB_EXECUTION=" + std::to_string(start.number), "TRUSTX_JOB_OPERATION=" + start.operation,
          std::string{"TRUSTX_JOB_RESUMED="} + (start.resumed ? "1" : "0")}) {
        environment.push_back(std::move(setting));
    }
    auto started = HandlerProcess::start({.words = {start.program},
                                          .input = start.document + "\n",
                                          .environment = std::move(environment),
                                          .held = mark.get()},
                                         clock_, options_.allowed);
    if (!started) {
        return not_run(start.program + ": " + started.error().code().message());
    }
    handler_.take(*std::move(started));
}

void JobsApplication::look_at_handler() {
    if (const auto outcome = handler_.ended()) {
        note_output(text::as_text(outcome->output));
        handler_ended(*outcome);
    } else if (handler_.busy()) {
        note_output(handler_.take_output());
    }
}

void JobsApplication::note_output(std::string_view output) {
    if (const auto object = printed_.add(output)) {
        details_ = *object;
        runner_.progress(details_);
    }
}

void JobsApplication::handler_ended(const process::Outcome& outcome) {
    if (const auto object = printed_.end()) {
        details_ = *object;
    }
    ++ended_;
    runner_.ended({how(outcome, drain_until_.has_value(), interrupted_), outcome.number, outcome.complaint, details_});
}

void JobsApplication::not_run(const std::string& why) {
    runner_.ended({.how = JobEnd::How::not_run, .complaint = why});
}

std::optional<ExitCode> JobsApplication::over() const {
    const bool may_end = drain_until_ || (options_.until_empty && runner_.empty());
    return may_end && runner_.at_rest() && !handler_.busy() ? std::optional{ExitCode::done} : std::nullopt;
}

void JobsApplication::stop() {
    if (!drain_until_) {
        drain_until_ = clock_.now() + options_.drain;
    }
    runner_.drain();
}

std::string JobsApplication::progress() const {
    return fmt::format("{} handler(s) ended", ended_);
}

}  // namespace trustx::mqtt
