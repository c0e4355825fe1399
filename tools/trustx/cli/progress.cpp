// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include "common/io/write_all.hpp"
#include "common/text/as_bytes.hpp"

#include <csignal>

namespace trustx::cli {

using Ticks = std::chrono::steady_clock;

Progress::Progress(int terminal, Duration patience) : terminal_{terminal}, patience_{patience} {}

Progress::~Progress() {
    {
        const std::lock_guard lock{mutex_};
        ends_ = true;
    }
    changed_.notify_all();
    if (watcher_.joinable()) {
        watcher_.join();
    }
}

void Progress::begin(const std::string& what) {
    if (terminal_ < 0) {
        return;
    }
    const std::lock_guard lock{mutex_};
    if (depth_++ > 0) {
        return;
    }
    what_ = what;
    since_ = Ticks::now();
    done_.reset();
    total_.reset();
    if (!watcher_.joinable()) {
        start();
    }
    changed_.notify_all();
}

// Signals are for the thread that does the work.
void Progress::start() {
    sigset_t all{};
    sigset_t before{};
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    watcher_ = std::thread{[this] { watch(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Progress::end() {
    if (terminal_ < 0) {
        return;
    }
    const std::lock_guard lock{mutex_};
    if (--depth_ == 0 && drawn_) {
        put("\r\033[K");
        drawn_ = false;
    }
}

void Progress::count(std::uint64_t done, std::optional<std::uint64_t> total) {
    const std::lock_guard lock{mutex_};
    done_ = done;
    total_ = total;
}

void Progress::watch() {
    constexpr auto interval = std::chrono::milliseconds{500};
    std::unique_lock lock{mutex_};
    while (!ends_) {
        if (depth_ == 0) {
            changed_.wait(lock);
            continue;
        }
        const auto next = drawn_ ? Ticks::now() + interval : since_ + patience_;
        changed_.wait_until(lock, next);
        if (!ends_ && depth_ > 0 && Ticks::now() >= since_ + patience_) {
            draw(Ticks::now());
        }
    }
}

void Progress::draw(Ticks::time_point now) {
    constexpr std::uint64_t kilo = 1000;
    const auto amount = [](std::uint64_t bytes) {
        return bytes < 10 * kilo ? std::to_string(bytes) + " bytes" : std::to_string(bytes / kilo) + " kB";
    };
    auto text = "\rtrustx: " + what_;
    if (done_) {
        text += ", " + amount(*done_) + (total_ ? " of " + amount(*total_) : std::string{});
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since_).count();
    put(text + ", " + std::to_string(seconds) + " s\033[K");
    drawn_ = true;
}

// A terminal that is gone is no reason to end.
void Progress::put(const std::string& text) const {
    static_cast<void>(io::write_all(terminal_, text::as_bytes(text)));
}

}  // namespace trustx::cli
