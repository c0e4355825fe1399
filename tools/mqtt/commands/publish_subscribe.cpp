// SPDX-License-Identifier: Apache-2.0
#include "commands/publish_subscribe.hpp"

#include "commands/command_line.hpp"
#include "common/text/printable.hpp"
#include "session/advice.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

void add_message_options(CLI::App& program, MessageOptions& options) {
    auto* group = program.add_option_group("Messages");
    auto* topic = group->add_option("--topic", options.topic, "Topic to publish on")->type_name("TOPIC");
    auto* message =
        group->add_option("--message", options.message, "Payload (default: each line of standard input is one message)")
            ->type_name("TEXT")
            ->needs(topic);
    group->add_option("--repeat", options.repeat, "Send the message so many times, up to 1000000")
        ->type_name("N")
        ->needs(message)
        ->check(unnamed(CLI::Range(1U, 1'000'000U)));
    auto* subscribe =
        group->add_option("--subscribe", options.subscribe, "Topic filter to receive")->type_name("FILTER");
    group->add_option("--count", options.count, "End after so many received messages (default: until interrupted)")
        ->type_name("N")
        ->needs(subscribe)
        ->check(unnamed(CLI::PositiveNumber));
    group->add_option("--qos", options.qos, "0: at most once; 1: at least once")
        ->type_name("0|1")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(0, 1)));
}

// is_topic_filter follows MQTT 3.1.1 section 4.7.1. An empty text is none that was given.
bool is_topic_filter(const std::string& filter) {
    for (std::size_t begin = 0; begin <= filter.size();) {
        const auto end = std::min(filter.find('/', begin), filter.size());
        const auto level = filter.substr(begin, end - begin);
        const bool last = end == filter.size();
        const bool wildcard = level == "+" || (level == "#" && last);
        if (!wildcard && level.find_first_of("+#") != std::string::npos) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

void check_messages(const MessageOptions& options) {
    if (options.topic.empty() && options.subscribe.empty()) {
        throw CLI::ValidationError("give --topic to publish, --subscribe to receive, or both");
    }
    if (options.topic.find_first_of("+#") != std::string::npos) {
        throw CLI::ValidationError("--topic", "'" + options.topic + "' has a wildcard; only --subscribe takes those");
    }
    if (!is_topic_filter(options.subscribe)) {
        throw CLI::ValidationError("--subscribe", "'" + options.subscribe +
                                                      "' is no topic filter: # stands alone in the last level, + alone "
                                                      "in any");
    }
}

Outbox make_outbox(const MessageOptions& options) {
    if (options.topic.empty()) {
        return Outbox::nothing();
    }
    return options.message ? Outbox::repeated(*options.message, options.repeat) : Outbox::lines(STDIN_FILENO);
}

}  // namespace

void add_publish_subscribe(CLI::App& program, CommandLine& chosen) {
    const auto options = std::make_shared<MessageOptions>();
    add_message_options(program, *options);
    program.final_callback([options, &program, &chosen] {
        if (!program.get_subcommands().empty()) {
            return;
        }
        check_messages(*options);
        chosen.make = [options](const std::string& /*client_id*/) {
            return std::make_unique<PublishSubscribe>(*options, stdout);
        };
    });
}

PublishSubscribe::PublishSubscribe(MessageOptions options, std::FILE* output)
    : options_{std::move(options)}, output_{output}, outbox_{make_outbox(options_)} {}

std::vector<Subscription> PublishSubscribe::subscriptions() const {
    if (options_.subscribe.empty()) {
        return {};
    }
    return {{.filter = options_.subscribe, .qos = options_.qos}};
}

void PublishSubscribe::arrived(const Message& message) {
    if (received_enough()) {
        return;  // arrived between the last one asked for and the DISCONNECT
    }
    ++received_;
    // A terminal obeys what it gets; programs get the bytes as they came.
    const bool person_reads = ::isatty(::fileno(output_)) == 1;
    const auto shown = person_reads ? text::printable(message.payload) : message.payload;
    const bool written = std::fwrite(shown.data(), 1, shown.size(), output_) == shown.size() &&
                         std::fputc('\n', output_) != EOF && std::fflush(output_) == 0;
    if (!written) {
        fail({Cause::output, "write to standard output: " + std::system_category().message(errno), {}});
    }
}

std::optional<OutgoingMessage> PublishSubscribe::next() {
    auto message = outbox_.next();
    if (message) {
        message->topic = options_.topic;
        message->qos = options_.qos;
    }
    return message;
}

void PublishSubscribe::ended(std::uint64_t id, const PublishOutcome& outcome) {
    outbox_.ended(id, outcome.delivered());
}

std::vector<WatchedFd> PublishSubscribe::descriptors(bool connected) const {
    if (!connected || !outbox_.wants_input()) {
        return {};
    }
    return {{.fd = outbox_.fd(), .events = POLLIN}};
}

void PublishSubscribe::ready(int /*fd*/, short /*events*/) {
    if (const auto read = outbox_.read_input(); !read) {
        fail(read.error());
    }
}

std::optional<ExitCode> PublishSubscribe::over() const {
    if (failed_) {
        return failed_;
    }
    if (stopped_) {
        const bool nothing_promised = options_.count == 0 && outbox_.finished();
        return nothing_promised ? ExitCode::done : ExitCode::unfinished;
    }
    const bool receives_without_end = !options_.subscribe.empty() && options_.count == 0;
    const bool all_done = !receives_without_end && outbox_.finished() && received_enough();
    return all_done ? std::optional{ExitCode::done} : std::nullopt;
}

std::string PublishSubscribe::progress() const {
    return fmt::format("{} message(s) delivered, {} received", outbox_.delivered(), received_);
}

bool PublishSubscribe::received_enough() const {
    return options_.subscribe.empty() || (options_.count > 0 && received_ >= options_.count);
}

void PublishSubscribe::fail(const Error& error) {
    spdlog::error("{}", explain(error));
    failed_ = exit_code_of(error.cause);
}

}  // namespace trustx::mqtt
