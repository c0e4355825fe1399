// SPDX-License-Identifier: Apache-2.0
#include "connection/paho_connection.hpp"

#include "connection/paho_trace.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <utility>

#include <mqtt/async_client.h>
#include <openssl/ssl.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

std::string server_uri(const ConnectionSettings& settings) {
    const bool is_ipv6 = settings.host.find(':') != std::string::npos;
    const auto host = is_ipv6 ? "[" + settings.host + "]" : settings.host;
    return "ssl://" + host + ":" + std::to_string(settings.port);
}

int paho_version(Version version) {
    return version == Version::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

std::optional<ReasonCode> reason_of(int code) {
    constexpr int first_failure = 0x80;
    constexpr int last = 0xA2;  // that MQTT 5 has; Paho's number for none at all lies above
    return code >= first_failure && code <= last ? std::optional{static_cast<ReasonCode>(code)} : std::nullopt;
}

// Listener turns the end of one operation into a call; Paho wants an object that outlives the operation.
class Listener : public ::mqtt::iaction_listener {
 public:
    using Function = std::function<void(const ::mqtt::token& token, bool success)>;
    explicit Listener(Function function) : function_{std::move(function)} {}

    void on_success(const ::mqtt::token& token) override { function_(token, true); }
    void on_failure(const ::mqtt::token& token) override { function_(token, false); }

 private:
    Function function_;
};

std::vector<ReasonCode> reasons_of(const ::mqtt::token& token) {
    std::vector<ReasonCode> reasons;
    const auto response = token.get_subscribe_response();
    for (const auto reason : response.get_reason_codes()) {
        reasons.push_back(static_cast<ReasonCode>(reason));
    }
    return reasons;
}

bool is_failure(ReasonCode reason) {
    return reason >= ReasonCode::unspecified;
}

// answer_to reads a SUBACK. Paho takes one that refuses a single filter for a failure of the operation, and one with
// several answers for a success (MQTTAsyncUtils.c, handling of SUBACK).
SubscribeEnded answer_to(const ::mqtt::token& token, bool success) {
    const auto& filters = *token.get_topics();
    SubscribeEnded ended;
    if (!success) {
        const auto reason = reason_of(static_cast<int>(token.get_reason_code()));
        const bool answered = reason || token.get_return_code() == static_cast<int>(ReasonCode::unspecified);
        ended.failed = !answered;
        if (answered && !filters.empty()) {
            ended.refused.push_back({.filter = filters[0], .reason = reason});
        }
        return ended;
    }
    const auto reasons = reasons_of(token);
    for (std::size_t i = 0; i < reasons.size() && i < filters.size(); ++i) {
        if (is_failure(reasons[i])) {
            ended.refused.push_back({.filter = filters[i], .reason = reasons[i]});
        }
    }
    return ended;
}

PublishOutcome outcome(const ::mqtt::token& token, bool success) {
    if (success) {
        return {};
    }
    const auto reason = reason_of(static_cast<int>(token.get_reason_code()));
    const bool refused = reason && !passes_by_itself(*reason);
    return {.kind = refused ? PublishOutcome::Kind::refused : PublishOutcome::Kind::not_delivered, .reason = reason};
}

// fault_of is what is wrong with a message that Paho hands over none the less. Nobody was offered topic aliases here,
// so none is allowed (MQTT 5.0 section 3.3.2.3.4), and Paho would not know the topic that one stands for.
std::optional<ProtocolBroken> fault_of(const ::mqtt::message& message) {
    if (message.get_properties().contains(::mqtt::property::TOPIC_ALIAS)) {
        return ProtocolBroken{"a message has a topic alias, which nobody offered", ReasonCode::topic_alias_invalid};
    }
    if (message.get_topic().empty()) {
        return ProtocolBroken{"a message has no topic", ReasonCode::protocol_error};
    }
    return std::nullopt;
}

// Paho's threads are detached. MQTTAsync_destroy asks them to end and does not wait for the last of it, so that they
// may still run while exit(3) destroys static objects and cleans libcrypto up, of which they have thread-local state. A
// process that had a connection leaves without that; all that it has written is flushed.
void leave_threads_alone(int status, void* /*argument*/) {
    std::cout.flush();
    std::fflush(nullptr);
    ::_exit(status);
}

void leave_threads_alone_at_exit() {
    // Registered by now: after this the handler is called before that of libcrypto.
    OPENSSL_init_ssl(0, nullptr);
    static const int registered = ::on_exit(leave_threads_alone, nullptr);
    static_cast<void>(registered);
}

}  // namespace

