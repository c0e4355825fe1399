// SPDX-License-Identifier: Apache-2.0
// Through which proxy a broker is reached.
#include "connection/proxy.hpp"

#include "support/catch.hpp"

using trustx::mqtt::host_and_port;
using trustx::mqtt::is_http_proxy;
using trustx::mqtt::proxy_for;
using trustx::mqtt::without_password;

TEST_CASE("a proxy is named with or without a scheme", "[proxy]") {
    CHECK(proxy_for("broker", "http://proxy:3128", "") == "proxy:3128");
    CHECK(proxy_for("broker", "https://proxy:3128/", "") == "proxy:3128");
    CHECK(proxy_for("broker", "proxy:3128", "") == "proxy:3128");
    CHECK(proxy_for("broker", "", "").empty());
    CHECK(without_password(proxy_for("broker", "http://user:secret@proxy:3128", "")) == "proxy:3128");
}

TEST_CASE("hosts are excepted from a proxy by their names, and by those above", "[proxy]") {
    CHECK(proxy_for("a.example", "p:1", "b, a.example").empty());
    CHECK(proxy_for("a.example", "p:1", "example").empty());
    CHECK(proxy_for("a.example", "p:1", ".example").empty());
    CHECK(proxy_for("a.example", "p:1", "*").empty());
    CHECK(proxy_for("a.example", "p:1", "b.example,ample") == "p:1");
}

TEST_CASE("a proxy is told by its scheme from one that Paho does not know", "[proxy]") {
    CHECK(is_http_proxy("proxy:3128"));
    CHECK(is_http_proxy("http://proxy:3128"));
    CHECK_FALSE(is_http_proxy("socks5://proxy:1080"));
}

TEST_CASE("host and port of a proxy are found in each form", "[proxy]") {
    using Place = std::pair<std::string, std::uint16_t>;
    CHECK(host_and_port("proxy:3128") == Place{"proxy", 3128});
    CHECK(host_and_port("proxy") == Place{"proxy", 8080});
    CHECK(host_and_port("[::1]:3128") == Place{"::1", 3128});
    CHECK(host_and_port("[::1]") == Place{"::1", 8080});
}
