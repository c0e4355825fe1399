// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/paho_port.hpp"

#include "aws/enrolment/connection_fault.hpp"
#include "aws/enrolment/connection_settings.hpp"
#include "aws/enrolment/endpoint_name.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "connection/credentials.hpp"
#include "connection/explain.hpp"
#include "connection/paho_connection.hpp"
#include "connection/paho_trace.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <poll.h>

namespace trustx::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds farewell{2000};
constexpr milliseconds patience_of_probes{10'000};

InputErrc input_code(mqtt::Cause cause) {
    switch (cause) {
        case mqtt::Cause::key_mismatch:
            return InputErrc::key_mismatch;
        case mqtt::Cause::provider_not_loaded:
            return InputErrc::check_failed;
        default:
            return InputErrc::malformed;
    }
}

// explained costs no use of the key.
mqtt::Error explained(const mqtt::ConnectFailed& failure, const Presented& presented, milliseconds patience) {
    const mqtt::ProbeTarget target{.host = presented.endpoint.host,
                                   .port = presented.endpoint.port,
                                   .ca_file = presented.ca_file,
                                   .alpn = alpn_for(presented.endpoint),
                                   .certificate_file = {},
                                   .key_file = {}};
    const mqtt::Addressee to{.host = presented.endpoint.host,
                             .port = presented.endpoint.port,
                             .certificate = presented.certificate_name,
                             .ca_file = presented.ca_file,
                             .client_id = presented.client_id};
    return mqtt::explain(failure, to,
                         {.anonymous = [&] { return mqtt::probe(target, patience); }, .with_credentials = {}});
}

// judge reads the events of a connection that is being made; nothing: it is not decided yet.
std::optional<Acceptance> judge(const mqtt::Event& event, const Presented& presented, milliseconds patience) {
    if (std::holds_alternative<mqtt::Connected>(event)) {
        return Acceptance{};
    }
    if (const auto* failure = std::get_if<mqtt::ConnectFailed>(&event)) {
        return acceptance_after(explained(*failure, presented, patience), alerts_of(*failure));
    }
    return std::nullopt;
}

// unanswered_connect is for an attempt whose time is up: what the network says of itself comes first.
Acceptance unanswered_connect(const Presented& presented, milliseconds patience) {
    const auto error = explained({}, presented, patience);
    return error.cause != mqtt::Cause::closed
               ? acceptance_after(error, {})
               : Acceptance{.answer = Acceptance::Answer::later,
                            .why = "no answer to CONNECT from " + presented.endpoint.text() +
                                   " in time; check that it is an MQTT broker which listens there"};
}

void wait_for(const mqtt::EventQueue& events, Duration left) {
    constexpr milliseconds most{1000};
    pollfd waiting{.fd = events.fd(), .events = POLLIN, .revents = 0};
    const auto time = std::min(most, std::chrono::ceil<milliseconds>(left));
    ::poll(&waiting, 1, static_cast<int>(time.count()));
}

// Talk is a connection with its events. Paho's threads push those, so they come first.
class Talk final : public Conversation {
 public:
    Talk(const Clock& clock, const Presented& presented, seconds timeout)
        : clock_{clock}, presented_{presented}, connection_{connection_settings(presented, timeout), events_} {}
    ~Talk() override { connection_.close(farewell); }

    Acceptance connect(const Deadline& deadline);
    Result<Reply> ask(const std::string& topic, const std::string& request, const Deadline& deadline) override;

 private:
    // first gives what `judged` makes of the first event that it decides on; nothing: none came in time. Events that
    // follow are kept.
    template <class T, class Judge>
    std::optional<T> first(const Deadline& deadline, Judge judged);
    // listen ends with the broker's answer; a Reply: there is no point in going on.
    std::optional<Reply> listen(const std::string& topic, const Deadline& deadline);

    const Clock& clock_;
    Presented presented_;
    mqtt::EventQueue events_;
    std::deque<mqtt::Event> pending_;
    mqtt::PahoConnection connection_;
};

template <class T, class Judge>
std::optional<T> Talk::first(const Deadline& deadline, Judge judged) {
    while (!deadline.passed(clock_)) {
        for (auto& event : events_.take()) {
            pending_.push_back(std::move(event));
        }
        while (!pending_.empty()) {
            auto decided = judged(pending_.front());
            pending_.pop_front();
            if (decided) {
                return decided;
            }
        }
        wait_for(events_, deadline.left(clock_));
    }
    return std::nullopt;
}

Acceptance Talk::connect(const Deadline& deadline) {
    const auto patience = std::min(patience_of_probes, std::chrono::ceil<milliseconds>(deadline.left(clock_)));
    connection_.connect();
    auto decided = first<Acceptance>(
        deadline, [this, patience](const mqtt::Event& event) { return judge(event, presented_, patience); });
    return decided ? *std::move(decided) : unanswered_connect(presented_, patience);
}

Reply unanswered(std::string why) {
    return {.kind = Reply::Kind::none, .text = std::move(why)};
}

// closing reads the event that ends a connection.
std::optional<Reply> closing(const mqtt::Event& event, const std::string& when) {
    const auto* lost = std::get_if<mqtt::ConnectionLost>(&event);
    return lost == nullptr ? std::nullopt
                           : std::optional{unanswered("the broker closed the connection " + when +
                                                      (lost->cause.empty() ? "" : " (" + lost->cause + ")"))};
}

std::optional<Reply> Talk::listen(const std::string& topic, const Deadline& deadline) {
    connection_.subscribe({{.filter = topic, .qos = 1}});
    // Granted is a reply with nothing in it.
    const auto ended = first<Reply>(deadline, [&topic](const mqtt::Event& event) -> std::optional<Reply> {
        if (const auto* answer = std::get_if<mqtt::SubscribeEnded>(&event)) {
            return answer->refused.empty() && !answer->failed
                       ? Reply{.kind = Reply::Kind::accepted, .text = {}}
                       : unanswered("the broker refused the subscription to " + topic);
        }
        return closing(event, "at the subscription to " + topic);
    });
    if (!ended) {
        return unanswered("no answer to the subscription to " + topic);
    }
    return ended->kind == Reply::Kind::accepted ? std::nullopt : ended;
}

Result<Reply> Talk::ask(const std::string& topic, const std::string& request, const Deadline& deadline) {
    const auto accepted = topic + "/accepted";
    const auto rejected = topic + "/rejected";
    for (const auto& answer : {accepted, rejected}) {
        if (auto refused = listen(answer, deadline)) {
            return *std::move(refused);
        }
    }
    connection_.publish({.id = 1, .topic = topic, .payload = request});
    auto reply = first<Reply>(deadline, [&](const mqtt::Event& event) -> std::optional<Reply> {
        if (const auto* arrived = std::get_if<mqtt::MessageArrived>(&event)) {
            const auto& message = arrived->message;
            const bool is_accepted = message.topic == accepted;
            return is_accepted || message.topic == rejected
                       ? std::optional{Reply{.kind = is_accepted ? Reply::Kind::accepted : Reply::Kind::rejected,
                                             .text = message.payload}}
                       : std::nullopt;
        }
        if (const auto* published = std::get_if<mqtt::PublishEnded>(&event);
            published && !published->outcome.delivered()) {
            return unanswered("the broker did not take what was published to " + topic);
        }
        return closing(event, "after what was published to " + topic);
    });
    return reply ? *std::move(reply) : unanswered("no answer to what was published to " + topic + " came in time");
}

}  // namespace

Result<Opened> PahoPort::open(const Presented& presented, const Deadline& deadline) {
    const auto usable = mqtt::check_credentials({.key = presented.key_file,
                                                 .certificate = presented.certificate_file,
                                                 .certificate_name = presented.certificate_name,
                                                 .ca = presented.ca_file});
    if (!usable) {
        return fail(input_code(usable.error().cause), to_string(usable.error()));
    }
    mqtt::paho_trace::start();
    const auto timeout = std::max(seconds{1}, std::chrono::ceil<seconds>(deadline.left(clock_)));
    auto talk = std::make_unique<Talk>(clock_, presented, timeout);
    auto acceptance = talk->connect(deadline);
    if (acceptance.answer != Acceptance::Answer::accepted) {
        talk.reset();
    }
    return Opened{.acceptance = std::move(acceptance), .conversation = std::move(talk)};
}

Result<Acceptance> PahoPort::connect(const Presented& presented, const Deadline& deadline) {
    TRY(auto opened, open(presented, deadline));
    return std::move(opened.acceptance);
}

}  // namespace trustx::aws
