// SPDX-License-Identifier: Apache-2.0
#include "common/files/output_file.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/io/write_all.hpp"
#include "common/try.hpp"

#include <trustx/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace trustx::files {
namespace fs = std::filesystem;
namespace {

// The modes, less the umask.
mode_t mode_for(Readers readers) {
    constexpr mode_t shared = 0664;
    constexpr mode_t secret = 0600;
    return readers == Readers::owner ? secret : shared;
}

// reader_left says that what is written to a pipe or socket arrives nowhere.
bool reader_left(int fd) {
    pollfd state{.fd = fd, .events = 0, .revents = 0};
    return ::poll(&state, 1, 0) == 1 && (state.revents & POLLERR) != 0;
}

// target_of follows symbolic links, also to a file that is not there yet. Empty: there are too many.
fs::path target_of(const std::string& path) {
    constexpr int limit = 40;  // the kernel's (path_resolution(7))
    std::error_code ignored;
    auto target = fs::absolute(path);
    for (int i = 0; i < limit; ++i) {
        const auto canonical = fs::weakly_canonical(target, ignored);
        target = canonical.empty() ? target : canonical;
        if (!fs::is_symlink(fs::symlink_status(target, ignored))) {
            return target;
        }
        target = target.parent_path() / fs::read_symlink(target, ignored);
    }
    return {};
}

// with_free_name calls make with names next to `target` until it finds one that nobody uses; it gives the error, or
// none.
template <class Make>
std::error_code with_free_name(const fs::path& target, std::string& name, Make make) {
    std::random_device random;
    constexpr int attempts = 16;
    for (int i = 0; i < attempts; ++i) {
        name = (target.parent_path() / ("." + target.filename().string() + "." + std::to_string(random()))).string();
        if (make(name)) {
            return {};
        }
        if (errno != EEXIST) {
            break;
        }
    }
    const auto code = errno_code();
    name.clear();
    return code;
}

// The link by which linkat(2) gives a file without name its name; without /proc there is no way.
std::string link_of(const UniqueFd& file) {
    return "/proc/self/fd/" + std::to_string(file.get());
}

UniqueFd create_without_name(const fs::path& target, mode_t mode) {
    UniqueFd file{::open(target.parent_path().c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode)};
    return file && ::access(link_of(file).c_str(), F_OK) == 0 ? std::move(file) : UniqueFd{};
}

constexpr const char* access_list = "system.posix_acl_access";

// value_of_attribute gives an extended attribute; nothing: it cannot be read.
std::optional<std::vector<char>> value_of_attribute(const std::string& path, const char* name) {
    const auto size = ::getxattr(path.c_str(), name, nullptr, 0);
    std::vector<char> value(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return size >= 0 && ::getxattr(path.c_str(), name, value.data(), value.size()) == size ? std::optional{value}
                                                                                           : std::nullopt;
}

// take_attributes gives a file the extended attributes of another: access control lists, labels, what users added. The
// kernel itself keeps those that protect the content.
bool take_attributes(const UniqueFd& file, const std::string& path) {
    const auto size = ::listxattr(path.c_str(), nullptr, 0);
    std::vector<char> names(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (size <= 0 || ::listxattr(path.c_str(), names.data(), names.size()) != size) {
        return size == 0 || (size < 0 && errno == ENOTSUP);
    }
    for (const char* name = names.data(); name < names.data() + names.size();
         name += std::string_view{name}.size() + 1) {
        constexpr std::array<std::string_view, 2> of_content{"security.ima", "security.evm"};
        if (std::ranges::find(of_content, name) != of_content.end()) {
            continue;
        }
        const auto value = value_of_attribute(path, name);
        if (!value || ::fsetxattr(file.get(), name, value->data(), value->size(), 0) != 0) {
            return false;
        }
    }
    return true;
}

// take_over gives a file the owner, group, mode and attributes of another, and no access control list of the
// directory's. The owner first: a change of owner clears the set-user-id bits. The attributes last: a list decides
// about the mode.
bool take_over(const UniqueFd& file, const std::string& path, const struct stat& status, mode_t mode) {
    struct stat ours {};
    const bool same_owner =
        ::fstat(file.get(), &ours) == 0 && ours.st_uid == status.st_uid && ours.st_gid == status.st_gid;
    if (!same_owner && ::fchown(file.get(), status.st_uid, status.st_gid) != 0) {
        return false;
    }
    const bool no_list = ::fremovexattr(file.get(), access_list) == 0 || errno == ENODATA || errno == ENOTSUP;
    return no_list && ::fchmod(file.get(), mode) == 0 && take_attributes(file, path);
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path, std::size_t reserve, Readers readers) {
    if (path.empty()) {
        return fail(InputErrc::usage, "a file to write needs a name; `-` is standard output");
    }
    if (path == "-") {
        return reader_left(STDOUT_FILENO) ? cannot_write("standard output", errno_code(EPIPE))
                                          : Result<OutputFile>{OutputFile{}};
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return regular(path, reserve, readers);
    }
    if (S_ISREG(status.st_mode)) {
        return over(path, status, reserve, readers);
    }
    OutputFile file;
    file.path_ = path;
    file.file_ = UniqueFd{::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC)};
    if (!file.file_) {
        return cannot_write(path, errno_code());
    }
    if (reader_left(file.file_.get())) {
        return cannot_write(path, errno_code(EPIPE));
    }
    return file;
}

Result<OutputFile> OutputFile::regular(const std::string& path, std::size_t reserve, Readers readers) {
    OutputFile file;
    file.path_ = path;
    const auto target = target_of(path);
    if (target.empty()) {
        return cannot_write(path, errno_code(ELOOP));
    }
    file.target_ = target.string();
    file.file_ = create_without_name(file.target_, mode_for(readers));
    if (!file.file_) {
        const auto open = [&file, readers](const std::string& name) {
            constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
            file.file_ = UniqueFd{::open(name.c_str(), flags, mode_for(readers))};
            return static_cast<bool>(file.file_);
        };
        if (const auto code = with_free_name(file.target_, file.temporary_, open)) {
            return cannot_write(path, code);
        }
    }
    if (reserve > 0) {
        const int error = ::posix_fallocate(file.file_.get(), 0, static_cast<off_t>(reserve));
        if (error != 0) {
            return cannot_write(path, errno_code(error));
        }
    }
    return file;
}

Result<OutputFile> OutputFile::replacement(const std::string& path, std::size_t reserve) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return cannot_write(path, errno_code());
    }
    auto file = regular(path, reserve, Readers::as_umask_allows);
    if (file && !take_over(file->file_, path, status, status.st_mode & 07777)) {
        return fail(InputErrc::unwritable, "cannot replace " + path +
                                               " and keep its owner, mode and attributes: " + errno_code().message() +
                                               "; run this as the owner of the file or as root");
    }
    return file;
}

