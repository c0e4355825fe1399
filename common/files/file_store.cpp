// SPDX-License-Identifier: Apache-2.0
#include "common/files/file_store.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/memory_file.hpp"
#include "common/files/output_file.hpp"
#include "common/io/unique_fd.hpp"
#include "common/io/write_all.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::files {
namespace fs = std::filesystem;
namespace {

constexpr const char* group_of_users = "trustx";  // of the bus and the lock directory, by our udev rule

// DiskLock holds a lock of an open file description (flock(2)), which the kernel releases with the process.
class DiskLock final : public FileStore::Lock {
 public:
    explicit DiskLock(UniqueFd file) : file_{std::move(file)} {}

 private:
    UniqueFd file_;
};

class HeldInMemory final : public FileStore::Held {
 public:
    explicit HeldInMemory(MemoryFile file) : file_{std::move(file)} {}
    [[nodiscard]] std::string path() const override { return file_.path(); }

 private:
    MemoryFile file_;
};

std::optional<gid_t> group_id() {
    const auto* entry = ::getgrnam(group_of_users);
    return entry == nullptr ? std::nullopt : std::optional{entry->gr_gid};
}

mode_t mode_of(Access access) {
    switch (access) {
        case Access::owner:
            return 0600;
        case Access::services:
            return 0640;
        case Access::everybody:
            break;
    }
    return 0644;
}

// set_access falls back to everybody where there is no group for the services: it is for what is no secret.
Result<void> set_access(OutputFile& file, Access access) {
    const auto group = access == Access::services ? group_id() : std::nullopt;
    const bool shared = access == Access::services && !group;
    TRY(const auto done, file.set_access(mode_of(shared ? Access::everybody : access), group));
    if (!done) {
        TRYV(file.set_access(mode_of(Access::everybody), std::nullopt));
    }
    return {};
}

Result<void> flush_directory(const fs::path& path) {
    const UniqueFd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory && ::fsync(directory.get()) != 0 && errno != EINVAL) {
        return cannot_write(path.string(), errno_code());
    }
    return {};
}

fs::path parent_of(const std::string& path) {
    const auto parent = fs::path{path}.parent_path();
    return parent.empty() ? fs::path{"."} : parent;
}

// end_of_lines is the offset behind the last line that has an end; nothing: errno says why.
std::optional<off_t> end_of_lines(int file) {
    std::array<char, 4096> piece{};
    for (off_t end = ::lseek(file, 0, SEEK_END);;) {
        const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(piece.size()));
        const auto count = end <= 0 ? end : ::pread(file, piece.data(), static_cast<std::size_t>(end - begin), begin);
        if (count < 0) {
            return std::nullopt;
        }
        const auto at = std::string_view{piece.data(), static_cast<std::size_t>(count)}.rfind('\n');
        if (at != std::string_view::npos) {
            return begin + static_cast<off_t>(at) + 1;
        }
        if (begin == 0) {
            return off_t{0};
        }
        end = begin;
    }
}

// add_at writes behind `end`, and takes it back where that fails.
std::error_code add_at(int file, off_t end, std::string_view lines) {
    if (::ftruncate(file, end) != 0 || ::lseek(file, end, SEEK_SET) < 0) {
        return errno_code();
    }
    auto failed = io::write_all(file, text::as_bytes(lines));
    if (!failed && ::fsync(file) != 0) {
        failed = errno_code();
    }
    if (failed && ::ftruncate(file, end) != 0) {
        return failed;  // the next one takes it back: it has no end
    }
    return failed;
}

}  // namespace

Result<void> DiskStore::make_directory(const std::string& path, Access access) {
    std::error_code code;
    if (fs::is_directory(path, code)) {
        return {};
    }
    const auto parent = parent_of(path);
    if (!fs::is_directory(parent, code)) {
        TRYV(make_directory(parent.string(), Access::everybody));
    }
    const mode_t mode = access == Access::owner ? 0700 : 0755;
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
        return cannot_write(path, errno_code());
    }
    return flush_directory(parent);
}

Result<std::optional<std::string>> DiskStore::read(const std::string& path) {
    std::error_code code;
    if (fs::status(path, code).type() == fs::file_type::not_found) {
        return std::optional<std::string>{};
    }
    TRY(const auto content, read_input(path));
    return std::optional{std::string{text::as_text(content)}};
}

Result<void> DiskStore::write(const std::string& path, std::string_view content, Access access) {
    std::error_code code;
    const bool fresh = !fs::exists(path, code);
    const auto readers = fresh || access == Access::owner ? Readers::owner : Readers::as_umask_allows;
    TRY(auto file, OutputFile::create(path, content.size(), readers));
    if (fresh) {
        TRYV(set_access(file, access));
    }
    TRYV(file.write(content));
    return file.commit();
}

Result<void> DiskStore::append(const std::string& path, std::string_view lines, Access access) {
    const UniqueFd file{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!file && errno == ENOENT) {
        return write(path, lines, access);
    }
    const auto end = file ? end_of_lines(file.get()) : std::nullopt;
    const auto failed = end ? add_at(file.get(), *end, lines) : errno_code();
    return failed ? cannot_write(path, failed) : Result<void>{};
}

Result<void> DiskStore::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) {
        return errno == ENOENT ? Result<void>{} : cannot_write(path, errno_code());
    }
    return flush_directory(parent_of(path));
}

// A link cannot replace anything: it gets another name first.
Result<void> DiskStore::link(const std::string& path, const std::string& target) {
    const auto parent = parent_of(path);
    const auto temporary = (parent / ("." + fs::path{path}.filename().string() + ".new")).string();
    if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
        return files::cannot_write(path, errno_code());
    }
    if (::symlink(target.c_str(), temporary.c_str()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
        const auto code = errno_code();
        ::unlink(temporary.c_str());
        return files::cannot_write(path, code);
    }
    return flush_directory(parent);
}

Result<std::optional<std::string>> DiskStore::link_target(const std::string& path) {
    std::error_code code;
    if (!fs::is_symlink(fs::symlink_status(path, code))) {
        return std::optional<std::string>{};
    }
    auto target = fs::read_symlink(path, code);
    return code ? files::cannot_read(path, code) : Result<std::optional<std::string>>{target.string()};
}

Result<void> DiskStore::remove_directory(const std::string& path) {
    if (::rmdir(path.c_str()) == 0) {
        return flush_directory(parent_of(path));
    }
    const bool stays = errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST;
    return stays ? Result<void>{} : files::cannot_write(path, errno_code());
}

Result<std::unique_ptr<FileStore::Lock>> DiskStore::lock(const std::string& path) {
    constexpr mode_t owner_only = 0600;
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, owner_only)};
    if (!file) {
        return cannot_write(path, errno_code());
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? Result<std::unique_ptr<Lock>>{} : cannot_write(path, errno_code());
    }
    return std::unique_ptr<Lock>{std::make_unique<DiskLock>(std::move(file))};
}

Result<std::unique_ptr<FileStore::Held>> DiskStore::hold(std::string_view content) {
    TRY(auto file, MemoryFile::create(text::as_bytes(content)));
    return std::unique_ptr<Held>{std::make_unique<HeldInMemory>(std::move(file))};
}

}  // namespace trustx::files
