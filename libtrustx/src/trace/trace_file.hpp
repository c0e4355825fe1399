// SPDX-License-Identifier: Apache-2.0
// The file a trace is appended to. It never delays or fails a command: what cannot be written is lost, and the
// reason is kept for trouble().
#pragma once

#include "base/kept_fd.hpp"

#include <trustx/error.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace trustx {

// TraceFile is opened at the first line. One thread at a time may append; trouble may be asked by any.
class TraceFile {
 public:
    explicit TraceFile(std::string path) : path_{std::move(path)} {}

    // append writes one line, its line break included, with one write(2): lines of several processes do not mix.
    void append(std::string_view line) noexcept;

    // trouble says why the last line is not in the file.
    [[nodiscard]] std::optional<Error> trouble() const;
    // loss says why the first of the lines that were lost is not in the file.
    [[nodiscard]] std::optional<Error> loss() const;

 private:
    bool ready() noexcept;
    bool open() noexcept;
    void write(std::string_view line) noexcept;
    [[nodiscard]] Error cannot_write(int number) const;

    std::string path_;
    KeptFd fd_;
    off_t size_ = 0;
    bool torn_ = false;            // the last line has no end in the file
    std::atomic<int> trouble_{0};  // errno
    std::atomic<int> loss_{0};     // errno
};

}  // namespace trustx
