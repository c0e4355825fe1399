// SPDX-License-Identifier: Apache-2.0
#include "output_file.hpp"

#include "file_error.hpp"

#include <trustx/error.hpp>

#include <cerrno>
#include <filesystem>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

constexpr mode_t file_mode = 0664;  // less the umask

// create_beside makes a new file next to `target` under a name that nobody uses.
FileDescriptor create_beside(const fs::path& target, std::string& name) {
    std::random_device random;
    constexpr int attempts = 16;
    for (int i = 0; i < attempts; ++i) {
        name = (target.parent_path() / ("." + target.filename().string() + "." + std::to_string(random()))).string();
        const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file_mode);
        if (descriptor >= 0 || errno != EEXIST) {
            return FileDescriptor{descriptor};
        }
    }
    return {};
}

}  // namespace

Outcome<OutputFile> OutputFile::create(const std::string& path, std::size_t reserve) {
    if (path.empty() || path == "-") {
        return OutputFile{};
    }
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (!exists || S_ISREG(status.st_mode)) {
        return beside(path, reserve);
    }
    OutputFile file;
    file.path_ = path;
    file.file_ = FileDescriptor{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file.file_) {
        return cannot_write(path, errno_code());
    }
    return file;
}

Outcome<OutputFile> OutputFile::beside(const std::string& path, std::size_t reserve) {
    OutputFile file;
    file.path_ = path;
    std::error_code ignored;
    const auto target = fs::weakly_canonical(fs::absolute(path), ignored);
    file.target_ = target.empty() ? path : target.string();
    std::string name;
    file.file_ = create_beside(file.target_, name);
    if (!file.file_) {
        return cannot_write(path, errno_code());
    }
    file.temporary_ = name;
    if (reserve > 0) {
        const int error = ::posix_fallocate(file.file_.get(), 0, static_cast<off_t>(reserve));
        if (error != 0) {
            return cannot_write(path, errno_code(error));
        }
    }
    return file;
}

Outcome<OutputFile> OutputFile::replacement(const std::string& path, std::size_t reserve) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return cannot_write(path, errno_code());
    }
    auto file = beside(path, reserve);
    // The owner first: a change of owner takes the set-user-id bits away.
    if (file && (::fchown(file->file_.get(), status.st_uid, status.st_gid) != 0 ||
                 ::fchmod(file->file_.get(), status.st_mode & 07777) != 0)) {
        return give_up(ExitCode::file, "cannot replace " + path + " and keep its owner and mode: " +
                                           errno_code().message() + "; run this as the owner of the file or as root");
    }
    return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_{std::move(other.path_)},
      temporary_{std::exchange(other.temporary_, {})},
      target_{std::move(other.target_)},
      file_{std::move(other.file_)} {}

OutputFile::~OutputFile() {
    if (!temporary_.empty()) {
        ::unlink(temporary_.c_str());
    }
}

Outcome<void> OutputFile::write(ByteView bytes) {
    if (const auto code = write_all(is_stdout() ? STDOUT_FILENO : file_.get(), bytes)) {
        return failed(code);
    }
    return {};
}

Outcome<void> OutputFile::commit() {
    if (is_stdout()) {
        return {};
    }
    if (temporary_.empty()) {
        const auto code = file_.close();
        return code ? failed(code) : Outcome<void>{};
    }
    // What was reserved beyond the content goes back.
    const auto length = ::lseek(file_.get(), 0, SEEK_CUR);
    if (length < 0 || ::ftruncate(file_.get(), length) != 0 || ::fsync(file_.get()) != 0) {
        return failed(errno_code());
    }
    if (const auto code = file_.close()) {
        return failed(code);
    }
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
        return failed(errno_code());
    }
    temporary_.clear();
    return flush_directory();
}

Outcome<void> OutputFile::failed(std::error_code code) const {
    return cannot_write(name(), code);
}

// The name is durable only when its directory is. Some file systems cannot do that for directories: EINVAL.
Outcome<void> OutputFile::flush_directory() const {
    const auto directory = fs::path{target_}.parent_path().string();
    const FileDescriptor descriptor{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (descriptor && ::fsync(descriptor.get()) != 0 && errno != EINVAL) {
        return failed(errno_code());
    }
    return {};
}

}  // namespace trustx::cli
