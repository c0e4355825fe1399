// SPDX-License-Identifier: Apache-2.0
#include "aws/http/http_client.hpp"

#include <algorithm>
#include <charconv>

#include <curl/curl.h>

namespace trustx::aws {

namespace {

// http_date reads the three forms of dates that HTTP has.
std::optional<std::chrono::sys_seconds> http_date(const std::string& text) {
    const auto time = ::curl_getdate(text.c_str(), nullptr);
    return time < 0 ? std::nullopt : std::optional{std::chrono::sys_seconds{std::chrono::seconds{time}}};
}

std::optional<std::chrono::seconds> seconds_in(const std::string& text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{std::chrono::seconds{value}} : std::nullopt;
}

}  // namespace

std::string_view method_name(Method method) noexcept {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::patch:
            return "PATCH";
        case Method::delete_:
            return "DELETE";
    }
    return {};
}

std::optional<std::string> HttpResponse::header(std::string_view name) const {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [name](const Header& header) { return header.name == name; });
    return found == headers.end() ? std::nullopt : std::optional<std::string>{found->value};
}

std::optional<std::chrono::sys_seconds> HttpResponse::date() const {
    const auto text = header("date");
    return text ? http_date(*text) : std::nullopt;
}

std::optional<std::chrono::seconds> HttpResponse::retry_after() const {
    const auto text = header("retry-after");
    if (!text) {
        return std::nullopt;
    }
    if (const auto seconds = seconds_in(*text)) {
        return seconds;
    }
    // By the server's own clock: this computer's may be wrong.
    const auto until = http_date(*text);
    const auto now = date();
    return until && now ? std::optional{std::max(*until - *now, std::chrono::seconds{0})} : std::nullopt;
}

}  // namespace trustx::aws