class PahoConnection::Impl : public ::mqtt::callback {
 public:
    Impl(const ConnectionSettings& settings, EventQueue& events)
        : settings_{settings},
          events_{events},
          client_{server_uri(settings), settings.client_id, ::mqtt::create_options{paho_version(settings.version)}} {
        client_.set_callback(*this);
        if (settings_.version == Version::v5) {
            client_.set_disconnected_handler([this](const ::mqtt::properties& /*properties*/, auto reason) {
                const auto code = reason_of(static_cast<int>(reason));
                events_.push(ConnectionLost{.cause = code ? words(*code) : "the broker closed it", .reason = code});
            });
        }
    }

    void connect();
    void subscribe(const std::vector<Subscription>& wanted);
    void publish(const OutgoingMessage& message);
    void close(std::chrono::milliseconds allowed, ReasonCode reason);

 private:
    ::mqtt::connect_options connect_options();
    ::mqtt::properties connect_properties() const;
    void connected(const ::mqtt::token& token);
    void connect_failed(int code, std::optional<ReasonCode> reason);

    void connection_lost(const std::string& cause) override { events_.push(ConnectionLost{cause}); }
    void message_arrived(::mqtt::const_message_ptr message) override {
        if (auto fault = fault_of(*message)) {
            events_.push(*std::move(fault));
            return;
        }
        events_.push(MessageArrived{{.topic = message->get_topic(),
                                     .payload = message->to_string(),
                                     .qos = message->get_qos(),
                                     .retained = message->is_retained(),
                                     .duplicate = message->is_duplicate()}});
    }

    ConnectionSettings settings_;
    EventQueue& events_;
    std::atomic<bool> connecting_ = false;
    Listener connect_listener_{[this](const auto& token, bool success) {
        if (success) {
            connected(token);
            return;
        }
        const auto reason = reason_of(static_cast<int>(token.get_reason_code()));
        // Paho C 1.3.12 gives the reason code of a CONNACK as its return code; its own numbers are negative.
        connect_failed(token.get_return_code(), reason ? reason : reason_of(token.get_return_code()));
    }};
    Listener subscribe_listener_{[this](const auto& token, bool success) { events_.push(answer_to(token, success)); }};
    Listener publish_listener_{[this](const auto& token, bool success) {
        events_.push(PublishEnded{reinterpret_cast<std::uintptr_t>(token.get_user_context()), outcome(token, success)});
    }};
    ::mqtt::async_client client_;  // last: its threads use what is above
};

::mqtt::connect_options PahoConnection::Impl::connect_options() {
    ::mqtt::ssl_options tls;
    tls.set_trust_store(settings_.ca_file);
    tls.set_key_store(settings_.certificate_file);
    tls.set_private_key(settings_.key_file);
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);  // compare the host name with the certificate
    // No error handler: see paho_trace.hpp.
    if (!settings_.alpn.empty()) {
        tls.set_alpn_protos({settings_.alpn});
    }
    // Without a version Paho tries 3.1.1 and then 3.1: two handshakes, two uses of the private key. It comes first:
    // Paho checks by it what else is set.
    auto options = ::mqtt::connect_options_builder()
                       .mqtt_version(paho_version(settings_.version))
                       .ssl(std::move(tls))
                       .keep_alive_interval(settings_.keep_alive)
                       .connect_timeout(settings_.timeout)
                       .automatic_reconnect(false)
                       .finalize();
    if (settings_.version == Version::v5) {
        options.set_clean_start(!settings_.persistent_session);
        options.set_properties(connect_properties());
    } else {
        options.set_clean_session(!settings_.persistent_session);
    }
    if (!settings_.proxy.empty()) {
        options.set_https_proxy(settings_.proxy);
    }
    if (const auto& will = settings_.will) {
        options.set_will(
            ::mqtt::will_options{will->topic, will->payload.data(), will->payload.size(), will->qos, will->retain});
    }
    return options;
}

::mqtt::properties PahoConnection::Impl::connect_properties() const {
    ::mqtt::properties properties;
    // Without it a session ends with its connection, however that began (MQTT 5.0 section 3.1.2.11.2).
    if (settings_.persistent_session) {
        properties.add({::mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<int>(settings_.session_expiry.count())});
    }
    if (settings_.receive_maximum > 0) {
        properties.add({::mqtt::property::RECEIVE_MAXIMUM, static_cast<int>(settings_.receive_maximum)});
    }
    return properties;
}

