// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include "connection/proxy.hpp"
#include "limits/aws_limits.hpp"
#include "session/advice.hpp"

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

using std::chrono::seconds;

constexpr seconds goodbye_time{3};
constexpr seconds last_word_time{1};  // to a broker that does not answer, or breaks the protocol
// How much of what arrived may wait to be written, in bytes.
constexpr std::size_t most_unwritten = std::size_t{4} * 1024 * 1024;
// How long messages in flight are waited for before a connection is left for new credentials.
constexpr seconds reload_time{5};
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

std::string in_seconds(Poll::TimePoint::duration duration) {
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

Session::Session(Parts parts)
    : parts_{std::move(parts)},
      attempts_{{.settings = parts_.settings,
                 .broker = parts_.broker,
                 .backoff = parts_.backoff,
                 .credit = parts_.credit,
                 .poll = parts_.poll,
                 .counters = counters_,
                 .probe = parts_.probe}},
      publishing_{{.connection = parts_.connection,
                   .application = parts_.application,
                   .poll = parts_.poll,
                   .counters = counters_,
                   .max_in_flight = parts_.max_in_flight,
                   .keep_alive = parts_.settings.keep_alive,
                   .aws = parts_.aws}} {
    if (parts_.patience.timeout.count() > 0) {
        deadline_ = now() + parts_.patience.timeout;
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
    if (state_ == State::waiting && now() >= attempts_.due_at() && !is_held_up()) {
        start_attempt();
    }
    show();
    wait();
    for (const auto& event : parts_.events.take()) {
        std::visit([this](const auto& e) { on(e); }, event);
    }
    wake_application();
    continue_reload();
    if (publishes()) {
        publishing_.send();
    }
    check_application();
    spare_memory();
    check_time();
}

// What nobody reads would fill the memory. Paho acknowledges a message when it has arrived and cannot be kept waiting:
// it holds a lock while it hands one over, which any other call to it takes. So what is too much stays with the broker,
// where that keeps a session.
void Session::spare_memory() {
    if (!is_there() || parts_.application.unwritten() <= most_unwritten) {
        return;
    }
    spdlog::warn("nobody reads the output: there is no connection until it was read");
    held_up_ = true;
    leave();
}

bool Session::is_held_up() {
    held_up_ = held_up_ && parts_.application.unwritten() > 0;
    return held_up_;
}

void Session::start_attempt() {
    spdlog::debug("connecting to {} port {} as '{}'", parts_.broker.host, parts_.broker.port, parts_.broker.client_id);
    state_ = State::connecting;
    attempts_.begin();
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
    keep_earlier(until, attempts_.ends_by());
    keep_earlier(until, granted_until_);
    keep_earlier(until, reload_at_);
    if (publishes()) {
        keep_earlier(until, publishing_.wakes_at());
    }
    if (state_ == State::waiting && !held_up_) {
        keep_earlier(until, attempts_.due_at());
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
        end(parts_.application.code_now(attempts_.ever_succeeded()));
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

void Session::on(const Connected& event) {
    attempts_.succeeded();
    log(Incident::Kind::connected, std::nullopt,
        fmt::format("connected to {} port {} as '{}'", parts_.broker.host, parts_.broker.port,
                    parts_.broker.client_id));
    publishing_.connected(event);
    state_ = State::subscribing;
    if (event.receive_maximum == 0) {
        give_up("the broker takes no messages at all (receive maximum 0), which MQTT does not allow",
                ReasonCode::protocol_error);
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
    publishing_.attempt_failed();
    const auto error = attempts_.failed(event);
    log(is_refusal(error.cause) ? Incident::Kind::refused : Incident::Kind::attempt_failed, event.reason,
        explain(error));
    if (const auto most = parts_.patience.max_attempts; most > 0 && attempts_.failures() >= most) {
        if (most > 1) {
            spdlog::error("gave up after {} attempts", most);
        }
        end(exit_code_of(error.cause));
        return;
    }
    attempts_.pause();
    say_next_attempt();
}

void Session::on(const ConnectionLost& event) {
    if (!is_there()) {
        return;
    }
    if (event.reason && is_refusal(*event.reason)) {
        refused_by_broker(*event.reason);
        return;
    }
    if (event.reason == ReasonCode::session_taken_over) {
        ++counters_.lost;
        ++counters_.taken_over;
        end_connection(Publishing::End::unrelated);
        log(Incident::Kind::taken_over, event.reason,
            event.cause + "; this program stands aside for a time: give each its own --client-id");
        attempts_.stand_aside();
        say_next_attempt();
        return;
    }
    lost("the connection was lost" + (event.cause.empty() ? "" : ": " + event.cause), event.reason);
}

// If it may be one message that the broker does not take, the others are tried without it. Otherwise to come back and
// do the same would cost a use of the key each time, and change nothing.
void Session::refused_by_broker(ReasonCode reason) {
    const Error error{
        Cause::refused, "the broker ended the connection: " + words(reason) + on_the_way(),
        "check what it allows certificate " + parts_.broker.certificate + " to publish and to subscribe to"};
    ++counters_.lost;
    if (!end_connection(Publishing::End::refused)) {
        fail(error, reason);
        return;
    }
    log(Incident::Kind::refused, reason, explain(error));
    attempts_.pause();
    say_next_attempt();
}

// on_the_way names, for people, what the broker had not answered.
std::string Session::on_the_way() const {
    const bool asked = state_ == State::subscribing && !asked_.empty();
    return (asked ? "; it was asked for " + names_of(asked_) : "") + publishing_.topics_on_their_way();
}

// lost is for a connection that ended although nobody said why.
void Session::lost(const std::string& what, std::optional<ReasonCode> reason) {
    const bool young = attempts_.young();
    const auto topics = on_the_way();
    ++counters_.lost;
    end_connection(Publishing::End::closed);
    log(Incident::Kind::lost, reason, what);
    if (young) {
        const bool silent = parts_.settings.version == Version::v3_1_1;
        spdlog::warn(
            "it had hardly begun: another client may have the same id, or the broker's rules forbid a topic or a "
            "message of that size{}{}",
            topics, silent ? "; MQTT 3.1.1 does not say (with --mqtt-version 5 many brokers do)" : "");
    }
    attempts_.pause();
    say_next_attempt();
}

// give_up ends a connection that is of no use, and says why to the broker, too.
void Session::give_up(const std::string& what, ReasonCode reason) {
    parts_.connection.close(last_word_time, reason);
    ++counters_.lost;
    end_connection(Publishing::End::unrelated);
    log(Incident::Kind::lost, std::nullopt, what);
    attempts_.pause();
    say_next_attempt();
}

// leave is for a connection of which nothing is wrong.
void Session::leave() {
    parts_.connection.close(goodbye_time);
    end_connection(Publishing::End::unrelated);
    attempts_.only_spare_the_key();
}

// end_connection tells the application, and whether to go on without a message (Publishing::ended).
bool Session::end_connection(Publishing::End how) {
    const bool worked = std::exchange(state_, State::waiting) == State::connected;
    granted_until_.reset();
    to_ask_.clear();
    const bool goes_on = publishing_.ended(how, attempts_.young());
    if (worked) {
        parts_.application.connection_lost();
    }
    return goes_on;
}

void Session::on(const ProtocolBroken& event) {
    if (is_there()) {
        give_up("the broker broke the protocol: " + event.what, event.reason);
    }
}

void Session::on(const MessageArrived& event) {
    spdlog::debug("received {} bytes on {}", event.message.payload.size(), event.message.topic);
    if (!parts_.application.over()) {
        ++counters_.received;
        parts_.application.arrived(event.message);
    }
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

void Session::say_next_attempt() const {
    if (!over_ && (!deadline_ || attempts_.due_at() < *deadline_)) {
        spdlog::info("next attempt in {}", in_seconds(attempts_.due_at() - now()));
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
        (state_ == State::connected && publishing_.in_flight() && now() < *reload_at_)) {
        return;
    }
    reload_at_.reset();
    if (state_ == State::waiting) {
        attempts_.sooner();
        return;
    }
    leave();
}

void Session::check_time() {
    if (granted_until_ && now() >= *granted_until_) {
        give_up("no answer to the subscription came in time", ReasonCode::unspecified);
    }
    if (const auto waited = publishes() ? publishing_.overdue() : std::nullopt) {
        give_up(fmt::format("no acknowledgement of a message came in {} s; what is on its way is sent again{}",
                            waited->count(), publishing_.topics_on_their_way()),
                ReasonCode::unspecified);
    }
    if (attempts_.ends_by() && now() >= *attempts_.ends_by()) {
        spdlog::error(
            "the attempt to connect does not end; the answer of {} may be no HTTP",
            parts_.settings.proxy.empty() ? "the broker" : "the proxy " + without_password(parts_.settings.proxy));
        end(parts_.application.code_now(attempts_.ever_succeeded()));
    }
    check_deadline();
}

void Session::check_deadline() {
    if (over_ || !deadline_ || now() < *deadline_) {
        return;
    }
    const bool connected = attempts_.ever_succeeded();
    spdlog::error("gave up after {} s: {}", parts_.patience.timeout.count(),
                  connected ? parts_.application.progress() : std::string{"no connection"});
    end(parts_.application.code_now(connected));
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
