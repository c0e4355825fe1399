// SPDX-License-Identifier: Apache-2.0
#include "aws/control/api_client.hpp"

#include "aws/control/refusal.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "mqtt/connection/backoff.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

// The service accepts signatures whose date is some five minutes off (aws-iot.md section 1.5).
constexpr std::chrono::minutes tolerated_skew{4};

std::string_view signing_name(Service service) {
    return service == Service::iot ? "iot" : "iotdata";
}

HttpRequest http_request(const ApiInfo& info, const ApiRequest& request, const Url& endpoint) {
    HttpRequest http{.method = info.method, .url = endpoint, .headers = request.headers, .body = request.body};
    while (http.url.path.ends_with('/')) {
        http.url.path.pop_back();
    }
    for (const auto& segment : request.path) {
        http.url.path.append("/").append(percent_encode(segment));
    }
    http.url.query = query_text(request.query);
    http.sent_once = info.repeats == Repeats::no;
    if (!http.body.empty()) {
        http.headers.push_back({"Content-Type", "application/json"});
    }
    return http;
}

bool is_signature_refused(const std::error_code& code) {
    return code == ApiErrc::signature_mismatch || code == ApiErrc::wrong_scope || code == ApiErrc::clock_skew;
}

// Kinds of failures, by what is to be done about them.
enum class Failure : std::uint8_t { final, throttled, passing };

Failure kind_of(const ApiError& error) {
    const auto& code = error.code();
    if (code == ApiErrc::throttling) {
        return Failure::throttled;
    }
    const bool passing = code == ApiErrc::internal_failure || code == ApiErrc::service_unavailable ||
                         code == ApiErrc::conflicting_update || code == HttpErrc::name_not_found ||
                         code == HttpErrc::connect_failed || code == HttpErrc::connect_timeout ||
                         code == HttpErrc::timeout || code == HttpErrc::connection_lost ||
                         code == HttpErrc::answer_truncated;
    return passing ? Failure::passing : Failure::final;
}

// Patience says how long to wait before the next attempt, and when to give up.
class Patience {
 public:
    Patience(const Clock& clock, const RetryLimits& limits, const std::function<double()>& random)
        : clock_{clock},
          limits_{limits},
          backoff_{{.base = limits.base, .cap = limits.cap, .floor = std::chrono::milliseconds{0}}, random} {}

    // next is nothing when the error is the last word.
    std::optional<std::chrono::milliseconds> next(const ApiInfo& info, const ApiError& error,
                                                  std::optional<std::chrono::seconds> wish, const Deadline& deadline) {
        const auto kind = kind_of(error);
        const bool twice = error.outcome_unknown && info.repeats == Repeats::no;
        if (kind == Failure::final || twice) {
            return std::nullopt;
        }
        if (kind == Failure::throttled) {
            failing_since_.reset();
        }
        const auto drawn = backoff_.next(clock_.now());
        const auto wait = std::max(drawn, std::chrono::milliseconds{wish.value_or(std::chrono::seconds{0})});
        const bool in_time = wait < deadline.left(clock_) && (kind == Failure::throttled || lasts_not_too_long(wait));
        return in_time ? std::optional{wait} : std::nullopt;
    }

 private:
    bool lasts_not_too_long(std::chrono::milliseconds wait) {
        const auto now = clock_.now();
        failing_since_ = failing_since_.value_or(now);
        return now + wait - *failing_since_ <= limits_.failures;
    }

    const Clock& clock_;
    const RetryLimits& limits_;
    mqtt::Backoff backoff_;
    std::optional<TimePoint> failing_since_;
};

ApiError of_transport(const ApiInfo& info, const Error& error) {
    ApiError api{error.during(info.name)};
    api.outcome_unknown = may_have_been_received(error.code());
    return api;
}

std::string clock_words(const ApiInfo& info, std::chrono::sys_seconds service, WallTime ours) {
    const auto text = [](WallTime time) { return text::time_text(std::chrono::system_clock::to_time_t(time)); };
    return std::string{info.name} + ": this computer's clock is off: it says " + text(ours) + ", AWS says " +
           text(service) + "; set the clock";
}

}  // namespace

Result<ApiEndpoint> iot_endpoint(const Account& account) {
    TRY(auto region, account.region());
    TRY(auto url, account.endpoint(Service::iot));
    return ApiEndpoint{Service::iot, std::move(url), std::move(region)};
}

Result<ApiEndpoint> data_endpoint(const Account& account, const std::string& host) {
    TRY(auto region, account.region());
    auto url = account.endpoint(Service::iot_data);
    if (!url) {
        url = parse_url("https://" + host);
    }
    if (!url) {
        return url.failure();
    }
    return ApiEndpoint{Service::iot_data, *std::move(url), std::move(region)};
}

// Outcome is an answer, or an error and what goes with it.
struct ApiClient::Outcome {
    ApiResult<Received> result;
    std::optional<std::chrono::seconds> wish{};  // when the service wants to be asked again
    std::optional<std::chrono::seconds> skew{};  // how far the service's clock is ahead of the signature, if too far
};

