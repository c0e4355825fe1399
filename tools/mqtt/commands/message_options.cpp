// SPDX-License-Identifier: Apache-2.0
// The options of publishing and receiving, and what mosquitto_pub and mosquitto_sub call them.
#include "commands/command_line.hpp"
#include "commands/publish_subscribe.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/try.hpp"
#include "limits/aws_limits.hpp"
#include "limits/topic.hpp"
#include "outbox/memory_outbox.hpp"
#include "outbox/spool.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

struct MessageOptions {
    std::vector<std::string> topics;  // to publish on; none: nothing is published
    std::optional<std::string> message;
    std::string file;  // whose content is the message
    bool whole_input = false;
    bool lines = false;  // of standard input, as without any of these
    bool empty = false;
    bool retain = false;
    unsigned repeat = 1;

    std::vector<std::string> filters;  // to receive; none: nothing is subscribed to
    unsigned count = 0;
    std::string format = "%p";
    bool no_line_end = false;

    int qos = 1;
    SpoolSettings spool{};  // without a directory: messages are kept in memory
};

void add_spool_options(CLI::Option_group& group, SpoolSettings& spool, CLI::Option* topic) {
    auto* directory = group.add_option("--spool", spool.directory,
                                       "Keep messages in this directory until they are delivered, over restarts, too");
    directory->type_name("DIRECTORY")->needs(topic);
    group
        .add_option("--spool-size", spool.size,
                    "Size of the spool, at least 64KB; when it is full, input waits (default: 64MB)")
        ->type_name("SIZE")
        ->needs(directory)
        ->transform(unnamed(CLI::AsSizeValue(false)))
        ->check(unnamed(CLI::Range(std::uint64_t{65536}, std::uint64_t{1} << 40U)));
    const std::map<std::string, Overflow> drops{{"oldest", Overflow::drop_oldest}, {"newest", Overflow::drop_newest}};
    group.add_option("--spool-drop", spool.overflow, "Drop these messages when the spool is full, instead of waiting")
        ->type_name("oldest|newest")
        ->needs(directory)
        ->transform(unnamed(CLI::CheckedTransformer(drops)));
}

// The payload: one of these, or the lines of standard input.
void add_payload_options(CLI::Option_group& group, MessageOptions& options, CLI::Option* topic) {
    auto* message =
        group
            .add_option("-m,--message", options.message, "Payload (default: each line of standard input is a message)")
            ->type_name("TEXT");
    auto* file = group.add_option("-f,--file", options.file, "Take the payload from a file")->type_name("FILE");
    auto* whole = group.add_flag("-s,--stdin-file", options.whole_input, "Take the payload from standard input");
    auto* lines = group.add_flag("-l,--stdin-line", options.lines, "Each line of standard input is a message");
    auto* empty = group.add_flag("-n,--null-message", options.empty, "Publish an empty payload");
    const std::vector<CLI::Option*> payloads{message, file, whole, lines, empty};
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        payloads[i]->needs(topic);
        for (std::size_t other = 0; other < i; ++other) {
            payloads[i]->excludes(payloads[other]);
        }
    }
    group.add_option("--repeat", options.repeat, "Send the message N times, up to 1000000")
        ->type_name("N")
        ->needs(topic)
        ->excludes(lines)
        ->check(unnamed(CLI::Range(1U, 1'000'000U)));
}

void add_publishing_options(CLI::App& program, MessageOptions& options) {
    auto& group = *program.add_option_group("Publishing");
    auto* topic = group.add_option("-t,--topic", options.topics, "Topic to publish on; may be given several times")
                      ->type_name("TOPIC")
                      ->allow_extra_args(false);
    add_payload_options(group, options, topic);
    group.add_flag("-r,--retain", options.retain, "Let the broker keep the message for those who subscribe later")
        ->needs(topic);
    add_spool_options(group, options.spool, topic);
}

void add_receiving_options(CLI::App& program, MessageOptions& options) {
    auto& group = *program.add_option_group("Receiving");
    auto* subscribe =
        group.add_option("--subscribe", options.filters, "Topic filter to receive; may be given several times")
            ->type_name("FILTER")
            ->allow_extra_args(false);
    group.add_option("-C,--count", options.count, "End after N received messages (default: until interrupted)")
        ->type_name("N")
        ->needs(subscribe)
        ->check(unnamed(CLI::PositiveNumber));
    group
        .add_option("-F,--format", options.format,
                    "How a message is printed: %p payload, %t topic, and others of the manual (default: %p)")
        ->type_name("TEXT")
        ->needs(subscribe);
    group.add_flag("-N,--no-line-end", options.no_line_end, "Print no line end behind a message")->needs(subscribe);
    group.add_option("-q,--qos", options.qos, "Of both: 0: at most once; 1: at least once")
        ->type_name("0|1")
        ->capture_default_str()
        ->check(unnamed(CLI::Range(0, 1)));
}

void check_excess(const char* option, const std::optional<aws::Excess>& excess) {
    if (excess) {
        throw CLI::ValidationError(option, excess->text);
    }
}

