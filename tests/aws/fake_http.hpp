// SPDX-License-Identifier: Apache-2.0
// A service that answers as a test says, one answer after the other.
#pragma once

#include "aws/http/http_client.hpp"
#include "support/virtual_clock.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace trustx::test {

class FakeHttp final : public aws::HttpClient {
 public:
    using Answer = std::function<Result<aws::HttpResponse>()>;

    explicit FakeHttp(VirtualClock& clock) : clock_{clock} {}

    Result<aws::HttpResponse> send(const aws::HttpRequest& request, const Deadline& deadline) override;

    // answer is what comes next; the last one stays.
    FakeHttp& answer(int status, const std::string& body = "{}", std::vector<aws::Header> headers = {});
    FakeHttp& refuse(int status, const std::string& name, std::vector<aws::Header> headers = {});
    FakeHttp& fail_with(aws::HttpErrc code);
    // hang lets the deadline of a request pass.
    FakeHttp& hang();

    std::vector<aws::HttpRequest> requests{};
    std::vector<TimePoint> times{};  // of the requests

 private:
    VirtualClock& clock_;
    std::deque<Answer> answers_;
    bool hangs_ = false;
};

}  // namespace trustx::test
