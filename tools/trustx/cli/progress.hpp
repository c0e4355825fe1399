// SPDX-License-Identifier: Apache-2.0
// A line on the terminal that shows people that a program is at work, and what it waits for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace trustx::cli {

// Progress writes to a terminal while something takes longer than `patience`, and takes its line back afterwards.
// Nothing of it reaches a file or a pipe.
class Progress {
 public:
    using Duration = std::chrono::steady_clock::duration;

    // terminal is a descriptor; -1 shows nothing. It stays open as long as the Progress.
    explicit Progress(int terminal, Duration patience = std::chrono::seconds{1});
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Work is one thing that may take long; inside another one it is part of that. The line is gone when the last ends.
    class Work {
     public:
        Work(Progress& progress, const std::string& what) : progress_{progress} { progress_.begin(what); }
        ~Work() { progress_.end(); }
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;

     private:
        Progress& progress_;
    };

    // count says how far it is: bytes done, and how many there are where that is known.
    void count(std::uint64_t done, std::optional<std::uint64_t> total = std::nullopt);

 private:
    void begin(const std::string& what);
    void end();
    void start();
    void watch();
    void draw(std::chrono::steady_clock::time_point now);
    void put(const std::string& text) const;

    const int terminal_;
    const Duration patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int depth_ = 0;
    std::string what_;
    std::chrono::steady_clock::time_point since_;
    std::optional<std::uint64_t> done_;
    std::optional<std::uint64_t> total_;
    bool drawn_ = false;
    bool ends_ = false;
    std::thread watcher_;  // from the first Work on
};

}  // namespace trustx::cli
