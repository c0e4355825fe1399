// SPDX-License-Identifier: Apache-2.0
#include "session/attempts.hpp"

#include "connection/proxy.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

using std::chrono::seconds;

constexpr seconds probe_time{5};
// What an attempt may take beyond its time limit, which Paho keeps to in each of its steps, until something is wrong.
constexpr seconds spare_time{10};
constexpr seconds young_until{5};

}  // namespace

Attempts::Attempts(Parts parts) : parts_{std::move(parts)}, due_at_{now()} {}

void Attempts::begin() {
    ends_by_ = now() + 2 * parts_.settings.timeout + spare_time;
    ++parts_.counters.attempts;
}

void Attempts::succeeded() {
    ends_by_.reset();
    ever_succeeded_ = true;
    failures_ = 0;
    ++parts_.counters.connections;
    note_key_use();
    parts_.backoff.connected(now());
}

Error Attempts::failed(const ConnectFailed& event) {
    ends_by_.reset();
    for (const auto& error : event.tls_errors) {
        spdlog::debug("OpenSSL: {}: {}", error.library, to_string(error));
    }
    for (const auto& line : event.trace) {
        spdlog::debug("TLS: {}", line);
    }
    spdlog::debug("Paho: code {}", event.code);
    // Or not: nobody tells at which step it failed, and what a probe finds afterwards is of another moment.
    note_key_use();
    auto error = explanation_of(event);
    ++failures_;
    return error;
}

// Through a proxy nothing can be asked but the proxy.
Error Attempts::explanation_of(const ConnectFailed& failure) {
    const auto& proxy = parts_.settings.proxy;
    if (auto error = proxy.empty() ? std::nullopt : proxy_failure()) {
        return *std::move(error);
    }
    auto error = explain(failure, parts_.broker, probes());
    if (!proxy.empty()) {
        error.remedy += "; the way goes through the proxy " + without_password(proxy) +
                        ", which may not lead there, or refuse: its log tells";
    }
    return error;
}

std::optional<Error> Attempts::proxy_failure() {
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

Probes Attempts::probes() {
    Probes probes;
    const auto& settings = parts_.settings;
    const ProbeTarget target{settings.host, settings.port, settings.ca_file, settings.alpn, {}, {}};
    if (!settings.proxy.empty()) {
        probes.anonymous = [] { return ProbeResult{}; };  // a probe goes another way
        return probes;
    }
    probes.anonymous = [this, target] { return parts_.probe(target, probe_time); };
    // One use of the key per series of failures is worth a clear message; one per attempt is not.
    if (failures_ == 0) {
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

void Attempts::note_key_use() {
    ++parts_.counters.key_uses;
    parts_.credit.used(now());
}

bool Attempts::young() const {
    return parts_.backoff.age(now()) < young_until;
}

void Attempts::pause() {
    wait(parts_.backoff.next(now()));
}

void Attempts::stand_aside() {
    wait(parts_.backoff.stand_aside(now()));
}

void Attempts::only_spare_the_key() {
    wait(Backoff::Duration{0});
}

void Attempts::sooner() {
    due_at_ = std::min(due_at_, now() + parts_.credit.wait(now()));
}

void Attempts::wait(Backoff::Duration duration) {
    due_at_ = now() + std::max(duration, parts_.credit.wait(now()));
}

}  // namespace trustx::mqtt