void PahoConnection::Impl::connect() {
    paho_trace::start();
    paho_trace::take();
    connecting_ = true;
    try {
        client_.connect(connect_options(), nullptr, connect_listener_);
    } catch (const ::mqtt::exception& error) {
        connect_failed(error.get_return_code(), std::nullopt);
    }
}

// Paho C++ reports a success twice, as the end of the operation and as the beginning of a connection.
void PahoConnection::Impl::connected(const ::mqtt::token& token) {
    if (!connecting_.exchange(false)) {
        return;
    }
    paho_trace::stop();
    const auto response = token.get_connect_response();
    Connected event{.session_present = response.is_session_present()};
    const auto& properties = response.get_properties();
    if (properties.contains(::mqtt::property::RECEIVE_MAXIMUM)) {
        event.receive_maximum = ::mqtt::get<std::uint16_t>(properties, ::mqtt::property::RECEIVE_MAXIMUM);
    }
    if (properties.contains(::mqtt::property::MAXIMUM_PACKET_SIZE)) {
        event.maximum_packet = ::mqtt::get<std::uint32_t>(properties, ::mqtt::property::MAXIMUM_PACKET_SIZE);
    }
    events_.push(event);
}

void PahoConnection::Impl::connect_failed(int code, std::optional<ReasonCode> reason) {
    if (!connecting_.exchange(false)) {
        return;
    }
    paho_trace::stop();
    auto record = paho_trace::take();
    events_.push(
        ConnectFailed{code, std::move(record.errors), std::move(record.alerts), std::move(record.lines), reason});
}

void PahoConnection::Impl::subscribe(const std::vector<Subscription>& wanted) {
    std::vector<std::string> filters;
    ::mqtt::iasync_client::qos_collection qualities;
    for (const auto& one : wanted) {
        filters.push_back(one.filter);
        qualities.push_back(one.qos);
    }
    try {
        client_.subscribe(::mqtt::string_collection::create(std::move(filters)), qualities, nullptr,
                          subscribe_listener_);
    } catch (const ::mqtt::exception&) {
        events_.push(SubscribeEnded{.refused = {}, .failed = true});
    }
}

void PahoConnection::Impl::publish(const OutgoingMessage& message) {
    // Paho passes a pointer through; its value is the id, and it is never used as an address.
    auto* context =
        reinterpret_cast<void*>(static_cast<std::uintptr_t>(message.id));  // NOLINT(performance-no-int-to-ptr)
    try {
        client_.publish(message.topic, message.payload.data(), message.payload.size(), message.qos, message.retain,
                        context, publish_listener_);
    } catch (const ::mqtt::exception&) {
        // The connection was lost just now: that event tells why.
        events_.push(PublishEnded{message.id, {.kind = PublishOutcome::Kind::not_delivered}});
    }
}

void PahoConnection::Impl::close(std::chrono::milliseconds allowed, ReasonCode reason) {
    if (!client_.is_connected()) {
        return;
    }
    ::mqtt::disconnect_options options{static_cast<int>(allowed.count())};
    // Paho C++ 1.2.0 does not pass it on: its structure says that it has none.
    options.set_reason_code(static_cast<::mqtt::ReasonCode>(reason));
    try {
        client_.disconnect(options)->wait_for(allowed);
    } catch (const ::mqtt::exception&) {
        // Closed already.
    }
}

PahoConnection::PahoConnection(const ConnectionSettings& settings, EventQueue& events)
    : settings_{settings}, events_{events} {
    leave_threads_alone_at_exit();
    impl_ = std::make_unique<Impl>(settings_, events_);
}
PahoConnection::~PahoConnection() = default;

// Each attempt has a client of its own. Paho would send what was still queued at the end of a connection at the
// beginning of the next one, clean session or not (MQTTAsyncUtils.c, MQTTAsync_cleanSession), while the session already
// publishes it again, in order; and a receive maximum that a broker lowered stays low. The new client is there before
// the old one goes: with the last client Paho's threads end, which takes a second.
void PahoConnection::connect() {
    if (std::exchange(used_, true)) {
        impl_ = std::make_unique<Impl>(settings_, events_);
    }
    impl_->connect();
}
void PahoConnection::subscribe(const std::vector<Subscription>& wanted) {
    impl_->subscribe(wanted);
}
void PahoConnection::publish(const OutgoingMessage& message) {
    impl_->publish(message);
}
void PahoConnection::close(std::chrono::milliseconds allowed, ReasonCode reason) {
    impl_->close(allowed, reason);
}

}  // namespace trustx::mqtt