// over is for a file that is there. A secret stays its owner's alone, whatever the mode was.
Result<OutputFile> OutputFile::over(const std::string& path, const struct stat& status, std::size_t reserve,
                                    Readers readers) {
    TRY(auto file, regular(path, reserve, Readers::owner));
    const mode_t mode = status.st_mode & (readers == Readers::owner ? 0600U : 07777U);
    const bool replaceable = status.st_nlink == 1 && take_over(file.file_, path, status, mode);
    if (replaceable) {
        return file;
    }
    // Without the permission to write nothing is lost but this attempt: the content is complete beforehand.
    file.place_ = UniqueFd{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!file.place_ || (readers == Readers::owner && ::fchmod(file.place_.get(), mode) != 0)) {
        return cannot_write(path, errno_code());
    }
    return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_{std::move(other.path_)},
      temporary_{std::exchange(other.temporary_, {})},
      target_{std::move(other.target_)},
      file_{std::move(other.file_)},
      place_{std::move(other.place_)} {}

OutputFile::~OutputFile() {
    if (!temporary_.empty()) {
        ::unlink(temporary_.c_str());
    }
}

Result<void> OutputFile::write(ByteView bytes) {
    if (const auto code = io::write_all(is_stdout() ? STDOUT_FILENO : file_.get(), bytes)) {
        return failed(code);
    }
    return {};
}

Result<bool> OutputFile::set_access(mode_t mode, std::optional<gid_t> group) {
    if (group && ::fchown(file_.get(), static_cast<uid_t>(-1), *group) != 0) {
        return false;
    }
    if (::fchmod(file_.get(), mode) != 0) {
        return failed(errno_code()).failure();
    }
    return true;
}

Result<void> OutputFile::commit() {
    if (is_stdout()) {
        return {};
    }
    if (target_.empty()) {
        const auto code = file_.close();
        return code ? failed(code) : Result<void>{};
    }
    // What was reserved beyond the content is freed.
    const auto length = ::lseek(file_.get(), 0, SEEK_CUR);
    if (length < 0 || ::ftruncate(file_.get(), length) != 0 || ::fsync(file_.get()) != 0) {
        return failed(errno_code());
    }
    if (const auto code = place_ ? copy_into_place() : take_name()) {
        return failed(code);
    }
    if (const auto code = file_.close()) {
        return failed(code);
    }
    return flush_directory();
}

// The space is claimed first, so that a full disk is found while the old content is still there.
std::error_code OutputFile::copy_into_place() {
    const auto length = ::lseek(file_.get(), 0, SEEK_CUR);
    const int error = length > 0 ? ::posix_fallocate(place_.get(), 0, length) : 0;
    if (error != 0) {
        return errno_code(error);
    }
    const UniqueFd source{::open(link_of(file_).c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<std::uint8_t, 4096> buffer{};
    for (off_t at = 0; at < length;) {
        const auto count = ::pread(source.get(), buffer.data(), buffer.size(), at);
        if (count <= 0) {
            return count < 0 ? errno_code() : std::make_error_code(std::errc::io_error);
        }
        if (const auto code = io::write_all(place_.get(), ByteView{buffer}.first(static_cast<std::size_t>(count)))) {
            return code;
        }
        at += count;
    }
    const bool done = ::ftruncate(place_.get(), length) == 0 && ::fsync(place_.get()) == 0;
    return done ? std::error_code{} : errno_code();
}

// A link does not replace a file that is there: that takes a second name and a rename.
std::error_code OutputFile::take_name() {
    if (temporary_.empty()) {
        const auto link = [this](const std::string& name) {
            return ::linkat(AT_FDCWD, link_of(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
        };
        if (link(target_)) {
            return {};
        }
        if (errno != EEXIST) {
            return errno_code();
        }
        if (const auto code = with_free_name(target_, temporary_, link)) {
            return code;
        }
    }
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
        return errno_code();
    }
    temporary_.clear();
    return {};
}

Result<void> OutputFile::failed(std::error_code code) const {
    return cannot_write(name(), code);
}

// The name is durable only when its directory is. Some file systems cannot do that for directories: EINVAL.
Result<void> OutputFile::flush_directory() const {
    const auto directory = fs::path{target_}.parent_path().string();
    const UniqueFd descriptor{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (descriptor && ::fsync(descriptor.get()) != 0 && errno != EINVAL) {
        return failed(errno_code());
    }
    return {};
}

Result<void> write_file(const std::string& path, ByteView content) {
    TRY(auto file, OutputFile::create(path, content.size()));
    TRYV(file.write(content));
    return file.commit();
}

}  // namespace trustx::files
