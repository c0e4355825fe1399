// SPDX-License-Identifier: Apache-2.0
// Many handshakes of one process at each level: what stays taken of the chip and of memory. For
// tests/consumers/tls-levels.
#include "support/catch.hpp"
#include "tls_levels.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/device.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace trustx::test;

namespace {

// Handshakes until the memory of the process is looked at for the first time, and from then on. The first ones fill
// caches that stay, such as those of sessions and of the allocator.
constexpr int few = 200;
constexpr int many = 800;

struct Memory {
    long after_few = 0;  // kB, resident
    long after_many = 0;
};

long resident_kilobytes(const std::string& pid) {
    std::istringstream status{read_file("/proc/" + pid + "/status")};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stol(line.substr(6));
        }
    }
    throw std::runtime_error{"/proc/" + pid + "/status has no VmRSS"};
}

// check_sessions leases all four session objects, as another program would, while the one that made handshakes lives.
void check_sessions(const Environment& environment) {
    trustx::DeviceOptions options;
    options.lock_directory = environment.at("TRUSTX_LOCK_DIRECTORY");
    const auto device =
        trustx::Device::open(trustx::BusAddress::parse(environment.at("TRUSTX_DEVICE")).value(), options);
    std::vector<trustx::SessionLease> leases;
    for (int i = 0; i < 4; ++i) {
        auto lease = device->lease_session(std::chrono::milliseconds{1});
        INFO("session object " << i + 1 << " of 4");
        REQUIRE(lease.has_value());
        leases.push_back(std::move(*lease));
    }
}

// A FIFO as a URL keeps curl waiting where it stands in the list.
class Pause {
 public:
    explicit Pause(std::filesystem::path path) : path_{std::move(path)} {
        std::filesystem::remove(path_);
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    }
    [[nodiscard]] std::string url() const { return "file://" + path_.string(); }

    // during waits until the process has come to it, and lets it go on after the function.
    template <typename Function>
    void during(const Process& process, Function&& function) const {
        auto opened = std::async(std::launch::async, [this] { return ::open(path_.c_str(), O_WRONLY | O_CLOEXEC); });
        const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::minutes{5});
        bool there = false;
        while (!there && process.running() && std::chrono::steady_clock::now() < deadline) {
            there = opened.wait_for(std::chrono::milliseconds{50}) == std::future_status::ready;
        }
        // A reader ends the other thread's wait where the process does not come.
        const int reader = there ? -1 : ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        const int fd = opened.get();
        ::close(reader);
        INFO(process.err());
        REQUIRE(there);
        function();
        ::close(fd);
    }

 private:
    std::filesystem::path path_;
};

std::string numbered(const std::string& url, int times) {
    return url + "?[1-" + std::to_string(times) + "]";
}

const Arguments curl_options{"--silent",  "--show-error",   "--fail", "--http1.1",
                             "--no-alpn", "--no-sessionid", "-H",     "Connection: close"};

Memory of_curl(const Host& host, const Combination& combination) {
    const auto environment = level_environment(host, combination);
    const WebServer server{host, peer_environment(host, combination)};
    const Pause first{host.path("first")};
    const Pause second{host.path("second")};
    const auto url = "https://localhost:" + server.port() + "/";
    auto arguments = curl_options;
    for (const auto& more :
         {curl_versions(combination),
          Arguments{"--cacert", host.ca(), "--cert", host.client().certificate, "--key", host.client().key,
                    numbered(url, few), first.url(), numbered(url, many), second.url()}}) {
        arguments.insert(arguments.end(), more.begin(), more.end());
    }
    Process curl{"curl", arguments, {.environment = environment}};
    Memory memory;
    const auto pid = std::to_string(curl.pid());
    first.during(curl, [&] { memory.after_few = resident_kilobytes(pid); });
    second.during(curl, [&] {
        memory.after_many = resident_kilobytes(pid);
        check_sessions(environment);
    });
    const auto outcome = curl.wait();
    INFO(outcome.err);
    REQUIRE(outcome.ok());
    return memory;
}

Memory of_nginx(const Host& host, const Combination& combination) {
    const auto environment = level_environment(host, combination);
    const auto nginx = serve_by_nginx(host, combination, environment, "$pid\n");
    const auto visit = [&](int times) {
        auto arguments = curl_options;
        // curl as a peer overrides its configuration, too.
        const Arguments more{"--tls-max",
                             expected_suite(combination).version == "TLSv1.2" ? "1.2" : "1.3",
                             "--cacert",
                             host.ca(),
                             "--unix-socket",
                             nginx.socket(),
                             numbered("https://localhost/", times)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto pids = Host::must_run(peer_environment(host, combination), "curl", arguments).out;
        const auto pid = pids.substr(0, pids.find('\n'));
        return resident_kilobytes(pid);
    };
    const Memory memory{.after_few = visit(few), .after_many = visit(many)};
    check_sessions(environment);
    return memory;
}

}  // namespace

TEST_CASE("a thousand handshakes of one process leave no session object taken and no memory", "[.][many-handshakes]") {
    const Host host{"P-256"};
    const auto combination = GENERATE_REF(from_range(combinations_of(
        {Consumer::curl, Consumer::nginx}, {Offer::only_1_2, Offer::only_1_3, Offer::both_to_1_2}, Suite::sha256)));
    INFO(name_of(combination));
    static_cast<void>(host.counters());
    const auto memory =
        combination.consumer == Consumer::curl ? of_curl(host, combination) : of_nginx(host, combination);
    auto commands = host.counters().commands;
    commands.erase("GetDataObject");  // the security event counter, from time to time
    auto expected = expected_commands(combination);
    for (auto& [name, times] : expected) {
        times *= few + many;
    }
    CHECK(written(commands) == written(expected));
    std::printf("%s: %ld kB after %d handshakes, %ld kB after %d\n", name_of(combination).c_str(), memory.after_few,
                few, memory.after_many, few + many);
    // curl's allocator takes some dozen kB meanwhile, with software keys, too. An object that is left behind by each
    // handshake takes several times as much.
    CHECK(memory.after_many - memory.after_few < many * 200 / 1024);
}
