// SPDX-License-Identifier: Apache-2.0
// What a spool costs: messages in a second by how many share a transaction, the way out, the memory of a burst, and
// what it takes on the disk. The disk decides, so name a directory on the one that matters.
//
// usage: trustx_spool_figures [--quick] [DIRECTORY]
// Without a directory: a temporary one, which may be in memory.
#include "outbox/source.hpp"
#include "outbox/spool.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace trustx::test {
namespace {

using namespace trustx::mqtt;
using SteadyClock = std::chrono::steady_clock;

template <class T>
T value(Result<T> result) {
    if (!result) {
        throw std::runtime_error(to_string(result.error()));
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// kilobytes is a line of /proc/self/status (proc(5)): VmRSS what is resident, VmHWM the most that ever was.
long kilobytes(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == name + ":") {
            long number = 0;
            status >> number;
            return number;
        }
    }
    throw std::runtime_error("/proc/self/status has no " + name);
}

std::unique_ptr<Spool> open_in(const std::filesystem::path& place, const std::string& name) {
    return value(Spool::open({.directory = place / name, .client_id = "figures"}));
}

const std::string payload(100, 'x');

void print_accept_rate(const std::filesystem::path& place, std::size_t batch, std::size_t transactions) {
    const auto spool = open_in(place, "accept-" + std::to_string(batch));
    const std::vector<OutgoingMessage> messages(batch, {.topic = "greenhouse/1", .payload = payload});
    const auto start = SteadyClock::now();
    for (std::size_t i = 0; i < transactions; ++i) {
        value(spool->accept(messages));
    }
    const auto took = seconds_since(start);
    std::printf("  %8zu %14.0f %16.2f\n", batch, static_cast<double>(batch * transactions) / took,
                took * 1000 / static_cast<double>(transactions));
}

void print_way_out(const std::filesystem::path& place, std::size_t count) {
    constexpr std::size_t in_flight = 20;
    const auto spool = open_in(place, "out");
    value(spool->accept(std::vector<OutgoingMessage>(count, {.topic = "greenhouse/1", .payload = payload})));
    const auto start = SteadyClock::now();
    while (!spool->empty()) {
        for (std::size_t i = 0; i < in_flight; ++i) {
            const auto message = value(spool->next());
            if (message) {
                spool->ended(message->id, Outbox::Ending::delivered);
            }
        }
        value(spool->flush());
    }
    std::printf("delivered, %zu at a time: %.0f messages in a second\n", in_flight,
                static_cast<double>(count) / seconds_since(start));
}

void feed(int fd, std::size_t lines) {
    const auto line = payload + "\n";
    for (std::size_t i = 0; i < lines; ++i) {
        if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            break;
        }
    }
    ::close(fd);
}

void print_burst(const std::filesystem::path& place, std::size_t lines) {
    const auto before = kilobytes("VmRSS");
    const auto spool = open_in(place, "burst");
    const auto idle = kilobytes("VmRSS");
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) {
        throw std::runtime_error("no pipe");
    }
    std::thread writer{[&] { feed(pipe[1], lines); }};
    auto source = Source::lines(pipe[0]);
    const auto start = SteadyClock::now();
    std::size_t transactions = 0;
    while (!source.finished()) {
        value(source.read());
        std::vector<OutgoingMessage> batch;
        for (auto& text : source.take()) {
            batch.push_back({.topic = "greenhouse/1", .payload = std::move(text)});
        }
        value(spool->accept(batch));
        ++transactions;
    }
    const auto took = seconds_since(start);
    writer.join();
    ::close(pipe[0]);
    std::printf("burst of %zu lines: %.0f in a second, %zu transactions\n", lines, static_cast<double>(lines) / took,
                transactions);
    std::printf("memory: %ld kB for an open spool, at most %ld kB more during the burst\n", idle - before,
                kilobytes("VmHWM") - idle);
    std::uintmax_t taken = 0;
    for (const auto& file : std::filesystem::directory_iterator(place / "burst")) {
        taken += file.file_size();
    }
    std::printf("disk: %ju bytes for %ju bytes of messages\n", taken, std::uintmax_t{spool->counters().bytes});
}

void print_all(const std::filesystem::path& place, bool quick) {
    print_burst(place, quick ? 1000 : 100'000);
    std::printf("accepted, messages of %zu bytes:\n  %8s %14s %16s\n", payload.size(), "batch", "messages/s",
                "ms/transaction");
    for (const std::size_t batch : {1U, 10U, 100U, 1000U}) {
        print_accept_rate(place, batch, quick ? 3 : 200);
    }
    print_way_out(place, quick ? 100 : 20'000);
}

}  // namespace
}  // namespace trustx::test

int main(int argc, char** argv) {
    try {
        const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
        const int first = quick ? 2 : 1;
        if (argc > first + 1) {
            std::fprintf(stderr, "usage: trustx_spool_figures [--quick] [DIRECTORY]\n");
            return 2;
        }
        const trustx::test::TempDir temporary;
        const auto place = (argc > first ? std::filesystem::path{argv[first]} : temporary.path()) / "spool-figures";
        std::filesystem::remove_all(place);
        std::filesystem::create_directory(place);
        trustx::test::print_all(place, quick);
        std::filesystem::remove_all(place);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "trustx_spool_figures: %s\n", error.what());
        return 1;
    }
}