ApiClient::ApiClient(Surroundings surroundings, ApiEndpoint endpoint, CredentialSource credentials, RetryLimits limits)
    : surroundings_{std::move(surroundings)},
      endpoint_{std::move(endpoint)},
      credentials_{std::move(credentials)},
      limits_{limits} {}

ApiResult<ApiClient::Received> ApiClient::exchange(const ApiInfo& info, const ApiRequest& request,
                                                   const Deadline& deadline) {
    if (info.service != endpoint_.service) {
        return tl::make_unexpected(
            ApiError{Error{Errc::argument_invalid, std::string{info.name} + " at this service"}});
    }
    Patience patience{surroundings_.clock, limits_, surroundings_.random};
    auto http = http_request(info, request, endpoint_.url);
    for (int number = 1;; ++number) {
        if (preparation_) {
            preparation_(info.name);
        }
        auto outcome = attempt(info, http, deadline);
        if (outcome.result) {
            tell({.call = info.name, .number = number});
            return std::move(outcome.result);
        }
        const auto& error = outcome.result.error();
        const auto wait = patience.next(info, error, outcome.wish, deadline);
        tell({.call = info.name,
              .number = number,
              .failure = error,
              .wait = wait.value_or(std::chrono::milliseconds{0})});
        if (!wait) {
            return std::move(outcome.result);
        }
        surroundings_.clock.sleep_for(*wait);
    }
}

Result<void> ApiClient::learn_clock(const Deadline& deadline) {
    TRY(const auto answer, surroundings_.http.send({.url = endpoint_.url}, deadline));
    const auto date = answer.date();
    const auto skew =
        date ? std::chrono::round<std::chrono::seconds>(*date - surroundings_.wall_clock()) : std::chrono::seconds{0};
    if (std::chrono::abs(skew) > tolerated_skew) {
        clock_offset_ = skew;
    }
    return {};
}

// attempt sends once; twice where the first answer tells that this computer's clock is off.
ApiClient::Outcome ApiClient::attempt(const ApiInfo& info, HttpRequest& http, const Deadline& deadline) {
    auto outcome = send(info, http, deadline);
    if (outcome.skew) {
        clock_offset_ += *outcome.skew;
        outcome = send(info, http, deadline);
    }
    return outcome;
}

ApiClient::Outcome ApiClient::send(const ApiInfo& info, HttpRequest& http, const Deadline& deadline) {
    const auto credentials = credentials_(deadline);
    if (!credentials) {
        return {tl::make_unexpected(ApiError{credentials.error().during(info.name)})};
    }
    const auto now = surroundings_.wall_clock() + clock_offset_;
    sign(http, *credentials, {endpoint_.region, std::string{signing_name(endpoint_.service)}}, now);
    const auto at_most = Deadline::after(surroundings_.clock, limits_.attempt);
    auto response = surroundings_.http.send(http, {std::min(deadline.at, at_most.at)});
    if (!response) {
        return {tl::make_unexpected(of_transport(info, response.error()))};
    }
    if (response->status < 200 || response->status > 299) {
        return refused(info, *response, now);
    }
    auto id = request_id_of(*response);
    return {Received{std::move(response->body), std::move(id)}};
}

ApiClient::Outcome ApiClient::refused(const ApiInfo& info, const HttpResponse& response, WallTime signed_at) const {
    auto error = refusal_in(info, response, endpoint_.region, endpoint_.url.host);
    const auto date = response.date();
    const auto skew = date ? std::chrono::round<std::chrono::seconds>(*date - signed_at) : std::chrono::seconds{0};
    const bool off = is_signature_refused(error.code()) && std::chrono::abs(skew) > tolerated_skew;
    if (off) {
        static_cast<Error&>(error) = Error{ApiErrc::clock_skew, clock_words(info, *date, signed_at)};
    }
    return {tl::make_unexpected(std::move(error)), response.retry_after(), off ? std::optional{skew} : std::nullopt};
}

void ApiClient::tell(const Attempt& attempt) const {
    if (observer_) {
        observer_(attempt);
    }
}

ApiResult<void> ApiClient::read_answer(const ApiInfo& info, const Received& received, const Parse& parse) {
    // Calls without an answer come back with an empty body or with {}.
    const std::string_view text = received.body.empty() ? "{}" : view_of(received.body);
    const auto json = Json::parse(text, nullptr, false);
    const auto parsed = json.is_object() ? parse(json) : fail(ApiErrc::answer_malformed, "it is no JSON object");
    if (parsed) {
        return {};
    }
    ApiError error{Error{parsed.error().code(), std::string{info.name} +
                                                    ": AWS IoT's answer cannot be used: " + parsed.error().operation() +
                                                    (received.request_id.empty() ? "" : ", request ") +
                                                    received.request_id + "; check the address of the endpoint"}};
    error.request_id = received.request_id;
    error.outcome_unknown = true;
    return tl::make_unexpected(std::move(error));
}

}  // namespace trustx::aws
