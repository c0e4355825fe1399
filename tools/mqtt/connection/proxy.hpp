// SPDX-License-Identifier: Apache-2.0
// The HTTP proxy through which a broker is reached (CONNECT), by the environment variables that curl and others read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace trustx::mqtt {

// proxy_for gives what to connect through for a host: https_proxy without scheme, as HOST:PORT or
// USER:PASSWORD@HOST:PORT; empty: nothing, or the host is one of no_proxy's, a list of names with commas in between,
// of which each stands for what is below it as well, or a star for all.
std::string proxy_for(std::string_view host, std::string_view https_proxy, std::string_view no_proxy);

// is_http_proxy: by its scheme, or because it has none. Paho knows no other kind.
bool is_http_proxy(std::string_view https_proxy);

// host_and_port takes HOST:PORT, HOST or [ADDRESS]:PORT, without a password; the port is 8080 by default, as for Paho.
std::pair<std::string, std::uint16_t> host_and_port(std::string_view proxy);

// without_password is the proxy as messages name it.
std::string without_password(std::string_view proxy);

}  // namespace trustx::mqtt
