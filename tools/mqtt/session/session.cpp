// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include "connection/proxy.hpp"
#include "limits/aws_limits.hpp"
#include "session/advice.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <tuple>
#include <utility>
#include <variant>

#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

using std::chrono::seconds;

constexpr seconds goodbye_time{3};
// How much of what arrived may wait to be written, in bytes.
constexpr std::size_t most_unwritten = std::size_t{4} * 1024 * 1024;
constexpr seconds probe_time{5};
// How long messages in flight are waited for before a connection is left for new credentials.
constexpr seconds reload_time{5};
// What an attempt may take beyond its time limit, which Paho keeps to in each of its steps, until something is wrong.
constexpr seconds spare_time{10};
// How long nothing is published after the broker did not take a message, or Paho.
constexpr seconds no_room_time{1};
// A connection that ends so soon after it was accepted was probably ended by the broker.
constexpr seconds hardly_there{5};

spdlog::level::level_enum level_of(Incident::Kind kind) {
    return kind == Incident::Kind::connected ? spdlog::level::info
           : kind == Incident::Kind::lost    ? spdlog::level::warn
                                             : spdlog::level::err;
}

// is_refusal tells an answer of the broker's from a failure on the way to it.
bool is_refusal(Cause cause) {
    return cause == Cause::not_authorised || cause == Cause::client_id || cause == Cause::password_wanted ||
           cause == Cause::mqtt_version || cause == Cause::alert;
}

std::string in_seconds(Backoff::Duration duration) {
    return fmt::format("{:.1f} s", std::chrono::duration<double>(duration).count());
}

void keep_earlier(std::optional<Application::TimePoint>& until, const std::optional<Application::TimePoint>& other) {
    if (other && (!until || *other < *until)) {
        until = other;
    }
}

std::string names_of(const std::vector<Subscription>& subscriptions) {
    std::string names;
    for (const auto& one : subscriptions) {
        names += (names.empty() ? "" : ", ") + one.filter;
    }
    return names;
}

// Those of shadows and jobs are many, and follow from the command.
void say_granted(const std::vector<Subscription>& granted) {
    const bool ours =
        std::ranges::all_of(granted, [](const auto& one) { return one.filter.starts_with("$aws/things/"); });
    spdlog::log(ours ? spdlog::level::debug : spdlog::level::info, "subscribed to {}", names_of(granted));
}

}  // namespace

Session::Session(Parts parts) : parts_{std::move(parts)}, next_attempt_{parts_.poll.now()} {
    if (parts_.patience.timeout.count() > 0) {
        deadline_ = next_attempt_ + parts_.patience.timeout;
    }
}

ExitCode Session::run() {
    check_application();
    while (!over_) {
        take_turn();
    }
    show();
    if (!in_attempt()) {
        parts_.connection.close(goodbye_time);
    }
    return *over_;
}

void Session::take_turn() {
    if (state_ == State::waiting && now() >= next_attempt_ && !is_held_up()) {
        start_attempt();
    }
    show();
    wait();
    for (const auto& event : parts_.events.take()) {
        std::visit([this](const auto& e) { on(e); }, event);
    }
    wake_application();
    continue_reload();
    publish_waiting();
    check_application();
    spare_memory();
    check_time();
}

// What nobody reads would fill the memory. Paho acknowledges a message when it has arrived and cannot be kept waiting:
// it holds a lock while it hands one over, which any other call to it takes. So what is too much stays with the broker,
// where that keeps a session.
void Session::spare_memory() {
    const bool there = state_ == State::connected || state_ == State::subscribing;
    if (!there || parts_.application.unwritten() <= most_unwritten) {
        return;
    }
    spdlog::warn("nobody reads the output: there is no connection until it was read");
    held_up_ = true;
    parts_.connection.close(goodbye_time);
    leave_connection();
    --counters_.lost;
    next_attempt_ = now() + parts_.credit.wait(now());
}

bool Session::is_held_up() {
    held_up_ = held_up_ && parts_.application.unwritten() > 0;
    return held_up_;
}

void Session::start_attempt() {
    spdlog::debug("connecting to {} port {} as '{}'", parts_.broker.host, parts_.broker.port, parts_.broker.client_id);
    state_ = State::connecting;
    attempt_until_ = now() + 2 * parts_.settings.timeout + spare_time;
    ++counters_.attempts;
    parts_.connection.connect();
}

