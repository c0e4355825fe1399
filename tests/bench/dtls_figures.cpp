// SPDX-License-Identifier: Apache-2.0
// What DTLS by the chip costs: a handshake with and without a certificate of the client's, and records of several sizes
// in both directions, compared with what chip and bus cannot do without. The chip is a simulator with typical times on
// a bus of 400 kHz, at 6 and at 15 mA; the server is one of Mbed TLS on this machine, which sends back what it gets.
//
// usage: trustx_dtls_figures [--quick]
#include "../mqtt/certificate_authority.hpp"
#include "common/io/unique_fd.hpp"
#include "figures.hpp"
#include "support/build_tree.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "trace_costs.hpp"

#include <trustx/device.hpp>
#include <trustx/dtls.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace trustx::test {
namespace {

constexpr unsigned bus_khz = 400;
constexpr std::chrono::seconds patience_of_all{60};
constexpr ObjectId key{0xE0F1};
constexpr ObjectId certificate{0xE0E1};

UniqueFd connected_socket(const std::string& port) {
    UniqueFd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("no way leads to the server");
    }
    return fd;
}

class DtlsFigures {
 public:
    DtlsFigures(int runs, int milliamperes)
        : runs_{runs},
          milliamperes_{milliamperes},
          simulator_{{.timing = "typical", .arguments = {"--scl", std::to_string(bus_khz)}}} {
        if (milliamperes != default_milliamperes) {
            char hex[3];
            std::snprintf(hex, sizeof hex, "%02X", static_cast<unsigned>(milliamperes));
            trustx({"object", "write", "E0C4", "--hex"}, hex);
        }
        trustx({"keygen", "E0F1", "--out", files_ / "key.pem"});
        trustx({"pubkey", "E0F1", "--out", files_ / "public.pem"});
        trustx({"anchor", "write", "E0E8", authority_.certificate()});
        openssl({"req", "-new", "-subj", "/CN=sensor", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                 "-keyout", files_ / "unused.key", "-out", files_ / "sensor.csr"});
        write_file(files_ / "extensions", "basicConstraints = critical,CA:FALSE\n");
        openssl({"x509", "-req", "-in", files_ / "sensor.csr", "-force_pubkey", files_ / "public.pem", "-CA",
                 authority_.certificate(), "-CAkey", files_ / "authority-key.pem", "-set_serial", "7", "-extfile",
                 files_ / "extensions", "-out", files_ / "sensor.pem"});
        trustx({"cert", "write", "E0E1", files_ / "sensor.pem"});
        device_ =
            Device::open(must(BusAddress::parse(simulator_.address())),
                         {.lock_directory = simulator_.directory().path(), .trace = {.file = trace_, .recording = {}}});
    }

    void print() {
        std::printf("\nchip at %d mA, bus at %u kHz, %d runs; times in ms\n\n%-32s %8s %8s %8s %8s %6s %8s\n",
                    milliamperes_, bus_khz, runs_, "", "wall", "best", "chip", "bus", "ratio", "commands");
        for (const char* clients : {"none", "required"}) {
            const auto server = start_server(clients);
            handshakes(server, clients);
            if (std::strcmp(clients, "none") == 0) {
                records(server);
            }
        }
    }

 private:
    static constexpr int default_milliamperes = 6;

    struct Server {
        std::unique_ptr<Process> process;
        std::string port;
    };

    void trustx(const std::vector<std::string>& arguments, const std::string& input = {}) const {
        ProcessOptions options;
        options.environment["TRUSTX_LOCK_DIRECTORY"] = simulator_.directory().path().string();
        options.environment["TRUSTX_DEVICE"] = simulator_.address();
        options.environment["TRUSTX_CONF"] = "/dev/null";
        options.input = input;
        const Outcome outcome = run(program("trustx"), arguments, options);
        if (!outcome.ok()) {
            throw std::runtime_error(outcome.both());
        }
    }

    [[nodiscard]] Server start_server(const std::string& clients) const {
        auto process = std::make_unique<Process>(
            program("consumer_mbedtls_server"),
            std::vector<std::string>{"0", server_.certificate, server_.key, authority_.certificate(), clients});
        const auto line = process->wait_for_line("listening on ");
        return {.process = std::move(process), .port = line.substr(line.rfind(' ') + 1)};
    }

