// SPDX-License-Identifier: Apache-2.0
#include "nginx.hpp"

#include <stdexcept>

#include <unistd.h>

namespace trustx::test {

Nginx::Nginx(const Host& host, const Environment& environment, int workers, const std::string& servers)
    : directory_{host.path("")}, process_{start(host, environment, workers, servers)} {
    if (!wait_for_socket(socket())) {
        throw std::runtime_error("nginx does not listen: " + process_.err());
    }
}

Process Nginx::start(const Host& host, const Environment& environment, int workers, const std::string& servers) {
    // Each instance finds a clean table: nginx does not remove a socket that it did not make.
    std::filesystem::remove(host.path("front"));
    std::filesystem::remove(host.path("back"));
    // Workers of a root's nginx would become www-data, who must not enter the test's directory.
    const std::string user = ::geteuid() == 0 ? "user root root;\n" : "";
    std::string text = user + "daemon off;\npid " + host.path("nginx.pid").string() + ";\nerror_log stderr;\n" +
                       "worker_processes " + std::to_string(workers) +
                       ";\nevents { worker_connections 64; }\nhttp {\naccess_log off;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
        text += std::string{kind} + "_temp_path " + host.path("nginx").string() + ";\n";
    }
    write_file(host.path("nginx.conf"), text + servers + "}\n");
    return {"/usr/sbin/nginx",
            {"-p", host.path(""), "-e", "stderr", "-c", host.path("nginx.conf")},
            {.environment = environment}};
}

std::string server_section(const Host& host, const std::string& socket, const Identity& identity,
                           const std::string& rest, const std::string& protocols) {
    return "server {\nlisten unix:" + host.path(socket).string() + " ssl;\nssl_certificate " +
           identity.certificate.string() + ";\nssl_certificate_key " + identity.key.string() + ";\nssl_protocols " +
           protocols + ";\n" + rest + "}\n";
}

}  // namespace trustx::test
