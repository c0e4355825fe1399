// SPDX-License-Identifier: Apache-2.0
#include "aws/signing/sigv4.hpp"

#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"

#include <trustx/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/evp.h>

namespace trustx::aws {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view date_header = "X-Amz-Date";
constexpr std::string_view token_header = "X-Amz-Security-Token";
constexpr std::size_t digest_size = 32;

[[noreturn]] void no_digest() {
    throw std::runtime_error{"OpenSSL gives no SHA-256: its configuration is broken"};
}

std::string lower_hex(ByteView bytes) {
    return text::lower_case(to_hex(bytes));
}

std::string sha256(std::string_view text) {
    std::array<std::uint8_t, digest_size> digest{};
    if (::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) != 1) {
        no_digest();
    }
    return lower_hex(digest);
}

SecretBytes hmac(const SecretBytes& key, std::string_view text) {
    SecretBytes mac(digest_size);
    const auto data = text::as_bytes(text);
    if (::EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), data.data(), data.size(),
                    mac.data(), mac.size(), nullptr) == nullptr) {
        no_digest();
    }
    return mac;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

// canonical_path has neither empty nor relative segments, and each is encoded as if it were not yet.
std::string canonical_path(std::string_view path) {
    std::vector<std::string_view> segments;
    for (const auto segment : split(path, '/')) {
        if (segment == ".." && !segments.empty()) {
            segments.pop_back();
        } else if (!segment.empty() && segment != "." && segment != "..") {
            segments.push_back(segment);
        }
    }
    std::string canonical;
    for (const auto segment : segments) {
        canonical.append("/").append(percent_encode(segment));
    }
    return canonical.empty() || path.ends_with('/') ? canonical + "/" : canonical;
}

// canonical_query sorts what is encoded already, by name and then by value.
std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    for (const auto parameter : split(query, '&')) {
        const auto equals = parameter.find('=');
        if (!parameter.empty()) {
            parameters.emplace_back(parameter.substr(0, equals),
                                    equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
        }
    }
    std::sort(parameters.begin(), parameters.end());
    std::string canonical;
    for (const auto& [name, value] : parameters) {
        canonical.append(canonical.empty() ? "" : "&").append(name).append("=").append(value);
    }
    return canonical;
}

// folded is a value without white space around it, and with one space in place of several.
std::string folded(std::string_view value) {
    std::string text;
    for (const auto word : split(value, ' ')) {
        if (!word.empty()) {
            text.append(text.empty() ? "" : " ").append(word);
        }
    }
    return text;
}

// canonical_headers has names in lower case, sorted; the values of a repeated header are joined in their order.
std::map<std::string, std::string> canonical_headers(const std::vector<Header>& headers) {
    std::map<std::string, std::string> canonical;
    for (const auto& [name, value] : headers) {
        const auto [entry, first] = canonical.try_emplace(text::lower_case(name), folded(value));
        if (!first) {
            entry->second.append(",").append(folded(value));
        }
    }
    return canonical;
}

std::string signed_headers(const std::vector<Header>& headers) {
    std::string names;
    for (const auto& [name, value] : canonical_headers(headers)) {
        names.append(names.empty() ? "" : ";").append(name);
    }
    return names;
}

// amz_date is "20150830T123600Z".
std::string amz_date(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string day_of(WallTime time) {
    return amz_date(time).substr(0, 8);
}

std::string scope_text(const SigningScope& scope, WallTime time) {
    return day_of(time) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

std::string signature(std::string_view secret, const SigningScope& scope, WallTime time, std::string_view text) {
    SecretBytes key{'A', 'W', 'S', '4'};
    key.insert(key.end(), secret.begin(), secret.end());
    for (const auto& part : {day_of(time), scope.region, scope.service, std::string{"aws4_request"}}) {
        key = hmac(key, part);
    }
    return lower_hex(hmac(key, text));
}

void remove_header(HttpRequest& request, std::string_view name) {
    std::erase_if(request.headers, [lower = text::lower_case(name)](const Header& header) {
        return text::lower_case(header.name) == lower;
    });
}

void set_header(HttpRequest& request, std::string_view name, std::string value) {
    remove_header(request, name);
    request.headers.push_back({std::string{name}, std::move(value)});
}

}  // namespace

std::string canonical_request(const HttpRequest& request) {
    std::string text = std::string{method_name(request.method)} + "\n" + canonical_path(request.url.path) + "\n" +
                       canonical_query(request.url.query) + "\n";
    for (const auto& [name, value] : canonical_headers(request.headers)) {
        text.append(name).append(":").append(value).append("\n");
    }
    return text + "\n" + signed_headers(request.headers) + "\n" + sha256(request.body);
}

std::string string_to_sign(const HttpRequest& request, const SigningScope& scope, WallTime time) {
    return std::string{algorithm} + "\n" + amz_date(time) + "\n" + scope_text(scope, time) + "\n" +
           sha256(canonical_request(request));
}

void sign(HttpRequest& request, const Credentials& credentials, const SigningScope& scope, WallTime time) {
    remove_header(request, "Authorization");
    remove_header(request, token_header);
    set_header(request, "Host", request.url.authority());
    set_header(request, date_header, amz_date(time));
    if (!credentials.session_token.empty()) {
        set_header(request, token_header, std::string{credentials.session_token.view()});
    }
    const auto value =
        signature(credentials.secret_access_key.view(), scope, time, string_to_sign(request, scope, time));
    const auto names = signed_headers(request.headers);
    request.headers.push_back({"Authorization", std::string{algorithm} + " Credential=" + credentials.access_key_id +
                                                    "/" + scope_text(scope, time) + ", SignedHeaders=" + names +
                                                    ", Signature=" + value});
}

}  // namespace trustx::aws
