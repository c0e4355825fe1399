// SPDX-License-Identifier: Apache-2.0
#include "commands/shadow_watch.hpp"

#include "commands/notices.hpp"
#include "commands/shadow_call.hpp"
#include "common/text/as_bytes.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

Json document_of(const Delta& delta) {
    Json document = Json::object();
    document["version"] = delta.version;
    document["state"] = delta.state;
    document["metadata"] = delta.metadata;
    return document;
}

}  // namespace

ShadowWatchApplication::ShadowWatchApplication(const ShadowTopics& topics, ShadowWatchOptions options, int output)
    : tokens_{random_number},
      topics_{topics},
      options_{std::move(options)},
      output_{output},
      proxy_{proxy_setting()},
      watch_{clock_, topics, tokens_, log_notice} {}

std::vector<Subscription> ShadowWatchApplication::subscriptions() const {
    auto filters = watch_.filters();
    if (options_.documents) {
        filters.push_back(topics_.documents());
    }
    return subscriptions_to(filters);
}

void ShadowWatchApplication::connected(bool /*session_present*/) {
    watch_.connected();
}

void ShadowWatchApplication::arrived(const Message& message) {
    if (options_.documents && message.topic == topics_.documents()) {
        if (const auto document = read_object(message.payload)) {
            print(*document);
        }
        return;
    }
    watch_.arrived(message.topic, message.payload);
    handle_what_waits();
}

std::optional<OutgoingMessage> ShadowWatchApplication::next() {
    auto request = watch_.next();
    if (!request) {
        return std::nullopt;
    }
    return OutgoingMessage{
        .id = ++last_id_, .topic = std::move(request->topic), .payload = std::move(request->payload)};
}

std::optional<Application::TimePoint> ShadowWatchApplication::wakes_at() const {
    return earlier(watch_.wakes_at(), handler_.wakes_at());
}

void ShadowWatchApplication::wake(TimePoint /*now*/) {
    watch_.wake();
    look_at_handler();
    handle_what_waits();
}

std::vector<WatchedFd> ShadowWatchApplication::descriptors(bool /*connected*/) const {
    auto watched = handler_.descriptors();
    for (const auto& one : output_.descriptors()) {
        watched.push_back(one);
    }
    return watched;
}

void ShadowWatchApplication::print(const Json& document) {
    check(output_.print_line(document));
}

void ShadowWatchApplication::check(const Result<void>& printed) {
    if (!printed && !output_failed_) {
        spdlog::error("{}", to_string(printed.error()));
    }
    output_failed_ = output_failed_ || !printed;
}

void ShadowWatchApplication::ready(int fd, short /*events*/) {
    if (output_.is(fd)) {
        check(output_.write());
        return;
    }
    handler_.readable(fd);
    look_at_handler();
    handle_what_waits();
}

void ShadowWatchApplication::handle_what_waits() {
    while (!stopped_ && !enough()) {
        const auto delta = watch_.take();
        if (!delta) {
            return;
        }
        start(*delta);
    }
}

void ShadowWatchApplication::start(const Delta& delta) {
    const auto document = document_of(delta);
    if (options_.program.empty()) {
        print(document);
        ++handled_;
        watch_.handled({});
        return;
    }
    auto started =
        HandlerProcess::start({.words = {options_.program}, .input = write(document) + "\n", .environment = proxy_},
                              clock_, options_.allowed);
    if (started) {
        handler_.take(*std::move(started));
    } else {
        spdlog::error("{} cannot be run: {}", options_.program, started.error().code().message());
        watch_.failed();
    }
}

void ShadowWatchApplication::look_at_handler() {
    if (const auto outcome = handler_.ended()) {
        handler_ended(*outcome);
    }
}

void ShadowWatchApplication::handler_ended(const process::Outcome& outcome) {
    const auto answer = text::as_text(outcome.output);
    const bool silent = answer.find_first_not_of(" \t\r\n") == std::string_view::npos;
    auto reported = silent ? std::nullopt : read_object(answer);
    if (!outcome.good() || (!silent && !reported)) {
        spdlog::error("{}: {}", options_.program,
                      outcome.good() ? "what it printed is no JSON object; nothing is reported" : outcome.text());
        watch_.failed();
        return;
    }
    ++handled_;
    spdlog::info("{}: the delta is handled; {}", options_.program,
                 reported ? "what it printed is reported" : "it reports nothing");
    watch_.handled(reported);
}

std::optional<ExitCode> ShadowWatchApplication::over() const {
    if (output_failed_) {
        return ExitCode::failed;
    }
    const bool finished = stopped_ || (enough() && output_.empty());
    return finished && !watch_.busy() ? std::optional{ExitCode::done} : std::nullopt;
}

void ShadowWatchApplication::stop() {
    stopped_ = true;
}

std::string ShadowWatchApplication::progress() const {
    return fmt::format("{} delta(s) handled", handled_);
}

}  // namespace trustx::mqtt
