// SPDX-License-Identifier: Apache-2.0
// trustx monitor: the chip's security monitor, live.
#include "chip/security_credit.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/io/time_structs.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <chrono>
#include <cmath>
#include <csignal>
#include <ctime>
#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct MonitorOptions {
    double interval = 1;  // seconds
    std::optional<std::uint64_t> count;
    bool json = false;
};

constexpr const char* monitor_examples =
    R"(Uses of private keys beyond one in 5 seconds raise the security event counter once the credit (at most 5) is spent; each 5
seconds without one lower it again, and then earn credit. From 128 on the chip delays each use, at 255 by 5 seconds. The
chip does not tell its credit: shown are the most it can be, and what it is if nobody used a key since the start.
No private key is used. Ends after --count readings, or with Ctrl-C.

Examples:
  trustx monitor
  trustx monitor --interval 5 --count 12 --json)";

// Interruption makes SIGINT and SIGTERM end the loop instead of the process: they stay pending while the chip is read.
class Interruption {
 public:
    Interruption() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        sigprocmask(SIG_BLOCK, &signals_, &before_);
    }
    ~Interruption() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    // arrives_within waits that long for one.
    [[nodiscard]] bool arrives_within(std::chrono::nanoseconds time) const {
        const timespec limit = io::to_timespec(time);
        return sigtimedwait(&signals_, nullptr, &limit) > 0;
    }

 private:
    sigset_t signals_{};
    sigset_t before_{};
};

std::string line(SecurityEventCounter counter, const SecurityCredit& credit, bool json) {
    if (json) {
        return nlohmann::ordered_json{{"time", text::time_text(std::time(nullptr))},
                                      {"security_event_counter", counter.value},
                                      {"credit_at_most", credit.at_most()},
                                      {"credit_if_idle", credit.if_idle()},
                                      {"delay_ms", counter.delay().count()}}
                   .dump() +
               "\n";
    }
    return text::time_text(std::time(nullptr)) + "  counter " + std::to_string(counter.value) + "  credit " +
           std::to_string(credit.if_idle()) + " (at most " + std::to_string(credit.at_most()) + ")" +
           (counter.throttled() ? "  each use of a key is delayed by " + std::to_string(counter.delay().count()) + " ms"
                                : std::string{}) +
           "\n";
}

Result<std::chrono::nanoseconds> parse_interval(double seconds) {
    constexpr double longest = 86400;
    if (!std::isfinite(seconds) || seconds < 0 || seconds > longest) {
        return fail(InputErrc::usage, "--interval is a number of seconds, 0 to 86400");
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{seconds});
}

Result<void> monitor(const Context& context, const MonitorOptions& options) {
    TRY(const auto interval, parse_interval(options.interval));
    if (options.count == 0) {
        return fail(InputErrc::usage, "--count is the number of readings, 1 or more");
    }
    TRY(auto chip, open_chip(context));
    const Interruption interruption;
    SecurityCredit credit;
    for (std::uint64_t reading = 1;; ++reading) {
        TRY(const auto counter, chip.with([](LockedDevice& device) { return read_security_event_counter(device); }));
        credit.see(counter, std::chrono::steady_clock::now());
        TRYV(answer(line(counter, credit, options.json)));
        if (reading == options.count || interruption.arrives_within(interval)) {
            return {};
        }
    }
}

}  // namespace

void add_monitor(Command& program) {
    const auto options = std::make_shared<MonitorOptions>();
    auto command = program.subcommand("monitor", "Watch the security event counter and the credit", monitor_examples);
    command.option("--interval", options->interval, "Seconds between two readings; default: 1", "N");
    command.option("--count", options->count, "Readings to take; default: until Ctrl-C", "N");
    command.flag("--json", options->json, "A line of JSON for each reading");
    command.on_run([options](const Context& context) { return monitor(context, *options); });
}

}  // namespace trustx::cli
