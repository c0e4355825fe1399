// SPDX-License-Identifier: Apache-2.0
#include "connection/proxy.hpp"

#include <algorithm>
#include <charconv>

namespace trustx::mqtt {
namespace {

bool is_below(std::string_view host, std::string_view name) {
    if (name.starts_with('.')) {
        name.remove_prefix(1);
    }
    const bool ends = !name.empty() && host.ends_with(name);
    return name == "*" || (ends && (host.size() == name.size() || host[host.size() - name.size() - 1] == '.'));
}

bool is_excepted(std::string_view host, std::string_view list) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto name = list.substr(0, comma);
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        name = name.substr(0, name.find_last_not_of(' ') + 1);
        if (is_below(host, name)) {
            return true;
        }
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    }
    return false;
}

}  // namespace

std::string proxy_for(std::string_view host, std::string_view https_proxy, std::string_view no_proxy) {
    if (is_excepted(host, no_proxy)) {
        return {};
    }
    // Paho C 1.3.12 takes the scheme https:// away, and anything else for a part of the name (Proxy.c).
    if (const auto scheme = https_proxy.find("://"); scheme != std::string_view::npos) {
        https_proxy.remove_prefix(scheme + 3);
    }
    return std::string{https_proxy.substr(0, https_proxy.find('/'))};
}

bool is_http_proxy(std::string_view https_proxy) {
    const auto scheme = https_proxy.find("://");
    return scheme == std::string_view::npos || https_proxy.substr(0, scheme) == "http" ||
           https_proxy.substr(0, scheme) == "https";
}

std::pair<std::string, std::uint16_t> host_and_port(std::string_view proxy) {
    std::uint16_t port = 8080;
    const auto colon = proxy.rfind(':');
    const bool has_port = colon != std::string_view::npos && proxy.find(']', colon) == std::string_view::npos;
    if (has_port) {
        std::from_chars(proxy.data() + colon + 1, proxy.data() + proxy.size(), port);
        proxy = proxy.substr(0, colon);
    }
    if (proxy.starts_with('[') && proxy.ends_with(']')) {
        proxy = proxy.substr(1, proxy.size() - 2);
    }
    return {std::string{proxy}, port};
}

std::string without_password(std::string_view proxy) {
    const auto at = proxy.rfind('@');
    return std::string{at == std::string_view::npos ? proxy : proxy.substr(at + 1)};
}

}  // namespace trustx::mqtt
