// SPDX-License-Identifier: Apache-2.0
#include "aws/http/url.hpp"

#include "aws/http/http_error.hpp"

#include <charconv>
#include <memory>
#include <optional>

#include <curl/curl.h>

namespace trustx::aws {
namespace {

struct ReleaseUrl {
    void operator()(CURLU* url) const noexcept { ::curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, ReleaseUrl>;

// part is empty for what the address does not have.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (::curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) {
        return {};
    }
    std::string copy{text};
    ::curl_free(text);
    return copy;
}

std::optional<std::uint16_t> port_number(const std::string& text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && port != 0 ? std::optional{port} : std::nullopt;
}

bool is_unreserved(char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

// fail_url shows nothing in front of an at sign: that is a user and a password.
tl::unexpected<Error> fail_url(const std::string& text, const std::string& why) {
    return fail(HttpErrc::request_invalid, "`" + text.substr(text.rfind('@') + 1) + "` " + why +
                                               "; an address has the form https://HOST[:PORT][/PATH], without user and "
                                               "password");
}

}  // namespace

std::string Url::authority() const {
    const bool usual = port == (scheme == "http" ? 80 : 443);
    return usual ? host : host + ":" + std::to_string(port);
}

std::string Url::text() const {
    return scheme + "://" + authority() + path + (query.empty() ? "" : "?" + query);
}

Result<Url> parse_url(const std::string& text) {
    const UrlHandle handle{::curl_url()};
    const auto parsed = ::curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0);
    if (parsed != CURLUE_OK) {
        return fail_url(text, "is no address of a service");
    }
    Url url;
    url.scheme = part(handle.get(), CURLUPART_SCHEME);
    if (url.scheme != "https" && url.scheme != "http") {
        return fail_url(text, "has another scheme than https and http");
    }
    if (!part(handle.get(), CURLUPART_USER).empty() || !part(handle.get(), CURLUPART_PASSWORD).empty()) {
        return fail_url(text, "has a user or a password");
    }
    url.host = part(handle.get(), CURLUPART_HOST);
    const auto port = port_number(part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
    if (url.host.empty() || !port) {
        return fail_url(text, "has no host or no port");
    }
    url.port = *port;
    url.path = part(handle.get(), CURLUPART_PATH);
    url.query = part(handle.get(), CURLUPART_QUERY);
    return url;
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char letter : text) {
        if (is_unreserved(letter)) {
            encoded.push_back(letter);
        } else {
            const auto byte = static_cast<std::uint8_t>(letter);
            encoded.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 0x0F]);
        }
    }
    return encoded;
}

std::string query_text(const QueryParameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        text.append(text.empty() ? "" : "&").append(percent_encode(name)).append("=").append(percent_encode(value));
    }
    return text;
}

}  // namespace trustx::aws
