// SPDX-License-Identifier: Apache-2.0
// The stress run: many processes with many threads share one chip while processes are killed and stopped and the chip
// is reset under them. A fixed number of operations ends right or with a clear error, everything that was signed
// verifies, and the figures of throughput and waiting are printed.
//
// usage: trustx_stress [--processes N] [--threads N] [--operations N] [--disturbances N] [--seed N]
#include "stress_shared.hpp"
#include "stress_tls.hpp"
#include "stress_worker.hpp"
#include "support/build_tree.hpp"
#include "support/simulator.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/device.hpp>
#include <trustx/objects.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <new>
#include <random>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace trustx::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
    int processes = 8;
    int threads = 4;
    std::uint32_t operations = 2000;
    std::uint32_t disturbances = 60;
    std::uint64_t seed = 1;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const auto value = std::stoul(argv[i + 1]);
        if (name == "--processes") {
            options.processes = static_cast<int>(value);
        } else if (name == "--threads") {
            options.threads = static_cast<int>(value);
        } else if (name == "--operations") {
            options.operations = static_cast<std::uint32_t>(value);
        } else if (name == "--disturbances") {
            options.disturbances = static_cast<std::uint32_t>(value);
        } else if (name == "--seed") {
            options.seed = value;
        } else {
            throw std::runtime_error{"unknown option " + name};
        }
    }
    return options;
}

void require(const Outcome& outcome, const char* what) {
    if (!outcome.ok()) {
        throw std::runtime_error{std::string{what} + ": " + outcome.both()};
    }
}

// Chip is a simulator prepared for the run: a key in E0F1, its reference and certificate, and what E0E0 holds.
class Chip {
 public:
    Chip() {
        ::setenv("TRUSTX_DEVICE", simulator_.address().c_str(), 1);
        ::setenv("TRUSTX_LOCK_DIRECTORY", (directory() / "locks").c_str(), 1);
        ::setenv("TRUSTX_CONF", (directory() / "trustx.conf").c_str(), 1);
        ::setenv("OPENSSL_CONF", (directory() / "openssl.cnf").c_str(), 1);
        // The simulator waits for the disk after each write, which takes seconds while others fill it; how long a user
        // of the chip may have to wait is measured here, not judged.
        write_file(directory() / "trustx.conf", "lock-timeout-ms = 120000\n");
        write_file(directory() / "openssl.cnf",
                   "openssl_conf = init\n[init]\nproviders = providers\n[providers]\ndefault = default_sect\n"
                   "trustx = trustx_sect\n[default_sect]\nactivate = 1\n[trustx_sect]\nactivate = 1\nmodule = " +
                       (module_directory() / "trustx.so").string() + "\n");
        require(run(program("trustx"), {"keygen", "E0F1", "--out", directory() / "key.pem"}), "make a key");
        require(run(program("trustx"), {"object", "read", "E0E0", "--out", directory() / "chip-certificate.der"}),
                "read E0E0");
    }
    [[nodiscard]] const std::filesystem::path& directory() const { return simulator_.directory().path(); }
    [[nodiscard]] const Simulator& simulator() const { return simulator_; }

    void pulse_reset() const {
        SystemClock clock;
        auto bus = open_bus(BusAddress::parse(simulator_.socket_address()).value(), clock);
        if (!bus || !(*bus)->pulse_reset(Deadline::after(clock, 10s))) {
            throw std::runtime_error{"reset the chip"};
        }
    }

 private:
    Simulator simulator_;
};

class Crowd {
 public:
    Crowd(StressShared& shared, const Chip& chip, const Options& options, int progress)
        : shared_{shared},
          chip_{chip},
          options_{options},
          progress_{progress},
          workers_(static_cast<std::size_t>(options.processes), -1) {}
    ~Crowd() {
        for (const auto pid : workers_) {
            if (pid > 0) {
                ::kill(pid, SIGKILL);
                ::waitpid(pid, nullptr, 0);
            }
        }
    }

