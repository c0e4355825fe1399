// SPDX-License-Identifier: Apache-2.0
#include "broker.hpp"

#include "support/temp_dir.hpp"

#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trustx::test {
namespace {

std::string openssl_configuration(const std::string& tls) {
    std::string text = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n";
    if (!tls.empty()) {
        text += "MinProtocol = TLSv" + tls + "\nMaxProtocol = TLSv" + tls + "\n";
    }
    return text;
}

}  // namespace

// Debian has it where the PATH of ordinary users does not look.
std::filesystem::path mosquitto_broker() {
    for (const char* place : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"}) {
        if (std::filesystem::exists(place)) {
            return place;
        }
    }
    throw std::runtime_error("mosquitto is not installed; run tools/setup-debian test");
}

std::filesystem::path mosquitto_plugin(const std::string& name) {
    // Its directory has the architecture in its name: /usr/lib/x86_64-linux-gnu.
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib")) {
        const auto plugin = entry.path() / ("mosquitto_" + name + ".so");
        if (std::filesystem::exists(plugin)) {
            return plugin;
        }
    }
    throw std::runtime_error("mosquitto's plugin " + name + " is not below /usr/lib; run tools/setup-debian test");
}

std::uint16_t unused_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool ok = fd >= 0 && ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
    const int error = errno;
    ::close(fd);
    if (!ok) {
        throw std::system_error(error, std::system_category(), "find a free port");
    }
    return ntohs(address.sin_port);
}

Broker::Broker(BrokerOptions options) : options_{std::move(options)} {
    write_file(options_.directory / "broker-openssl.cnf", openssl_configuration(options_.tls));
    // mosquitto cannot choose a free port itself, and another process may take the one that was free before it starts.
    for (int attempt = 0; attempt < 10; ++attempt) {
        const auto port = unused_port();
        if (try_start(port)) {
            port_ = port;
            return;
        }
    }
    throw std::runtime_error("mosquitto found no free port: " + process_->err());
}

bool Broker::try_start(std::uint16_t port) {
    const auto configuration = options_.directory / "broker.conf";
    write_file(configuration, "listener " + std::to_string(port) + " 127.0.0.1\ncafile " + options_.client_ca.string() +
                                  "\ncertfile " + options_.certificate.certificate.string() + "\nkeyfile " +
                                  options_.certificate.key.string() +
                                  "\nrequire_certificate true\nuse_identity_as_username true\nallow_anonymous false\n"
                                  "persistence false\nlog_dest stderr\nlog_type all\n" +
                                  (::geteuid() == 0 ? "user root\n" : "") + options_.further_configuration);
    auto environment = options_.environment;
    environment.try_emplace("OPENSSL_CONF", options_.directory / "broker-openssl.cnf");
    process_ = std::make_unique<Process>(mosquitto_broker(), std::vector<std::string>{"-c", configuration},
                                         ProcessOptions{.environment = environment});
    try {
        process_->wait_for_error_line(" running");
        return true;
    } catch (const std::runtime_error&) {
        if (process_->err().find("Address already in use") == std::string::npos) {
            throw;
        }
        return false;
    }
}

void Broker::stop() {
    process_->kill9();
}

void Broker::start() {
    if (!try_start(port_)) {
        throw std::runtime_error("another process took the broker's port meanwhile: " + process_->err());
    }
}

}  // namespace trustx::test
