// SPDX-License-Identifier: Apache-2.0
#include "fake_http.hpp"

#include <utility>

namespace trustx::test {

Result<aws::HttpResponse> FakeHttp::send(const aws::HttpRequest& request, const Deadline& deadline) {
    requests.push_back(request);
    times.push_back(clock_.now());
    if (hangs_) {
        clock_.sleep_until(deadline.at);
        return fail(aws::HttpErrc::timeout, "no answer");
    }
    const auto next = answers_.front();
    if (answers_.size() > 1) {
        answers_.pop_front();
    }
    return next();
}

FakeHttp& FakeHttp::answer(int status, const std::string& body, std::vector<aws::Header> headers) {
    answers_.emplace_back([=, headers = std::move(headers)] {
        return aws::HttpResponse{.status = status, .headers = headers, .body = {body.begin(), body.end()}};
    });
    return *this;
}

FakeHttp& FakeHttp::refuse(int status, const std::string& name, std::vector<aws::Header> headers) {
    headers.push_back({"x-amzn-errortype", name});
    return answer(status, R"({"message":"for this reason"})", std::move(headers));
}

FakeHttp& FakeHttp::fail_with(aws::HttpErrc code) {
    answers_.emplace_back([code]() -> Result<aws::HttpResponse> { return fail(code, "the words"); });
    return *this;
}

FakeHttp& FakeHttp::hang() {
    hangs_ = true;
    return *this;
}

}  // namespace trustx::test
