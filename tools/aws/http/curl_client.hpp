// SPDX-License-Identifier: Apache-2.0
// HttpClient by libcurl: TLS 1.2 at least, no redirects, bounded answers, the proxy of the environment (https_proxy and
// no_proxy, as curl takes them).
#pragma once

#include "aws/http/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace trustx::aws {

struct CurlSettings {
    // The roots that a server's certificate must lead to; empty: the system's.
    std::string ca_file{};
    // Certificate chain and key for servers that ask for them, as PEM files; the key may be a reference to one in the
    // chip. Both empty: none.
    std::string certificate_file{};
    std::string key_file{};
    std::string user_agent = "trustx";
    std::chrono::milliseconds connect_timeout{std::chrono::seconds{10}};
    std::size_t longest_answer = std::size_t{4} << 20;
    // The dates of certificates are not looked at: to ask a server for the time, with a clock that may be wrong.
    // Nothing secret may be sent then.
    bool ignore_dates = false;
};

// CurlClient keeps connections open between requests. One thread at a time.
class CurlClient final : public HttpClient {
 public:
    // clock must outlive the client; deadlines are by it. Throws std::bad_alloc.
    CurlClient(CurlSettings settings, const Clock& clock);
    ~CurlClient() override;

    Result<HttpResponse> send(const HttpRequest& request, const Deadline& deadline) override;

 private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trustx::aws