    // run returns when all tickets were taken and all workers ended. disturb is called for each equal share of the
    // operations that has ended.
    void run(std::uint32_t disturbances, const std::function<void()>& disturb) {
        const auto give_up_at = SteadyClock::now() + patience(300s);
        std::uint32_t disturbed = 0;
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            start(i);
        }
        while (!all_ended()) {
            wait_for_progress();
            reap();
            const auto due = disturbances == 0 ? 0 : shared_.ended.load() * disturbances / shared_.total;
            for (; disturbed < due && shared_.next_ticket.load() < shared_.total; ++disturbed) {
                disturb();
            }
            if (SteadyClock::now() > give_up_at) {
                throw std::runtime_error{"the run hangs: " + std::to_string(shared_.ended.load()) + " of " +
                                         std::to_string(shared_.total) + " operations ended"};
            }
        }
    }

    pid_t any(std::mt19937_64& random) const {
        const auto pid = workers_[random() % workers_.size()];
        return pid;
    }

    void wait_for_progress() const {
        pollfd event{.fd = progress_, .events = POLLIN, .revents = 0};
        ::poll(&event, 1, 100);
        std::uint64_t count = 0;
        static_cast<void>(!::read(progress_, &count, sizeof count));
    }

    [[nodiscard]] int restarts() const { return restarts_; }

 private:
    void start(std::size_t index) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            int status = 1;
            try {
                status = run_worker(shared_, chip_.directory(), static_cast<int>(index), options_.threads, progress_);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "WRONG: worker: %s\n", error.what());
            }
            ::_exit(status);
        }
        workers_[index] = pid;
    }

    void reap() {
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            int status = 0;
            if (workers_[i] > 0 && ::waitpid(workers_[i], &status, WNOHANG) == workers_[i]) {
                workers_[i] = -1;
                if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
                    throw std::runtime_error{"a worker died of signal " + std::to_string(WTERMSIG(status))};
                }
                if (shared_.next_ticket.load() < shared_.total) {
                    ++restarts_;
                    start(i);
                }
            }
        }
    }

    [[nodiscard]] bool all_ended() const {
        return std::all_of(workers_.begin(), workers_.end(), [](pid_t pid) { return pid < 0; }) &&
               shared_.next_ticket.load() >= shared_.total;
    }

    StressShared& shared_;
    const Chip& chip_;
    const Options& options_;
    int progress_;
    std::vector<pid_t> workers_;
    int restarts_ = 0;
};

struct Tally {
    std::uint32_t right = 0;
    std::uint32_t clear_errors = 0;
    std::uint32_t wrong = 0;
};

Tally report(const StressShared& shared) {
    Tally all;
    for (std::size_t kind = 0; kind < work_names.size(); ++kind) {
        const auto& ends = shared.ends[kind];
        std::printf("  %-14s %6u right %5u clear errors %3u wrong\n", work_names[kind], ends[0].load(), ends[1].load(),
                    ends[2].load());
        all.right += ends[0];
        all.clear_errors += ends[1];
        all.wrong += ends[2];
    }
    return all;
}

