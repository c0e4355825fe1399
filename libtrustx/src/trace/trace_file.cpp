// SPDX-License-Identifier: Apache-2.0
#include "trace/trace_file.hpp"

#include "common/io/no_size_signal.hpp"
#include "common/io/unique_fd.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace trustx {
namespace {

// errno belongs to the caller of the library, which may be about to look at it.
class KeepErrno {
 public:
    KeepErrno() = default;
    KeepErrno(const KeepErrno&) = delete;
    KeepErrno& operator=(const KeepErrno&) = delete;
    ~KeepErrno() { errno = saved_; }

 private:
    int saved_ = errno;
};

// A line that ends at the limit of file sizes would be torn. Others may append at the same time, so some distance is
// kept.
bool within_size_limit(off_t size) noexcept {
    constexpr rlim_t distance = rlim_t{64} * 1024;
    rlimit limit{};
    return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           static_cast<rlim_t>(size) + distance <= limit.rlim_cur;
}

}  // namespace

bool TraceFile::open() noexcept {
    constexpr mode_t owner_only = 0600;
    // O_NONBLOCK: a path that turns out to be a pipe must not block the caller.
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    UniqueFd fd{::open(path_.c_str(), flags, owner_only)};
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        trouble_ = errno;
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        trouble_ = EINVAL;
        return false;
    }
    auto kept = KeptFd::keep(std::move(fd));
    if (!kept) {
        trouble_ = kept.error().code().value();
        return false;
    }
    size_ = status.st_size;
    torn_ = false;
    fd_ = *std::move(kept);
    return true;
}

bool TraceFile::ready() noexcept {
    if (const auto status = fd_.status()) {
        size_ = status->st_size;
    } else {
        fd_.reset();
        if (!open()) {
            return false;
        }
    }
    if (!within_size_limit(size_)) {
        trouble_ = EFBIG;
        return false;
    }
    return true;
}

void TraceFile::append(std::string_view line) noexcept {
    const KeepErrno keep;
    write(line);
    if (int none = 0; trouble_ != none) {
        loss_.compare_exchange_strong(none, trouble_);
    }
}

void TraceFile::write(std::string_view line) noexcept {
    if (!ready()) {
        return;
    }
    char line_break = '\n';
    // writev takes pointers to non-const for the sake of readv; it does not write to them.
    auto* const text = const_cast<char*>(line.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    const std::array<iovec, 2> parts{iovec{.iov_base = &line_break, .iov_len = torn_ ? std::size_t{1} : 0},
                                     iovec{.iov_base = text, .iov_len = line.size()}};
    const std::size_t size = parts[0].iov_len + parts[1].iov_len;
    ssize_t written = 0;
    const io::NoSizeSignal guard;
    do {
        written = ::writev(fd_.get(), parts.data(), static_cast<int>(parts.size()));
    } while (written < 0 && errno == EINTR);
    if (written < 0) {
        trouble_ = errno;
        return;
    }
    const bool whole = static_cast<std::size_t>(written) == size;
    torn_ = !whole && (written > 0 || torn_);
    trouble_ = whole ? 0 : ENOSPC;
}

std::optional<Error> TraceFile::trouble() const {
    const int number = trouble_.load();
    return number == 0 ? std::nullopt : std::optional{cannot_write(number)};
}

std::optional<Error> TraceFile::loss() const {
    const int number = loss_.load();
    return number == 0 ? std::nullopt : std::optional{cannot_write(number)};
}

Error TraceFile::cannot_write(int number) const {
    return Error{errno_code(number), "write the trace " + path_};
}

}  // namespace trustx
