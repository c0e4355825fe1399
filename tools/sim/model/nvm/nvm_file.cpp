// SPDX-License-Identifier: Apache-2.0
#include "model/nvm/nvm_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::sim {

namespace {

using Problem = tl::unexpected<std::string>;

Problem problem(const char* action, const std::filesystem::path& path, int reason = errno) {
    return Problem(std::string("cannot ") + action + " " + path.string() + ": " + std::strerror(reason));
}

Fd open_file(const std::filesystem::path& path, int flags) {
    return Fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

bool write_all(const Fd& file, const std::string& content) {
    std::size_t done = 0;
    while (done < content.size()) {
        const auto count = ::write(file.get(), content.data() + done, content.size() - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return false;
        }
        done += static_cast<std::size_t>(count);
    }
    return true;
}

std::optional<std::string> read_all(const Fd& file) {
    std::string content;
    std::array<char, 16384> chunk{};
    for (;;) {
        const auto count = ::read(file.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return std::nullopt;
        }
        if (count == 0) {
            return content;
        }
        content.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

std::filesystem::path beside(const std::filesystem::path& path, const char* suffix) {
    return path.string() + suffix;
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

tl::expected<void, std::string> write_new(const std::filesystem::path& path, const std::string& image) {
    const Fd file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) {
        return problem("create", path);
    }
    if (!write_all(file, image) || ::fsync(file.get()) != 0) {
        return problem("write", path);
    }
    return {};
}

}  // namespace

tl::expected<std::unique_ptr<NvmFile>, std::string> NvmFile::open(const std::filesystem::path& path) {
    Fd lock = open_file(beside(path, ".lock"), O_RDWR | O_CREAT);
    if (!lock) {
        return problem("create the lock file", beside(path, ".lock"));
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return Problem("the NVM file " + path.string() + " is in use by another trustx-sim; give each its own file");
    }
    std::unique_ptr<NvmFile> nvm(new NvmFile(path, std::move(lock)));

    const Fd file = open_file(path, O_RDONLY);
    if (!file && errno == ENOENT) {
        return nvm;
    }
    if (!file) {
        return problem("open the NVM file", path);
    }
    nvm->image_ = read_all(file);
    if (!nvm->image_) {
        return problem("read the NVM file", path);
    }
    return nvm;
}

tl::expected<void, std::string> NvmFile::replace(const std::string& image) {
    const auto fresh = beside(path_, ".new");
    if (auto written = write_new(fresh, image); !written) {
        ::unlink(fresh.c_str());
        return written;
    }
    if (::rename(fresh.c_str(), path_.c_str()) != 0) {
        const int reason = errno;
        ::unlink(fresh.c_str());
        return problem("replace", path_, reason);
    }
    // From here on the new image is what a restart finds; a directory that cannot be synced does not undo that.
    const Fd directory = open_file(directory_of(path_), O_RDONLY | O_DIRECTORY);
    if (directory) {
        ::fsync(directory.get());
    }
    return {};
}

}  // namespace trustx::sim
