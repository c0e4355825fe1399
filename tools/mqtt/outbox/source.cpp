// SPDX-License-Identifier: Apache-2.0
#include "outbox/source.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace trustx::mqtt {

Source::Source(std::string payload, unsigned times, int fd)
    : repeated_{std::move(payload)}, repeats_left_{times}, fd_{fd} {}

Source Source::nothing() {
    return {{}, 0, -1};
}

Source Source::repeated(std::string payload, unsigned times) {
    return {std::move(payload), times, -1};
}

Source Source::lines(int fd) {
    return {{}, 0, fd};
}

// The more is read at once, the fewer transactions a burst takes: 64 KiB is what a pipe holds (pipe(7)).
Result<void> Source::read() {
    const auto had = partial_.size();
    constexpr std::size_t chunk = 65536;
    partial_.resize(had + chunk);
    const auto got = ::read(fd_, partial_.data() + had, chunk);
    const int error = errno;
    partial_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && (error == EINTR || error == EAGAIN)) {
        return {};
    }
    if (got < 0) {
        fd_ = -1;
        return fail(Cause::input, "read standard input: " + std::system_category().message(error));
    }
    if (got == 0) {
        fd_ = -1;
        if (!partial_.empty()) {
            lines_.push_back(std::exchange(partial_, {}));
        }
        return {};
    }
    split_lines();
    if (partial_.size() > max_line) {
        fd_ = -1;
        return fail(Cause::input, "standard input has a line of more than " + std::to_string(max_line) + " bytes");
    }
    return {};
}

void Source::split_lines() {
    std::size_t begin = 0;
    for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
        lines_.push_back(partial_.substr(begin, end - begin));
        begin = end + 1;
    }
    partial_.erase(0, begin);
}

std::vector<std::string> Source::take() {
    if (!lines_.empty()) {
        return std::exchange(lines_, {});
    }
    std::vector<std::string> taken;
    const auto most = std::clamp<std::size_t>(max_batch_bytes / (repeated_.size() + 1), 1, max_batch);
    for (; repeats_left_ > 0 && taken.size() < most; --repeats_left_) {
        taken.push_back(repeated_);
    }
    return taken;
}

void Source::end() {
    fd_ = -1;
    repeats_left_ = 0;
}

}  // namespace trustx::mqtt
