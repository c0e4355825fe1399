// SPDX-License-Identifier: Apache-2.0
#include "trace/line_reader.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_file.hpp"
#include "common/try.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace trustx::cli {

Result<LineReader> LineReader::open(const std::string& path) {
    if (path == "-") {
        return LineReader{UniqueFd{}, STDIN_FILENO, files::input_name(path)};
    }
    UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return files::cannot_read(path, errno_code());
    }
    const int descriptor = file.get();
    return LineReader{std::move(file), descriptor, path};
}

Result<bool> LineReader::refill() {
    constexpr std::size_t block = 65536;
    buffer_.resize(block);
    at_ = 0;
    for (;;) {
        const auto count = ::read(descriptor_, buffer_.data(), buffer_.size());
        if (count >= 0) {
            buffer_.resize(static_cast<std::size_t>(count));
            return count > 0;
        }
        if (errno != EINTR) {
            const auto code = errno_code();
            buffer_.clear();
            return files::cannot_read(name_, code);
        }
    }
}

Result<std::optional<std::string>> LineReader::next() {
    std::string line;
    for (bool begun = false;; begun = true) {
        if (at_ == buffer_.size()) {
            TRY(const auto more, refill());
            if (!more) {
                number_ += begun ? 1 : 0;
                return begun ? std::optional{std::move(line)} : std::nullopt;
            }
        }
        const auto end = buffer_.find('\n', at_);
        const auto size = (end == std::string::npos ? buffer_.size() : end) - at_;
        line.append(buffer_, at_, std::min(size, longest_line - line.size()));
        at_ += size;
        if (end != std::string::npos) {
            ++at_;
            ++number_;
            return std::optional{std::move(line)};
        }
    }
}

}  // namespace trustx::cli