class Stress {
 public:
    explicit Stress(Options options) : options_{options}, progress_{::eventfd(0, EFD_NONBLOCK)} {
        void* memory = ::mmap(nullptr, sizeof(StressShared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || progress_ < 0) {
            throw std::runtime_error{"no shared memory"};
        }
        memory_ = memory;
    }

    int run() {
        const auto serial = measure("one process, one thread", 1, 1, options_.operations / 4);
        const auto crowd =
            measure("all processes and threads", options_.processes, options_.threads, options_.operations);
        std::printf("throughput of the crowd: %.2f of the serial limit\n", crowd / serial);
        return disturbed_run() ? 0 : 1;
    }

 private:
    StressShared& fresh(std::uint32_t operations, bool only_direct) {
        auto* shared = new (memory_) StressShared{};
        shared->total = operations;
        shared->only_direct = only_direct ? 1 : 0;
        shared->seed = options_.seed;
        return *shared;
    }

    double measure(const char* what, int processes, int threads, std::uint32_t operations) {
        auto& shared = fresh(operations, true);
        const Options those{.processes = processes, .threads = threads};
        Crowd crowd{shared, chip_, those, progress_};
        const auto start = SteadyClock::now();
        crowd.run(0, {});
        const std::chrono::duration<double> took = SteadyClock::now() - start;
        const auto locks = std::max(1U, shared.locks.load());
        const double hold = static_cast<double>(shared.holds_us) / locks;
        const double fair = hold * processes * threads;
        std::printf(
            "%s: %u operations, %.0f/s; held %.0f us each, waited %.0f us on average, %.0f us at most "
            "(fair share of %d: %.0f us)\n",
            what, operations, operations / took.count(), hold, static_cast<double>(shared.waits_us) / locks,
            static_cast<double>(shared.longest_wait_us), processes * threads, fair);
        const auto tally = report(shared);
        if (tally.right != operations) {
            throw std::runtime_error{"undisturbed operations failed"};
        }
        return operations / took.count();
    }

    bool disturbed_run() {
        auto& shared = fresh(options_.operations, false);
        Crowd crowd{shared, chip_, options_, progress_};
        std::mt19937_64 random{options_.seed};
        int kills = 0;
        int stops = 0;
        int resets = 0;
        crowd.run(options_.disturbances, [&] {
            const pid_t victim = crowd.any(random);
            switch (random() % 3) {
                case 0:
                    if (victim > 0) {
                        ::kill(victim, SIGKILL);
                        ++kills;
                    }
                    break;
                case 1:
                    if (victim > 0) {
                        // Stopped for as long as the others make progress, at most for one wait.
                        ::kill(victim, SIGSTOP);
                        crowd.wait_for_progress();
                        ::kill(victim, SIGCONT);
                        ++stops;
                    }
                    break;
                default:
                    chip_.pulse_reset();
                    ++resets;
            }
        });
        std::printf("disturbed: %u operations, %d kills, %d stops, %d chip resets\n", options_.operations, kills, stops,
                    resets);
        const auto tally = report(shared);
        // A killed process may end anywhere, between two counters too: what is missing was lost with one of its
        // threads.
        const auto lost = options_.operations - tally.right - tally.clear_errors - tally.wrong;
        const auto can_be_lost = static_cast<std::uint32_t>(kills * options_.threads);
        std::printf("right %u, clear errors %u, lost with their process %u, wrong %u; longest wait %.0f ms\n",
                    tally.right, tally.clear_errors, lost, tally.wrong,
                    static_cast<double>(shared.longest_wait_us) / 1000);
        const auto after = test::run(program("trustx"), {"random", "8", "--hex"});
        std::printf("the chip afterwards: %s\n", after.ok() ? "serves" : after.both().c_str());
        return after.ok() && tally.wrong == 0 && lost <= can_be_lost && tally.right > options_.operations / 2;
    }

    Options options_;
    int progress_;
    void* memory_ = nullptr;
    Chip chip_;

 public:
    // The client certificate needs the public key, and this process must not have used OpenSSL's provider before its
    // workers are forked, so a helper process makes the files.
    void write_identity_files() const {
        const pid_t pid = ::fork();
        if (pid == 0) {
            try {
                write_identity(chip_.directory(), key_of_reference(chip_.directory() / "key.pem"));
                ::_exit(0);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "%s\n", error.what());
                ::_exit(1);
            }
        }
        int status = -1;
        ::waitpid(pid, &status, 0);
        if (status != 0) {
            throw std::runtime_error{"the identity files could not be made"};
        }
    }
};

}  // namespace
}  // namespace trustx::test

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    if (trustx::test::skipped_under_thread_sanitizer("it knows no threads in a fork of a program with threads")) {
        return 77;
    }
    try {
        trustx::test::Stress stress{trustx::test::parse(argc, argv)};
        stress.write_identity_files();
        return stress.run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "trustx_stress: %s\n", error.what());
        return 1;
    }
}
