// SPDX-License-Identifier: Apache-2.0
// Other people's web: curl, nginx as server and as proxy with a client key, and the modules of Python and Node.js,
// which stand for every program written in these languages. None of them is told of a provider except by the
// environment.
#include "host.hpp"
#include "nginx.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <regex>
#include <set>

using namespace trustx::test;

namespace {

// curl_front asks nginx through its socket; url may stand for several.
Outcome curl_front(const Host& host, const Nginx& nginx, const std::string& url, const std::string& tls,
                   const Arguments& more = {}) {
    Arguments arguments{"--silent", "--show-error",  "--fail",       "--max-time",   "60",        "--cacert",
                        host.ca(),  "--unix-socket", nginx.socket(), "--tlsv" + tls, "--tls-max", tls};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(url);
    return Host::must_run(host.plain_environment(), "curl", arguments);
}

std::filesystem::path scripts() {
    return source_directory() / "tests" / "consumers";
}

// check_script runs a script that has both sides of its handshakes in one process, and counts the uses of keys. What
// follows the given arguments is the same for all scripts.
void check_script(const std::string& program, const std::vector<std::string>& begin, const Host& host,
                  const std::string& curve) {
    for (const auto& tls : both_versions) {
        for (const auto arrangement : every_configuration) {
            INFO(curve << " TLS " << tls << " " << name_of(arrangement));
            const auto script = [&](const Identity& client, const Identity& server, const char* mode) {
                auto arguments = begin;
                arguments.insert(arguments.end(), {host.ca(), client.certificate, client.key, server.certificate,
                                                   server.key, tls, mode});
                return Host::must_run(host.environment(arrangement), program, arguments).out;
            };
            static_cast<void>(host.counters());
            CHECK(script(host.client(), host.server(), "load") == "loaded\n");
            CHECK(host.counters().transfers == 0);
            CHECK(script(host.client(), host.software_server(), "full") == "TLSv" + tls + " full\n");
            CHECK(host.key_uses() == 1);
            CHECK(script(host.software_client(), host.server(), "full") == "TLSv" + tls + " full\n");
            CHECK(host.key_uses() == 1);
            CHECK(script(host.client(), host.server(), "resumed") == "TLSv" + tls + " full\nTLSv" + tls + " resumed\n");
            CHECK(host.key_uses() == 2);
        }
    }
}

}  // namespace

TEST_CASE("curl uses the client key once for each connection", "[consumers]") {
    if (curl_skipped()) {
        return;
    }
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    const WebServer server{host};
    // A combined file, certificate first, is common with curl.
    write_file(host.path("combined.pem"), read_file(host.client().certificate) + read_file(host.client().key));
    for (const auto& tls : both_versions) {
        for (const auto arrangement : every_configuration) {
            INFO(curve << " TLS " << tls << " " << name_of(arrangement));
            const auto curl = [&](const Arguments& identity) {
                Arguments arguments{"--silent", "--show-error", "--no-alpn",    "--max-time", "60",
                                    "--cacert", host.ca(),      "--tlsv" + tls, "--tls-max",  tls};
                arguments.insert(arguments.end(), identity.begin(), identity.end());
                arguments.push_back("https://localhost:" + server.port() + "/");
                return Host::must_run(host.environment(arrangement), "curl", arguments).out;
            };
            static_cast<void>(host.counters());
            CHECK_THAT(curl({"--cert", host.client().certificate, "--key", host.client().key}),
                       ContainsSubstring("TLSv" + tls));
            CHECK(host.key_uses() == 1);
            curl({"--cert", host.path("combined.pem")});
            CHECK(host.key_uses() == 1);
        }
    }
}

TEST_CASE("nginx serves with two workers that share the chip, one signature for each connection", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    // With the time that a real chip takes: while one worker waits for it, the other accepts.
    const Host host{curve, "typical"};
    for (const auto arrangement : every_configuration) {
        INFO(curve << " " << name_of(arrangement));
        static_cast<void>(host.counters());
        Nginx nginx{host, host.environment(arrangement), 2,
                    server_section(host, "front", host.server(), "location / { return 200 \"worker $pid\\n\"; }\n")};
        CHECK(host.counters().transfers == 0);  // the master loaded the key
        for (const auto& tls : both_versions) {
            std::set<std::string> workers;
            int connections = 0;
            for (int round = 0; round < 25 && workers.size() < 2; ++round) {
                const auto answers = curl_front(host, nginx, "https://localhost/[1-4]", tls,
                                                {"--parallel", "--parallel-immediate", "--http1.1", "-H",
                                                 "Connection: close", "--no-sessionid"})
                                         .out;
                connections += 4;
                static const std::regex worker{"worker \\d+"};
                for (auto it = std::sregex_iterator{answers.begin(), answers.end(), worker};
                     it != std::sregex_iterator{}; ++it) {
                    workers.insert(it->str());
                }
            }
            CHECK(workers.size() == 2);
            CHECK(host.key_uses() == connections);
        }
        CHECK(nginx.stop() == 0);
        CHECK_THAT(nginx.log(),
                   !ContainsSubstring("[alert]") && !ContainsSubstring("[crit]") && !ContainsSubstring("[emerg]"));
    }
}