void check_topics(const MessageOptions& options, bool aws) {
    for (const auto& topic : options.topics) {
        if (!is_topic(topic)) {
            throw CLI::ValidationError(
                "--topic", "'" + topic +
                               "' is no topic: that is not empty, UTF-8 without control characters, and has no "
                               "wildcard; only --subscribe takes those");
        }
        check_excess("--topic", aws ? aws::exceeded_by_topic(topic) : std::nullopt);
    }
    for (const auto& filter : options.filters) {
        if (!is_topic_filter(filter)) {
            throw CLI::ValidationError("--subscribe", "'" + filter +
                                                          "' is no topic filter: that is UTF-8 without control "
                                                          "characters; # stands alone in the last level, + alone in "
                                                          "any");
        }
        check_excess("--subscribe", aws ? aws::exceeded_by_filter(filter) : std::nullopt);
    }
    if (aws && options.filters.size() > aws::max_subscriptions) {
        throw CLI::ValidationError("--subscribe", "AWS IoT allows " + std::to_string(aws::max_subscriptions) +
                                                      " subscriptions on one connection");
    }
}

void check_messages(const MessageOptions& options, bool aws) {
    if (options.topics.empty() && options.filters.empty()) {
        throw CLI::ValidationError("give --topic to publish, --subscribe to receive, or both");
    }
    check_topics(options, aws);
    const bool repeats_input =
        options.repeat > 1 && !options.message && options.file.empty() && !options.whole_input && !options.empty;
    if (repeats_input) {
        throw CLI::ValidationError("--repeat",
                                   "give the message, by --message, --file, --stdin-file or --null-message");
    }
    if (!OutputFormat::parse(options.format)) {
        throw CLI::ValidationError("--format", "'" + options.format +
                                                   "' has a field that is none of %p %t %q %r %d %l "
                                                   "%x %U %I %%");
    }
    if (options.message) {
        check_excess("--message",
                     aws ? aws::exceeded_by(OutgoingMessage{.topic = {}, .payload = *options.message}) : std::nullopt);
    }
}

// whole_content reads a payload that is not one of lines. MQTT has room for 256 MiB, and brokers for far less.
Result<std::string> whole_content(const std::string& path) {
    constexpr std::size_t limit = std::size_t{16} << 20;
    std::string content;
    const auto read = files::for_each_piece(path, [&content, &path](ByteView piece) -> trustx::Result<void> {
        content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return content.size() > limit ? trustx::fail(InputErrc::malformed, path + " is longer than 16 MiB")
                                      : trustx::Result<void>{};
    });
    return read ? Result<std::string>{std::move(content)} : fail(Cause::input, read.error().message());
}

Result<Source> source_of(const MessageOptions& options) {
    if (options.topics.empty()) {
        return Source::nothing();
    }
    if (options.message) {
        return Source::repeated(*options.message, options.repeat);
    }
    if (options.empty) {
        return Source::repeated({}, options.repeat);
    }
    if (options.whole_input || !options.file.empty()) {
        return whole_content(options.whole_input ? "/dev/stdin" : options.file).map([&](std::string content) {
            return Source::repeated(std::move(content), options.repeat);
        });
    }
    return Source::lines(STDIN_FILENO);
}

Result<std::unique_ptr<Outbox>> outbox_of(const MessageOptions& options) {
    if (options.spool.directory.empty()) {
        return std::make_unique<MemoryOutbox>();
    }
    TRY(auto spool, Spool::open(options.spool));
    if (const auto held = spool->counters().held; held > 0) {
        spdlog::info("the spool has {} message(s) of an earlier run", held);
    }
    if (const auto kept = spool->counters().kept; kept > 0) {
        spdlog::warn("the spool has {} message(s) that the broker did not take, which are not sent", kept);
    }
    return spool;
}

Result<std::unique_ptr<Application>> make_application(const MessageOptions& options) {
    TRY(auto source, source_of(options));
    TRY(auto outbox, outbox_of(options));
    Publisher::Parts publishing{.source = std::move(source),
                                .outbox = std::move(outbox),
                                .forms = {},
                                .durable = !options.spool.directory.empty()};
    for (const auto& topic : options.topics) {
        publishing.forms.push_back({.topic = topic, .payload = {}, .qos = options.qos, .retain = options.retain});
    }
    Receiving receiving{.filters = options.filters,
                        .qos = options.qos,
                        .count = options.count,
                        .format = *OutputFormat::parse(options.format),
                        .line_end = !options.no_line_end};
    return std::make_unique<PublishSubscribe>(std::move(publishing), std::move(receiving), STDOUT_FILENO);
}

}  // namespace

void add_publish_subscribe(CLI::App& program, CommandLine& chosen) {
    const auto options = std::make_shared<MessageOptions>();
    add_publishing_options(program, *options);
    add_receiving_options(program, *options);
    chosen.otherwise = [options, &chosen] {
        check_messages(*options, chosen.options.aws);
        chosen.make = [options](const std::string& client_id) {
            options->spool.client_id = client_id;
            return make_application(*options);
        };
    };
}

}  // namespace trustx::mqtt
