// SPDX-License-Identifier: Apache-2.0
#include "connection/connection.hpp"

#include "connection/paho_trace.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include <mqtt/async_client.h>

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

}  // namespace

class Connection::Impl : public ::mqtt::callback {
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
    void subscribe(const std::string& filter, int qos);
    void publish(std::uint64_t id, const std::string& topic, const std::string& payload, int qos);
    void close(std::chrono::milliseconds allowed);

 private:
    ::mqtt::connect_options connect_options();
    void connect_ended(int code, bool success, bool session_present, std::optional<ReasonCode> reason);

    void connection_lost(const std::string& cause) override { events_.push(ConnectionLost{cause}); }
    void message_arrived(::mqtt::const_message_ptr message) override {
        events_.push(MessageArrived{message->get_topic(), message->to_string()});
    }

    ConnectionSettings settings_;
    EventQueue& events_;
    std::atomic<bool> connecting_ = false;
    Listener connect_listener_{[this](const auto& token, bool success) {
        const auto reason = reason_of(static_cast<int>(token.get_reason_code()));
        // Paho C 1.3.12 gives the reason code of a CONNACK as its return code; its own numbers are negative.
        connect_ended(token.get_return_code(), success, success && token.get_connect_response().is_session_present(),
                      reason ? reason : reason_of(token.get_return_code()));
    }};
    Listener subscribe_listener_{[this](const auto& /*token*/, bool success) {
        events_.push(SubscribeEnded{success, {}});
    }};
    Listener publish_listener_{[this](const auto& token, bool success) {
        events_.push(PublishEnded{reinterpret_cast<std::uintptr_t>(token.get_user_context()), success});
    }};
    ::mqtt::async_client client_;  // last: its threads use what is above
};

::mqtt::connect_options Connection::Impl::connect_options() {
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
    } else {
        options.set_clean_session(!settings_.persistent_session);
    }
    return options;
}

void Connection::Impl::connect() {
    paho_trace::take();
    connecting_ = true;
    try {
        client_.connect(connect_options(), nullptr, connect_listener_);
    } catch (const ::mqtt::exception& error) {
        connect_ended(error.get_return_code(), false, false, std::nullopt);
    }
}

void Connection::Impl::connect_ended(int code, bool success, bool session_present, std::optional<ReasonCode> reason) {
    // Paho C++ reports a success twice, as the end of the operation and as the beginning of a connection.
    if (!connecting_.exchange(false)) {
        return;
    }
    if (success) {
        events_.push(Connected{session_present});
        return;
    }
    auto record = paho_trace::take();
    events_.push(
        ConnectFailed{code, std::move(record.errors), std::move(record.alerts), std::move(record.lines), reason});
}

void Connection::Impl::subscribe(const std::string& filter, int qos) {
    try {
        client_.subscribe(filter, qos, nullptr, subscribe_listener_);
    } catch (const ::mqtt::exception& error) {
        events_.push(SubscribeEnded{false, error.to_string()});
    }
}

void Connection::Impl::publish(std::uint64_t id, const std::string& topic, const std::string& payload, int qos) {
    // Paho passes a pointer through; its value is the id, and it is never used as an address.
    auto* context = reinterpret_cast<void*>(static_cast<std::uintptr_t>(id));  // NOLINT(performance-no-int-to-ptr)
    try {
        client_.publish(topic, payload.data(), payload.size(), qos, false, context, publish_listener_);
    } catch (const ::mqtt::exception&) {
        events_.push(PublishEnded{id, false});  // the connection was lost just now: that event tells why
    }
}

void Connection::Impl::close(std::chrono::milliseconds allowed) {
    if (!client_.is_connected()) {
        return;
    }
    try {
        client_.disconnect(static_cast<int>(allowed.count()))->wait_for(allowed);
    } catch (const ::mqtt::exception&) {
        // Closed already.
    }
}

Connection::Connection(const ConnectionSettings& settings, EventQueue& events)
    : impl_{std::make_unique<Impl>(settings, events)} {}
Connection::~Connection() = default;

void Connection::connect() {
    impl_->connect();
}
void Connection::subscribe(const std::string& filter, int qos) {
    impl_->subscribe(filter, qos);
}
void Connection::publish(std::uint64_t id, const std::string& topic, const std::string& payload, int qos) {
    impl_->publish(id, topic, payload, qos);
}
void Connection::close(std::chrono::milliseconds allowed) {
    impl_->close(allowed);
}

}  // namespace trustx::mqtt