TEST_CASE("a session that nginx resumes uses no key", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    for (const auto arrangement : every_configuration) {
        const Nginx nginx{host, host.environment(arrangement), 2,
                          server_section(host, "front", host.server(),
                                         "ssl_session_cache shared:s:1m;\nlocation / { return 200 hello; }\n")};
        for (const auto& tls : both_versions) {
            INFO(curve << " TLS " << tls << " " << name_of(arrangement));
            const auto connect = [&](const char* option) {
                return Host::must_run(host.plain_environment(tls), "openssl",
                                      {"s_client", "-unix", nginx.socket(), "-CAfile", host.ca(), "-servername",
                                       "localhost", "-verify_return_error", "-ign_eof", option, host.path("session")},
                                      "GET / HTTP/1.0\r\n\r\n")
                    .out;
            };
            static_cast<void>(host.counters());
            CHECK_THAT(connect("-sess_out"), ContainsSubstring("New, TLSv" + tls));
            CHECK(host.key_uses() == 1);
            CHECK_THAT(connect("-sess_in"), ContainsSubstring("Reused, TLSv" + tls));
            CHECK(host.key_uses() == 0);
        }
    }
}

TEST_CASE("nginx as a proxy uses its client key once, and not again while it can resume", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    for (const auto& tls : both_versions) {
        for (const auto arrangement : every_configuration) {
            INFO(curve << " TLS " << tls << " " << name_of(arrangement));
            const auto front =
                server_section(host, "front", host.software_server(),
                               "location / {\nproxy_pass https://unix:" + host.path("back").string() +
                                   ":/;\nproxy_ssl_name localhost;\nproxy_ssl_server_name on;\nproxy_ssl_verify on;\n"
                                   "proxy_ssl_protocols TLSv" +
                                   tls + ";\nproxy_ssl_trusted_certificate " + host.ca().string() +
                                   ";\nproxy_ssl_certificate " + host.client().certificate.string() +
                                   ";\nproxy_ssl_certificate_key " + host.client().key.string() + ";\n}\n");
            const auto back = server_section(
                host, "back", host.software_server(),
                "ssl_session_cache shared:back:1m;\nssl_verify_client on;\nssl_client_certificate " +
                    host.ca().string() +
                    ";\nlocation / { return 200 \"$ssl_client_s_dn $ssl_protocol $ssl_session_reused\\n\"; }\n");
            static_cast<void>(host.counters());
            const Nginx nginx{host, host.environment(arrangement), 1, front + back};
            CHECK(host.counters().transfers == 0);
            CHECK(curl_front(host, nginx, "https://localhost/", "1.3").out == "CN=client TLSv" + tls + " .\n");
            CHECK(host.key_uses() == 1);
            CHECK(curl_front(host, nginx, "https://localhost/", "1.3").out == "CN=client TLSv" + tls + " r\n");
            CHECK(host.key_uses() == 0);
        }
    }
}

TEST_CASE("nginx works with our sample, as server and as proxy, each with one signature", "[consumers]") {
    const Host host{"P-256"};
    auto sample = read_file(source_directory() / "conf" / "services" / "nginx-server.conf");
    const auto set = [&](const std::string& from, const std::string& to) {
        REQUIRE_THAT(sample, ContainsSubstring(from));
        sample = std::regex_replace(sample, std::regex{from}, to);
    };
    set("listen 443 ssl", "listen unix:" + host.path("front").string() + " ssl");
    set("proxy_pass https://service.example/", "proxy_pass https://unix:" + host.path("back").string() + ":/");
    set("service.example", "localhost");
    set("/etc/trustx/gateway-certificate.pem", host.client().certificate.string());
    set("/etc/trustx/gateway.pem", host.client().key.string());
    set("/etc/trustx/ca.pem", host.ca().string());
    set("/var/www/html", host.path("www").string());
    std::filesystem::create_directory(host.path("www"));
    write_file(host.path("www") / "index.html", "a page\n");
    const auto service = server_section(host, "back", host.software_server(),
                                        "ssl_verify_client on;\nssl_client_certificate " + host.ca().string() +
                                            ";\nlocation / { return 200 \"$ssl_client_s_dn\\n\"; }\n");
    const Nginx nginx{host, host.environment(Arrangement::default_first), 1, sample + service};
    static_cast<void>(host.counters());
    CHECK(curl_front(host, nginx, "https://localhost/", "1.3").out == "a page\n");
    CHECK(host.key_uses() == 1);
    CHECK(curl_front(host, nginx, "https://localhost/upstream/", "1.3").out == "CN=client\n");
    CHECK(host.key_uses() == 2);
}

TEST_CASE("Python's ssl module uses each key once, and none for a resumed session", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    // Debian's own Python, whatever else the PATH has: it is the one that uses the system's OpenSSL.
    check_script("/usr/bin/python3", {scripts() / "handshakes.py"}, host, curve);
}

TEST_CASE("Node.js uses each key once, and none for a resumed session", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    check_script("node", {scripts() / "handshakes.js", host.path("node.socket")}, host, curve);
}
