// SPDX-License-Identifier: Apache-2.0
#include "model/nvm/nvm_file.hpp"

#include "common/io/write_all.hpp"
#include "model/base/bytes.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::sim {

namespace {

UniqueFd open_file(const std::filesystem::path& path, int flags) {
    return UniqueFd{::open(path.c_str(), flags | O_CLOEXEC, 0600)};
}

std::optional<std::string> read_all(const UniqueFd& file) {
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
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
}

Result<void> write_new(const std::filesystem::path& path, const std::string& image) {
    const UniqueFd file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) {
        return fail_with_errno("cannot create", path.native());
    }
    if (const auto error = io::write_all(file.get(), to_bytes(image))) {
        return fail_with_errno("cannot write", path.native(), error.value());
    }
    if (::fsync(file.get()) != 0) {
        return fail_with_errno("cannot write", path.native());
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<NvmFile>> NvmFile::open(const std::filesystem::path& path) {
    const auto lock_path = beside(path, ".lock");
    UniqueFd lock = open_file(lock_path, O_RDWR | O_CREAT);
    if (!lock) {
        return fail_with_errno("cannot create the lock file", lock_path.native());
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail("the NVM file " + path.string() + " is in use by another trustx-sim; give each its own file");
    }
    std::unique_ptr<NvmFile> nvm(new NvmFile(path, std::move(lock)));

    const UniqueFd file = open_file(path, O_RDONLY);
    if (!file && errno == ENOENT) {
        return nvm;
    }
    if (!file) {
        return fail_with_errno("cannot open the NVM file", path.native());
    }
    nvm->image_ = read_all(file);
    if (!nvm->image_) {
        return fail_with_errno("cannot read the NVM file", path.native());
    }
    return nvm;
}

Result<void> NvmFile::replace(const std::string& image) {
    const auto fresh = beside(path_, ".new");
    if (auto written = write_new(fresh, image); !written) {
        ::unlink(fresh.c_str());
        return written;
    }
    if (::rename(fresh.c_str(), path_.c_str()) != 0) {
        const int reason = errno;
        ::unlink(fresh.c_str());
        return fail_with_errno("cannot replace", path_.native(), reason);
    }
    // From here on the new image is what a restart finds; a directory that cannot be synced does not undo that.
    const UniqueFd directory = open_file(directory_of(path_), O_RDONLY | O_DIRECTORY);
    if (directory) {
        ::fsync(directory.get());
    }
    return {};
}

}  // namespace trustx::sim
