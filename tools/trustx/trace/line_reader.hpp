// SPDX-License-Identifier: Apache-2.0
// A file of any size, line by line, in bounded memory: a line without end is one line that is too long.
#pragma once

#include "common/io/unique_fd.hpp"

#include <trustx/result.hpp>

#include <optional>
#include <string>

namespace trustx::cli {

class LineReader {
 public:
    // A longer line is cut.
    static constexpr std::size_t longest_line = 16384;

    // open reads a file; "-" is standard input.
    static Result<LineReader> open(const std::string& path);

    // next gives a line without its line break, or nothing at the end.
    Result<std::optional<std::string>> next();

    // number is that of the last line, from 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
    LineReader(UniqueFd file, int descriptor, std::string name)
        : file_{std::move(file)}, descriptor_{descriptor}, name_{std::move(name)} {}
    Result<bool> refill();

    UniqueFd file_;  // empty for standard input
    int descriptor_;
    std::string name_;
    std::string buffer_;
    std::size_t at_ = 0;  // of the next character in buffer_
    std::uint64_t number_ = 0;
};

}  // namespace trustx::cli
