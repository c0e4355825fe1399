// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt behind a network that breaks at every kind of packet, in every way, in an order that a seed decides: what
// arrives is compared with what was accepted, its order, and how often the key was used.
//
// TRUSTX_TEST_SEED and TRUSTX_TEST_DISCONNECTIONS change the order and the number; tests/mqtt/faults/run sets them.
#include "../broker.hpp"
#include "../certificate_authority.hpp"
#include "../gateway.hpp"
#include "faulty_proxy.hpp"
#include "outbox/spool.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>

using namespace trustx::test;
using Kind = NetworkFault::Kind;

namespace {

constexpr std::array all_kinds{Kind::before, Kind::after, Kind::half_open, Kind::stall};

unsigned long number_from(const char* variable, unsigned long otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

std::string numbered(unsigned number) {
    auto text = std::to_string(number);
    return std::string(5 - text.size(), '0') + text;
}

using Payloads = std::vector<std::string>;

Payloads payloads(unsigned from, unsigned count) {
    Payloads all;
    for (unsigned i = from; i < from + count; ++i) {
        all.push_back(numbered(i));
    }
    return all;
}

std::string as_lines(const Payloads& payloads) {
    std::string text;
    for (const auto& payload : payloads) {
        text += payload + "\n";
    }
    return text;
}

// PlainBroker is a broker without TLS, which the proxies reach.
class PlainBroker {
 public:
    explicit PlainBroker(const TempDir& directory) {
        for (int attempt = 0; attempt < 10; ++attempt) {
            port_ = unused_port();
            const auto file = directory / "plain.conf";
            write_file(file, "listener " + std::to_string(port_) +
                                 " 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n"
                                 "log_dest stderr\nlog_type all\n");
            process_ = std::make_unique<Process>(mosquitto_broker(), std::vector<std::string>{"-c", file});
            try {
                process_->wait_for_error_line(" running");
                return;
            } catch (const std::runtime_error&) {
                // Another process took the port.
            }
        }
        throw std::runtime_error("mosquitto does not start: " + process_->err());
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    Process& process() { return *process_; }

 private:
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

struct World {
    World()
        : broker{directory},
          observer{"mosquitto_sub",
                   {"-p", std::to_string(broker.port()), "-h", "127.0.0.1", "-i", "observer", "-q", "1", "-t", "up/#",
                    "-F", "%t %p"}} {
        broker.process().wait_for_error_line("Sending SUBACK to observer");
    }

    TempDir directory;
    CertificateAuthority ca{directory.path(), "authority"};
    Gateway gateway{ca};
    CertificateAuthority::Server server{ca.issue_server("proxy", "DNS:localhost")};
    PlainBroker broker;
    Process observer;
};

// Lane is one client with a network of its own.
struct Lane {
    enum class Work : std::uint8_t { publishes, receives, says_goodbye };
    std::string name;
    std::string version;
    Work work;
    std::vector<NetworkFault> faults;
};

struct Report {
    std::size_t happened = 0;
    unsigned handshakes = 0;
    unsigned runs = 0;
    std::string problems;
    Payloads accepted;
    Payloads received;
};

Payloads received_on(const std::string& output, const std::string& topic) {
    Payloads received;
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(topic)) {
            received.push_back(line.substr(topic.size()));
        }
    }
    return received;
}

Payloads without_repetitions(const Payloads& payloads) {
    std::set<std::string> seen;
    Payloads first;
    std::copy_if(payloads.begin(), payloads.end(), std::back_inserter(first),
                 [&](const std::string& payload) { return seen.insert(payload).second; });
    return first;
}

// difference is where the two part, for messages; empty where they do not.
std::string difference(const Payloads& found, const Payloads& wanted) {
    const auto [at, other] = std::mismatch(found.begin(), found.end(), wanted.begin(), wanted.end());
    if (at == found.end() && other == wanted.end()) {
        return "";
    }
    return "after " + std::to_string(at - found.begin()) + " of " + std::to_string(wanted.size()) + ": " +
           (at == found.end() ? "nothing" : *at) + " instead of " + (other == wanted.end() ? "nothing" : *other);
}

class Driver {
 public:
    Driver(World& world, const Lane& lane)
        : world_{world},
          lane_{lane},
          proxy_{{world.server.certificate, world.server.key, world.ca.certificate(), world.broker.port()}} {}

    Report run() {
        try {
            switch (lane_.work) {
                case Lane::Work::publishes:
                    publish();
                    break;
                case Lane::Work::receives:
                    receive();
                    break;
                case Lane::Work::says_goodbye:
                    say_goodbye();
                    break;
            }
        } catch (const std::exception& error) {
            report_.problems += lane_.name + ": " + error.what() + "\n";
        }
        report_.happened = proxy_.happened();
        report_.handshakes = proxy_.handshakes();
        return std::move(report_);
    }

 private:
    static constexpr std::chrono::seconds allowed{120};

    Process client(std::vector<std::string> more, const Payloads& input) {
        ++report_.runs;
        std::vector<std::string> arguments{"--host",
                                           "localhost",
                                           "--port",
                                           std::to_string(proxy_.port()),
                                           "--ca",
                                           world_.ca.certificate(),
                                           "--key",
                                           world_.gateway.key(),
                                           "--cert",
                                           world_.gateway.certificate(),
                                           "--client-id",
                                           lane_.name,
                                           "--connect-timeout",
                                           "3",
                                           "--mqtt-version",
                                           lane_.version,
                                           "--subscribe",
                                           "down/" + lane_.name};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return {program("hasty_mqtt_client"),
                arguments,
                {.environment = world_.gateway.environment(), .input = as_lines(input)}};
    }
    Process publisher(const Payloads& input) {
        report_.accepted.insert(report_.accepted.end(), input.begin(), input.end());
        return client({"--topic", "up/" + lane_.name, "--spool", world_.directory / lane_.name}, input);
    }

    void finish(Process& process) {
        const auto outcome = process.terminate(patience(std::chrono::seconds{60}));
        if (outcome.status != 0 || outcome.timed_out) {
            report_.problems += lane_.name + " ended with " + std::to_string(outcome.status) + ": " + outcome.err;
        }
    }
    void demand_faults(const Process& process) {
        if (!proxy_.wait_until_done(patience(allowed))) {
            throw std::runtime_error("there was no " + proxy_.waiting_for() + ": " + process.err());
        }
    }
    void observe(const std::string& last) {
        world_.observer.wait_for_line("up/" + lane_.name + " " + last, patience(allowed));
    }
    void take_observed() {
        demand_nothing_set_aside();
        report_.received = received_on(world_.observer.out(), "up/" + lane_.name + " ");
    }
    // No message is to blame for what a network does.
    void demand_nothing_set_aside() {
        const auto spool =
            trustx::mqtt::Spool::open({.directory = world_.directory / lane_.name, .client_id = lane_.name});
        if (!spool || !(*spool)->empty() || (*spool)->counters().kept > 0) {
            report_.problems += lane_.name + ": the spool is not empty, or cannot be opened\n";
        }
    }

    void publish() {
        proxy_.plan(lane_.faults);
        const auto input = payloads(0, 200);
        auto process = publisher(input);
        demand_faults(process);
        observe(input.back());
        finish(process);
        take_observed();
    }

    // Each run goes on with the spool of the one before.
    void say_goodbye() {
        unsigned next = 0;
        for (const auto& fault : lane_.faults) {
            const auto input = payloads(next, 10);
            next += 10;
            proxy_.plan({fault});
            auto process = publisher(input);
            observe(input.back());
            finish(process);
            demand_faults(process);
        }
        take_observed();
    }

    void receive() {
        auto process = client({"--persistent-session"}, {});
        process.wait_for_error_line("subscribed to");
        proxy_.plan(lane_.faults);
        report_.accepted = payloads(0, 400);
        const auto sent = ::run("mosquitto_pub",
                                {"-h", "127.0.0.1", "-p", std::to_string(world_.broker.port()), "-q", "1", "-t",
                                 "down/" + lane_.name, "-l"},
                                {.input = as_lines(report_.accepted)});
        if (!sent.ok()) {
            throw std::runtime_error("mosquitto_pub: " + sent.both());
        }
        demand_faults(process);
        process.wait_for_line(report_.accepted.back(), patience(allowed));
        finish(process);
        report_.received = received_on(process.out(), "");
    }

    World& world_;
    const Lane& lane_;
    FaultyProxy proxy_;
    Report report_;
};

// Planner makes lanes of faults in an order that the generator decides.
class Planner {
 public:
    explicit Planner(unsigned long seed) : generator_{static_cast<std::mt19937::result_type>(seed)} {}

    // One of each fault for one version of the protocol.
    void add_pass(const std::string& version) {
        auto up = all_of({{Packet::connect, Sender::client},
                          {Packet::connack, Sender::broker},
                          {Packet::subscribe, Sender::client},
                          {Packet::suback, Sender::broker},
                          {Packet::publish, Sender::client},
                          {Packet::puback, Sender::broker},
                          {Packet::pingreq, Sender::client},
                          {Packet::pingresp, Sender::broker}});
        // A client pings when nothing else is to be sent.
        const auto pings = [](const NetworkFault& fault) {
            return fault.packet == Packet::pingreq || fault.packet == Packet::pingresp;
        };
        for (std::size_t part = 0; part < 3; ++part) {
            auto faults = every(up, 3, part);
            std::stable_partition(faults.begin(), faults.end(), std::not_fn(pings));
            add(version, Lane::Work::publishes, std::move(faults));
        }
        auto down = all_of({{Packet::publish, Sender::broker},
                            {Packet::puback, Sender::client},
                            {Packet::connect, Sender::client},
                            {Packet::connack, Sender::broker}});
        const auto happens_while_connected = [](const NetworkFault& fault) {
            return fault.packet == Packet::publish || fault.packet == Packet::puback;
        };
        for (std::size_t part = 0; part < 2; ++part) {
            auto faults = every(down, 2, part);
            std::iter_swap(faults.begin(), std::find_if(faults.begin(), faults.end(), happens_while_connected));
            add(version, Lane::Work::receives, std::move(faults));
        }
        add(version, Lane::Work::says_goodbye, all_of({{Packet::disconnect, Sender::client}}));
    }

    [[nodiscard]] std::size_t planned() const { return planned_; }
    [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }

 private:
    std::vector<NetworkFault> all_of(const std::vector<std::pair<Packet, Sender>>& packets) {
        std::vector<NetworkFault> all;
        for (const auto& [packet, sender] : packets) {
            const bool many = packet == Packet::publish || packet == Packet::puback;
            for (const auto kind : all_kinds) {
                all.push_back(
                    {packet, sender, kind, many ? static_cast<unsigned>(generator_() % 6) : 0, generator_() % 2 == 0});
            }
        }
        std::shuffle(all.begin(), all.end(), generator_);
        return all;
    }
    static std::vector<NetworkFault> every(const std::vector<NetworkFault>& all, std::size_t step, std::size_t first) {
        std::vector<NetworkFault> some;
        for (std::size_t i = first; i < all.size(); i += step) {
            some.push_back(all[i]);
        }
        return some;
    }
    void add(const std::string& version, Lane::Work work, std::vector<NetworkFault> faults) {
        planned_ += faults.size();
        lanes_.push_back({"lane-" + std::to_string(lanes_.size()), version, work, std::move(faults)});
    }

    std::mt19937 generator_;
    std::size_t planned_ = 0;
    std::vector<Lane> lanes_;
};

std::vector<Report> run_all(World& world, const std::vector<Lane>& lanes) {
    constexpr std::size_t at_once = 24;
    std::vector<Report> reports(lanes.size());
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(at_once, lanes.size()); ++i) {
        threads.emplace_back([&] {
            for (auto lane = next++; lane < lanes.size(); lane = next++) {
                reports[lane] = Driver{world, lanes[lane]}.run();
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    return reports;
}

}  // namespace

TEST_CASE(
    "whatever breaks between trustx-mqtt and its broker, all that was accepted arrives, first deliveries in order",
    "[mqtt][faults]") {
    const auto seed = number_from("TRUSTX_TEST_SEED", 1);
    const auto wanted = number_from("TRUSTX_TEST_DISCONNECTIONS", 200);
    Planner planner{seed};
    while (planner.planned() < wanted) {
        planner.add_pass("3.1.1");
        planner.add_pass("5");
    }
    World world;
    static_cast<void>(world.gateway.key_uses());
    const auto start = std::chrono::steady_clock::now();
    const auto reports = run_all(world, planner.lanes());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

    std::size_t happened = 0;
    std::size_t accepted = 0;
    std::size_t repeated = 0;
    unsigned handshakes = 0;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const auto& report = reports[i];
        INFO("seed " << seed << ", " << planner.lanes()[i].name << ", MQTT " << planner.lanes()[i].version);
        CHECK(report.problems == "");
        CHECK(difference(without_repetitions(report.received), report.accepted) == "");
        CHECK(report.happened == planner.lanes()[i].faults.size());
        happened += report.happened;
        accepted += report.accepted.size();
        repeated += report.received.size() - without_repetitions(report.received).size();
        handshakes += report.handshakes;
    }
    const auto uses = static_cast<std::size_t>(world.gateway.key_uses());
    std::printf(
        "seed %lu: %zu disconnections in %.0f s; %zu messages, %zu of them more than once; %u handshakes, "
        "%zu uses of the key\n",
        seed, happened, took.count(), accepted, repeated, handshakes, uses);
    CHECK(happened >= wanted);
    // One attempt after each disconnection, and one probe where it was before CONNACK.
    CHECK(uses >= handshakes);
    CHECK(uses <= 2 * happened + 2 * reports.size());
}
