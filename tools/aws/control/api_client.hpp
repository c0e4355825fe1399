// SPDX-License-Identifier: Apache-2.0
// Makes calls: signs and sends them, sends again what may be sent again, and turns refusals into codes (aws-iot.md
// section 6.2).
#pragma once

#include "aws/control/api_call.hpp"
#include "aws/control/api_error.hpp"
#include "aws/http/http_client.hpp"
#include "aws/signing/sigv4.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace trustx::aws {

// ApiEndpoint is one service in one region.
struct ApiEndpoint {
    Service service = Service::iot;
    Url url{};
    std::string region{};
};

// iot_endpoint is the account's control plane. Errors: AccountErrc.
Result<ApiEndpoint> iot_endpoint(const Account& account);
// data_endpoint is the data plane for HTTPS; host is DescribeEndpoint's answer, used unless the environment or the
// profile names another.
Result<ApiEndpoint> data_endpoint(const Account& account, const std::string& host);

// CredentialSource is asked before each attempt, so that credentials that expire are replaced in time.
using CredentialSource = std::function<Result<Credentials>(const Deadline&)>;

struct RetryLimits {
    // Waits grow from the base to the cap, with full jitter; a wish of the service (Retry-After) is respected as it is.
    std::chrono::milliseconds base{500};
    std::chrono::milliseconds cap{std::chrono::seconds{20}};
    std::chrono::milliseconds attempt{std::chrono::seconds{30}};  // for one answer
    // How long failures other than throttling are tried again. Being throttled is no failure: that ends with the
    // deadline only.
    std::chrono::milliseconds failures{std::chrono::seconds{20}};
};

// Surroundings are what calls need of the world, and must outlive the client.
struct Surroundings {
    HttpClient& http;
    Clock& clock;
    WallClock wall_clock;
    std::function<double()> random;  // in [0, 1); one for each wait
};

// Attempt is told to observers: one for each request that was sent or could not be.
struct Attempt {
    std::string_view call;
    int number = 1;
    std::optional<Error> failure{};
    std::chrono::milliseconds wait{0};  // before the next; zero: there is none
};

// ApiClient is for one service in one region. One thread at a time.
class ApiClient {
 public:
    ApiClient(Surroundings surroundings, ApiEndpoint endpoint, CredentialSource credentials, RetryLimits limits = {});

    // call sends until there is an answer or the deadline passes; the error is then that of the last attempt. What was
    // throttled is repeated; so are failures of connection and service, unless the call is not repeatable (ApiInfo) and
    // may have been executed: ApiError::outcome_unknown. Errors: ApiErrc, HttpErrc, AccountErrc.
    template <ApiCall Call>
    ApiResult<typename Call::Answer> call(const Call& call, const Deadline& deadline) {
        auto answer = exchange(Call::info, call.request(), deadline);
        if (!answer) {
            return tl::make_unexpected(std::move(answer).error());
        }
        return parsed<typename Call::Answer>(Call::info, *answer, &Call::parse);
    }

    // prepare has a function called before each attempt, with the name of the call: for whoever wants it to wait.
    void prepare(std::function<void(std::string_view)> preparation) { preparation_ = std::move(preparation); }

    // observe has a function called after each attempt: for progress and traces.
    void observe(std::function<void(const Attempt&)> observer) { observer_ = std::move(observer); }

    // learn_clock asks what time it is there, by a request that nobody signs: any answer says it, also its refusal
    // (aws-iot.md section 1.5). Errors: HttpErrc.
    Result<void> learn_clock(const Deadline& deadline);

    // clock_offset is what has to be added to this computer's clock to get the service's, as far as that is known: it
    // is learnt by learn_clock, or from an answer that refuses a signature because of its date.
    [[nodiscard]] std::chrono::seconds clock_offset() const { return clock_offset_; }

    [[nodiscard]] const ApiEndpoint& endpoint() const { return endpoint_; }

 private:
    struct Received {
        SecretBytes body;
        std::string request_id;
    };
    using Parse = std::function<Result<void>(const Json&)>;
    struct Outcome;

    ApiResult<Received> exchange(const ApiInfo& info, const ApiRequest& request, const Deadline& deadline);
    Outcome attempt(const ApiInfo& info, HttpRequest& http, const Deadline& deadline);
    Outcome send(const ApiInfo& info, HttpRequest& http, const Deadline& deadline);
    Outcome refused(const ApiInfo& info, const HttpResponse& response, WallTime signed_at) const;
    void tell(const Attempt& attempt) const;
    static ApiResult<void> read_answer(const ApiInfo& info, const Received& received, const Parse& parse);

    template <class Answer>
    static ApiResult<Answer> parsed(const ApiInfo& info, const Received& received,
                                    Result<Answer> (*parse)(const Json&)) {
        std::optional<Answer> answer;
        const auto read = read_answer(info, received, [&](const Json& json) -> Result<void> {
            auto result = parse(json);
            if (!result) {
                return result.failure();
            }
            answer = *std::move(result);
            return {};
        });
        if (!read) {
            return tl::make_unexpected(read.error());
        }
        return *std::move(answer);
    }

    Surroundings surroundings_;
    ApiEndpoint endpoint_;
    CredentialSource credentials_;
    RetryLimits limits_;
    std::function<void(std::string_view)> preparation_;
    std::function<void(const Attempt&)> observer_;
    std::chrono::seconds clock_offset_{0};
};

}  // namespace trustx::aws