    // Cost is what a number of equal things took.
    struct Cost {
        std::vector<Nanoseconds> walls;
        Nanoseconds chip{0};
        Nanoseconds bus{0};
        std::int64_t commands = 0;

        void print(const std::string& name) {
            std::ranges::sort(walls);
            const auto count = static_cast<std::int64_t>(walls.size());
            const auto wall = walls[walls.size() / 2];
            std::printf("%-32s %8.2f %8.2f %8.2f %8.2f %6.3f %8.1f\n", name.c_str(), milliseconds(wall),
                        milliseconds(walls.front()), milliseconds(chip / count), milliseconds(bus / count),
                        milliseconds(wall) / milliseconds((chip + bus) / count),
                        static_cast<double>(commands) / static_cast<double>(count));
            std::fflush(stdout);
        }
    };

    // measure adds one thing to a cost.
    template <class Thing>
    void measure(Cost& cost, Thing thing) {
        simulator_.reset_stats();
        const auto traced = std::filesystem::exists(trace_) ? std::filesystem::file_size(trace_) : 0;
        const auto begin = std::chrono::steady_clock::now();
        thing();
        cost.walls.push_back(std::chrono::steady_clock::now() - begin);
        const auto seen = costs_since(trace_, traced, bus_khz);
        cost.chip += std::chrono::microseconds{simulator_.stats().at("chip_time_us").get<std::int64_t>()};
        cost.bus += seen.least_bus;
        cost.commands += seen.exchanges;
    }

    void handshakes(const Server& server, const std::string& clients) {
        const auto name = clients == "none" ? "handshake, server alone" : "handshake, mutual";
        Cost cost;
        for (int run = -1; run < runs_; ++run) {  // the first one to learn from
            const auto fd = connected_socket(server.port);
            const auto socket = must(dtls::use_udp_socket(fd.get()));
            dtls::Connection connection{*device_, *socket, clock_, {.key = key, .certificate = certificate}};
            Cost learning;
            measure(run < 0 ? learning : cost,
                    [&] { must(connection.connect(Deadline::after(clock_, patience_of_all))); });
            must(connection.close(Deadline::after(clock_, patience_of_all)));
        }
        cost.print(name);
    }

    void records(const Server& server) {
        const auto fd = connected_socket(server.port);
        const auto socket = must(dtls::use_udp_socket(fd.get()));
        dtls::Connection connection{*device_, *socket, clock_, {.key = key, .certificate = {}}};
        must(connection.connect(Deadline::after(clock_, patience_of_all)));
        for (const std::size_t size : {std::size_t{16}, std::size_t{64}, std::size_t{256}, std::size_t{1024}}) {
            Cost sent;
            Cost received;
            for (int run = -1; run < runs_; ++run) {
                Cost learning;
                const Bytes payload(size, 'x');
                measure(run < 0 ? learning : sent,
                        [&] { must(connection.send(payload, Deadline::after(clock_, patience_of_all))); });
                pollfd polled{fd.get(), POLLIN, 0};
                if (::poll(&polled, 1, 60'000) != 1) {
                    throw std::runtime_error("the server sends nothing back");
                }
                measure(run < 0 ? learning : received, [&] {
                    if (must(connection.receive(Deadline::after(clock_, patience_of_all))) != payload) {
                        throw std::runtime_error("the server sends something else back");
                    }
                });
            }
            sent.print("send " + std::to_string(size) + " bytes");
            received.print("receive " + std::to_string(size) + " bytes");
        }
    }

    int runs_;
    int milliamperes_;
    Simulator simulator_;
    TempDir files_;
    std::filesystem::path trace_ = simulator_.directory() / "trace";
    CertificateAuthority authority_{files_.path(), "authority"};
    CertificateAuthority::Server server_{authority_.issue_server("localhost", "DNS:localhost")};
    SystemClock clock_;
    std::unique_ptr<Device> device_;
};

}  // namespace
}  // namespace trustx::test

int main(int argc, char** argv) {
    const bool quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
    try {
        for (const int milliamperes : {6, 15}) {
            trustx::test::DtlsFigures(quick ? 1 : 15, milliamperes).print();
        }
    } catch (const std::exception& error) {
        std::cerr << "trustx_dtls_figures: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