void Session::wait() {
    const auto wanted = parts_.application.descriptors(state_ == State::connected);
    std::vector<pollfd> watched{{parts_.events.fd(), POLLIN, 0}, {parts_.signal_fd, POLLIN, 0}};
    for (const auto& [fd, events] : wanted) {
        watched.push_back({fd, events, 0});
    }
    if (!parts_.poll.wait(watched, wakes_at())) {
        return;
    }
    // A signal may have changed what the application waits for: it is asked again.
    if (watched[1].revents != 0) {
        read_signal();
        return;
    }
    for (std::size_t i = 2; i < watched.size() && !over_; ++i) {
        if (watched[i].revents != 0) {
            parts_.application.ready(watched[i].fd, watched[i].revents);
        }
    }
}

std::optional<Session::TimePoint> Session::wakes_at() const {
    auto until = deadline_;
    keep_earlier(until, parts_.application.wakes_at());
    keep_earlier(until, parts_.observer.looks_at());
    keep_earlier(until, attempt_until_);
    keep_earlier(until, granted_until_);
    keep_earlier(until, publish_after_);
    keep_earlier(until, reload_at_);
    if (state_ == State::waiting && !held_up_) {
        keep_earlier(until, next_attempt_);
    }
    return until;
}

void Session::read_signal() {
    signalfd_siginfo info{};
    if (::read(parts_.signal_fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
        return;
    }
    spdlog::debug("signal {}", info.ssi_signo);
    if (info.ssi_signo == SIGHUP) {
        begin_reload();
    } else {
        stop();
    }
}

// The second time is meant.
void Session::stop() {
    if (std::exchange(stopping_, true)) {
        end(parts_.application.code_now(ever_connected_));
        return;
    }
    parts_.application.stop();
}

void Session::wake_application() {
    const auto at = parts_.application.wakes_at();
    const auto time = now();
    if (at && time >= *at) {
        parts_.application.wake(time);
    }
}

void Session::publish_waiting() {
    if (publish_after_ && now() >= *publish_after_) {
        publish_after_.reset();
    }
    while (state_ == State::connected && in_flight_.size() < (proven_ ? window_ : 1) && !publish_after_ &&
           !reload_at_) {
        auto message = parts_.application.next();
        if (!message) {
            return;
        }
        publish(*std::move(message));
    }
}

void Session::publish(OutgoingMessage message) {
    if (const auto excess = excess_of(message)) {
        drop(message, *excess);
        return;
    }
    ++counters_.published;
    in_flight_.emplace(++last_ticket_, InFlight{message.id, message.topic});
    message.id = last_ticket_;
    parts_.connection.publish(message);
    if (parts_.aws) {
        keep_rate(message.topic.size() + message.payload.size());
    }
}

// excess_of says why the broker would end the connection for this message.
std::optional<std::string> Session::excess_of(const OutgoingMessage& message) const {
    if (const auto excess = parts_.aws ? aws::exceeded_by(message) : std::nullopt) {
        return excess->text;
    }
    const auto size = packet_size(message);
    return size <= maximum_packet_ ? std::nullopt
                                   : std::optional{fmt::format("it takes {} bytes, and the broker takes {} at most",
                                                               size, maximum_packet_)};
}

void Session::drop(const OutgoingMessage& message, const std::string& why) {
    spdlog::error("a message on {} is not sent, because the broker would end the connection: {}", message.topic, why);
    ++counters_.refused;
    parts_.application.ended(message.id, {.kind = PublishOutcome::Kind::refused});
}

void Session::keep_rate(std::size_t bytes) {
    rate_.sent(now(), bytes);
    if (const auto wait = rate_.wait(now()); wait.count() > 0) {
        publish_after_ = now() + wait;
    }
}

void Session::on(const Connected& event) {
    ever_connected_ = true;
    failed_attempts_ = 0;
    ++counters_.connections;
    note_key_use();
    parts_.backoff.connected(now());
    log(Incident::Kind::connected, std::nullopt,
        fmt::format("connected to {} port {} as '{}'", parts_.broker.host, parts_.broker.port,
                    parts_.broker.client_id));
    attempt_until_.reset();
    window_ = std::min(parts_.max_in_flight, std::size_t{event.receive_maximum});
    maximum_packet_ = event.maximum_packet;
    proven_ = false;
    given_back_.clear();
    state_ = State::subscribing;
    if (window_ == 0) {
        give_up("the broker takes no messages at all (receive maximum 0), which MQTT does not allow", std::nullopt);
        return;
    }
    // A session that nobody asked for is none of ours.
    session_present_ = event.session_present && parts_.settings.persistent_session;
    if (session_present_) {
        spdlog::info("the broker kept the session");
    } else {
        granted_.clear();
    }
    to_ask_ = parts_.application.subscriptions();
    std::erase_if(to_ask_, [this](const auto& wanted) { return std::ranges::count(granted_, wanted) > 0; });
    subscribe_next();
}

// A program that subscribes and publishes wants to see its own messages: it publishes when all is granted.
void Session::subscribe_next() {
    if (to_ask_.empty()) {
        granted_until_.reset();
        state_ = State::connected;
        parts_.application.connected(session_present_);
        return;
    }
    // What AWS IoT takes in one SUBSCRIBE; other brokers take it as well.
    const auto last = to_ask_.begin() + static_cast<std::ptrdiff_t>(std::min(aws::max_filters, to_ask_.size()));
    asked_.assign(to_ask_.begin(), last);
    to_ask_.erase(to_ask_.begin(), last);
    granted_until_ = now() + parts_.settings.timeout;
    parts_.connection.subscribe(asked_);
}

void Session::on(const ConnectFailed& event) {
    state_ = State::waiting;
    attempt_until_.reset();
    for (const auto& error : event.tls_errors) {
        spdlog::debug("OpenSSL: {}: {}", error.library, to_string(error));
    }
    for (const auto& line : event.trace) {
        spdlog::debug("TLS: {}", line);
    }
    spdlog::debug("Paho: code {}", event.code);
    // Or not: nobody tells at which step it failed, and what a probe finds afterwards is of another moment.
    note_key_use();
    const auto error = explanation_of(event);
    log(is_refusal(error.cause) ? Incident::Kind::refused : Incident::Kind::attempt_failed, event.reason,
        explain(error));
    ++failed_attempts_;
    if (parts_.patience.max_attempts > 0 && failed_attempts_ >= parts_.patience.max_attempts) {
        if (parts_.patience.max_attempts > 1) {
            spdlog::error("gave up after {} attempts", failed_attempts_);
        }
        end(exit_code_of(error.cause));
        return;
    }
    pause(parts_.backoff.next(now()));
}

// Through a proxy nothing can be asked but the proxy.
Error Session::explanation_of(const ConnectFailed& failure) {
    if (auto error = parts_.settings.proxy.empty() ? std::nullopt : proxy_failure()) {
        return *std::move(error);
    }
    auto error = explain(failure, parts_.broker, probes());
    if (!parts_.settings.proxy.empty()) {
        error.remedy += "; the way goes through the proxy " + without_password(parts_.settings.proxy) +
                        ", which may not lead there, or refuse: its log tells";
    }
    return error;
}

std::optional<Error> Session::proxy_failure() {
    const auto proxy = without_password(parts_.settings.proxy);
    ProbeTarget target;
    std::tie(target.host, target.port) = host_and_port(proxy);
    target.only_tcp = true;
    const auto found = parts_.probe(target, probe_time);
    if (found.obstacle == ProbeResult::Obstacle::nothing) {
        return std::nullopt;
    }
    return Error{Cause::unavailable, "no proxy answers at " + proxy + ": " + found.detail,
                 "check https_proxy, and that the proxy runs; no_proxy lists hosts that need none"};
}

Probes Session::probes() {
    Probes probes;
    const auto& settings = parts_.settings;
    const ProbeTarget target{settings.host, settings.port, settings.ca_file, settings.alpn, {}, {}};
    if (!settings.proxy.empty()) {
        probes.anonymous = [] { return ProbeResult{}; };  // a probe goes another way
        return probes;
    }
    probes.anonymous = [this, target] { return parts_.probe(target, probe_time); };
    // One use of the key per series of failures is worth a clear message; one per attempt is not.
    if (failed_attempts_ == 0) {
        auto with_credentials = target;
        with_credentials.certificate_file = settings.certificate_file;
        with_credentials.key_file = settings.key_file;
        probes.with_credentials = [this, with_credentials] {
            note_key_use();
            return parts_.probe(with_credentials, probe_time);
        };
    }
    return probes;
}

void Session::note_key_use() {
    ++counters_.key_uses;
    parts_.credit.used(now());
}

void Session::on(const ConnectionLost& event) {
    if (state_ != State::connected && state_ != State::subscribing) {
        return;
    }
    if (event.reason && is_refusal(*event.reason)) {
        const auto topics = topics_in_flight();
        blame_the_only_one(*event.reason);
        leave_connection();
        fail({Cause::refused, "the broker ended the connection: " + words(*event.reason) + topics,
              "check what it allows certificate " + parts_.broker.certificate + " to publish and to subscribe to"},
             event.reason);
        return;
    }
    if (event.reason == ReasonCode::session_taken_over) {
        ++counters_.taken_over;
        leave_connection();
        log(Incident::Kind::taken_over, event.reason,
            event.cause + "; this program stands aside for a time: give each its own --client-id");
        pause(parts_.backoff.stand_aside(now()));
        return;
    }
    give_up("the connection was lost" + (event.cause.empty() ? "" : ": " + event.cause), event.reason);
}

// If one message alone was on its way, it is the one that the broker does not take. It is not sent again: what waits
// behind it in a spool would never leave.
void Session::blame_the_only_one(ReasonCode reason) {
    if (in_flight_.size() != 1) {
        return;
    }
    const auto only = in_flight_.extract(in_flight_.begin());
    ++counters_.refused;
    spdlog::error("a message on {} is refused, and not sent again", only.mapped().topic);
    parts_.application.ended(only.mapped().id, {.kind = PublishOutcome::Kind::refused, .reason = reason});
}

// topics_in_flight is for people: a few of them.
std::string Session::topics_in_flight() const {
    auto topics = given_back_;
    for (const auto& [ticket, message] : in_flight_) {
        topics.insert(message.topic);
    }
    std::string text = topics.empty() ? "" : "; on their way were messages on ";
    constexpr std::size_t most = 3;
    std::size_t count = 0;
    for (auto topic = topics.begin(); topic != topics.end() && count < most; ++topic, ++count) {
        text += (count > 0 ? ", " : "") + *topic;
    }
    return text;
}

// give_up is for a connection that is of no use any more, although nobody said why.
void Session::give_up(const std::string& what, std::optional<ReasonCode> reason) {
    const bool hardly = parts_.backoff.age(now()) < hardly_there;
    const auto topics = topics_in_flight();
    leave_connection();
    log(Incident::Kind::lost, reason, what);
    if (hardly) {
        const bool silent = parts_.settings.version == Version::v3_1_1;
        spdlog::warn(
            "it had hardly begun: another client may have the same id, or the broker's rules forbid a topic or a "
            "message of that size{}{}",
            topics, silent ? "; MQTT 3.1.1 does not say (--mqtt-version 5 does)" : "");
    }
    pause(parts_.backoff.next(now()));
}

// leave_connection tells the application. Paho may report the end of a message before that of its connection, after it,
// and twice: each counts once.
void Session::leave_connection() {
    const bool worked = std::exchange(state_, State::waiting) == State::connected;
    ++counters_.lost;
    granted_until_.reset();
    publish_after_.reset();
    to_ask_.clear();
    for (const auto& [ticket, message] : std::exchange(in_flight_, {})) {
        parts_.application.ended(message.id, {.kind = PublishOutcome::Kind::not_delivered});
    }
    if (worked) {
        parts_.application.connection_lost();
    }
}

void Session::on(const MessageArrived& event) {
    spdlog::debug("received {} bytes on {}", event.message.payload.size(), event.message.topic);
    if (!parts_.application.over()) {
        ++counters_.received;
        parts_.application.arrived(event.message);
    }
}

void Session::on(const PublishEnded& event) {
    const auto found = in_flight_.extract(event.id);
    if (found.empty()) {
        return;
    }
    const auto& outcome = event.outcome;
    const auto& [id, topic] = found.mapped();
    spdlog::debug("message {} {}", id, outcome.delivered() ? "delivered" : "not delivered");
    if (outcome.delivered()) {
        ++counters_.delivered;
        proven_ = true;
    } else if (outcome.kind == PublishOutcome::Kind::refused) {
        ++counters_.refused;
        spdlog::error("the broker refused a message on {}: {}", topic,
                      outcome.reason ? words(*outcome.reason) : "no reason given");
    } else {
        given_back_ = {topic};
        publish_after_ = std::max(publish_after_.value_or(now()), now() + no_room_time);
    }
    parts_.application.ended(id, outcome);
}

void Session::on(const SubscribeEnded& event) {
    if (state_ != State::subscribing || event.failed) {
        return;  // the end of the connection follows, or the time for an answer passes
    }
    for (const auto& [filter, reason] : event.refused) {
        const auto why = reason && *reason != ReasonCode::unspecified ? " (" + words(*reason) + ")" : std::string{};
        fail({Cause::subscription_refused, "the broker refused the subscription to " + filter + why,
              "check what it allows certificate " + parts_.broker.certificate},
             reason);
    }
    if (event.refused.empty()) {
        granted_.insert(granted_.end(), asked_.begin(), asked_.end());
        say_granted(asked_);
        subscribe_next();
    }
}

void Session::pause(Backoff::Duration wait) {
    wait = std::max(wait, parts_.credit.wait(now()));
    next_attempt_ = now() + wait;
    if (!over_ && (!deadline_ || next_attempt_ < *deadline_)) {
        spdlog::info("next attempt in {}", in_seconds(wait));
    }
}

// New credentials need a new connection. What is on its way gets the time to arrive, so that nothing is sent twice.
void Session::begin_reload() {
    auto fresh = parts_.reload();
    if (!fresh) {
        spdlog::error("the credentials are not reloaded: {}", explain(fresh.error()));
        return;
    }
    ++counters_.reloads;
    parts_.settings = *std::move(fresh);
    parts_.connection.use(parts_.settings);
    reload_at_ = now() + reload_time;
    spdlog::info("the credentials are reloaded");
    show();
}

void Session::continue_reload() {
    if (!reload_at_ || state_ == State::connecting || (state_ == State::subscribing && now() < *reload_at_) ||
        (state_ == State::connected && !in_flight_.empty() && now() < *reload_at_)) {
        return;
    }
    reload_at_.reset();
    if (state_ == State::waiting) {
        next_attempt_ = std::min(next_attempt_, now() + parts_.credit.wait(now()));
        return;
    }
    parts_.connection.close(goodbye_time);
    leave_connection();
    --counters_.lost;
    next_attempt_ = now() + parts_.credit.wait(now());
}

void Session::check_time() {
    if (granted_until_ && now() >= *granted_until_) {
        give_up("no answer to the subscription came in time", std::nullopt);
    }
    if (attempt_until_ && now() >= *attempt_until_) {
        spdlog::error(
            "the attempt to connect does not end; the answer of {} may be no HTTP",
            parts_.settings.proxy.empty() ? "the broker" : "the proxy " + without_password(parts_.settings.proxy));
        end(parts_.application.code_now(ever_connected_));
    }
    if (over_ || !deadline_ || now() < *deadline_) {
        return;
    }
    spdlog::error("gave up after {} s: {}", parts_.patience.timeout.count(),
                  ever_connected_ ? parts_.application.progress() : std::string{"no connection"});
    end(parts_.application.code_now(ever_connected_));
}

void Session::check_application() {
    if (const auto code = parts_.application.over()) {
        end(*code);
    }
}

void Session::show() {
    View view{.phase = Phase::connecting, .text = {}, .progress = parts_.application.progress(), .counters = counters_};
    const auto where =
        fmt::format("{} port {} as '{}'", parts_.broker.host, parts_.broker.port, parts_.broker.client_id);
    if (over_) {
        view.phase = Phase::ended;
        view.text = "ended";
    } else if (stopping_) {
        view.phase = Phase::stopping;
        view.text = "ending";
    } else if (reload_at_) {
        view.phase = Phase::reloading;
        view.text = "reloading key and certificate";
    } else if (state_ == State::connected) {
        view.phase = Phase::connected;
        view.text = "connected to " + where;
    } else if (state_ == State::waiting) {
        view.phase = Phase::waiting;
        view.text = fmt::format("no connection to {}", where);
    } else {
        view.text = "connecting to " + where;
    }
    parts_.observer.look(view, now());
}

void Session::end(ExitCode code) {
    if (!over_) {
        over_ = code;
    }
}

void Session::fail(const Error& error, std::optional<ReasonCode> reason) {
    log(Incident::Kind::refused, reason, explain(error));
    end(exit_code_of(error.cause));
}

void Session::log(Incident::Kind kind, std::optional<ReasonCode> reason, const std::string& words) {
    report({.kind = kind,
            .reason = reason,
            .endpoint = fmt::format("{}:{}", parts_.broker.host, parts_.broker.port),
            .client_id = parts_.broker.client_id,
            .key_uses = counters_.key_uses},
           level_of(kind), words);
}

}  // namespace trustx::mqtt
