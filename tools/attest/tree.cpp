// SPDX-License-Identifier: Apache-2.0
#include "attest/tree.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace trustx::attest {
namespace {

constexpr int reading_entry = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

std::string mode_text(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
    return text.data();
}

// A file's mode with what else makes it more than its content: capabilities that it gives to whoever executes it
// (struct vfs_cap_data, 12 to 24 bytes; capabilities(7)).
Result<std::string> file_mode(int file, const struct stat& found, const std::string& name) {
    std::array<std::uint8_t, 64> value{};
    const auto size = ::fgetxattr(file, "security.capability", value.data(), value.size());
    if (size < 0 && errno != ENODATA && errno != EOPNOTSUPP) {
        return files::cannot_read(name, errno_code());
    }
    return mode_text(found.st_mode) +
           (size < 0 ? "" : "+" + hex(ByteView{value}.first(static_cast<std::size_t>(size))));
}

std::string device_line(const struct stat& found) {
    return std::string{S_ISCHR(found.st_mode) ? "c " : "b "} + mode_text(found.st_mode) + " " +
           std::to_string(major(found.st_rdev)) + ":" + std::to_string(minor(found.st_rdev));
}

// One text for one path, printable and UTF-8, since it goes into JSON and to terminals.
std::string escaped(const std::string& path) {
    std::string doubled;
    for (const auto letter : path) {
        doubled.append(letter == '\\' ? 2 : 1, letter);
    }
    return text::printable(doubled);
}

// Walk goes through one directory and those below it.
class Walk {
 public:
    Walk(std::string name, const TreeLimits& limits) : name_{std::move(name)}, limits_{limits} {}

    Result<Digest> content(int file, const std::string& path);
    Result<void> directory(int file, const std::string& prefix, const std::vector<std::string>& without, int depth);

    Tree tree;

 private:
    Result<void> entry(int parent, const std::string& name, const std::string& prefix, dev_t device, int depth);
    Result<void> link(int parent, const std::string& name, const std::string& path);
    Result<void> opened(int file, const struct stat& found, const std::string& path, dev_t device, int depth);
    Result<void> keep(const std::string& path, std::string line);
    [[nodiscard]] std::string shown(const std::string& path) const { return path.empty() ? name_ : name_ + "/" + path; }

    std::string name_;
    TreeLimits limits_;
    std::uint64_t bytes_ = 0;
};

Result<Digest> Walk::content(int file, const std::string& path) {
    Hasher hasher;
    std::array<std::uint8_t, 65536> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it
    for (;;) {
        const auto count = ::read(file, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return files::cannot_read(shown(path), errno_code());
        }
        if (count == 0) {
            return hasher.finish();
        }
        bytes_ += static_cast<std::uint64_t>(count);
        if (bytes_ > limits_.bytes) {
            return fail(InputErrc::refused,
                        name_ + " has more than " + std::to_string(limits_.bytes) + " bytes; measure less of it");
        }
        hasher.add(ByteView{piece}.first(static_cast<std::size_t>(count)));
    }
}

Result<void> Walk::keep(const std::string& path, std::string line) {
    if (tree.entries.size() >= limits_.entries) {
        return fail(InputErrc::refused,
                    name_ + " has more than " + std::to_string(limits_.entries) + " entries; measure less of it");
    }
    tree.entries.emplace(escaped(path), std::move(line));
    return {};
}

Result<void> Walk::link(int parent, const std::string& name, const std::string& path) {
    std::array<char, 4097> target{};
    const auto length = ::readlinkat(parent, name.c_str(), target.data(), target.size());
    if (length < 0) {
        return files::cannot_read(shown(path), errno_code());
    }
    const std::string_view text{target.data(), static_cast<std::size_t>(length)};
    return keep(path, "l 0777 " + hex(sha256(text)));
}

Result<void> Walk::opened(int file, const struct stat& found, const std::string& path, dev_t device, int depth) {
    if (S_ISREG(found.st_mode)) {
        TRY(const auto digest, content(file, path));
        TRY(const auto mode, file_mode(file, found, shown(path)));
        return keep(path, "f " + mode + " " + hex(digest));
    }
    if (!S_ISDIR(found.st_mode) || found.st_dev != device) {
        ++tree.passed_over;
        return {};
    }
    TRYV(keep(path, "d " + mode_text(found.st_mode) + " -"));
    return directory(file, path + "/", {}, depth + 1);
}

Result<void> Walk::entry(int parent, const std::string& name, const std::string& prefix, dev_t device, int depth) {
    const auto path = prefix + name;
    struct stat seen {};
    if (::fstatat(parent, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
        return errno == ENOENT ? Result<void>{} : Result<void>{files::cannot_read(shown(path), errno_code())};
    }
    if (S_ISLNK(seen.st_mode)) {
        return link(parent, name, path);
    }
    // A device is not opened: that may do something.
    if (S_ISCHR(seen.st_mode) || S_ISBLK(seen.st_mode)) {
        return keep(path, device_line(seen));
    }
    if (!S_ISREG(seen.st_mode) && !S_ISDIR(seen.st_mode)) {
        ++tree.passed_over;
        return {};
    }
    const UniqueFd file{::openat(parent, name.c_str(), reading_entry)};
    if (!file) {
        return errno == ENOENT ? Result<void>{} : Result<void>{files::cannot_read(shown(path), errno_code())};
    }
    // What was opened counts: the name may have come to mean something else in between.
    struct stat found {};
    if (::fstat(file.get(), &found) != 0) {
        return files::cannot_read(shown(path), errno_code());
    }
    return opened(file.get(), found, path, device, depth);
}

Result<void> Walk::directory(int file, const std::string& prefix, const std::vector<std::string>& without, int depth) {
    if (depth > limits_.depth) {
        return fail(InputErrc::refused, shown(prefix) + " is more than " + std::to_string(limits_.depth) +
                                            " directories deep; measure less of " + name_);
    }
    struct stat own {};
    const auto copy = ::openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, decltype([](DIR* list) { ::closedir(list); })> list{copy < 0 ? nullptr
                                                                                            : ::fdopendir(copy)};
    if (list == nullptr || ::fstat(file, &own) != 0) {
        return files::cannot_read(shown(prefix), errno_code());
    }
    std::vector<std::string> names;
    errno = 0;
    while (const auto* found = ::readdir(list.get())) {
        const std::string name{found->d_name};
        if (name != "." && name != ".." && std::ranges::find(without, name) == without.end()) {
            names.push_back(name);
        }
        if (names.size() > limits_.entries) {
            break;
        }
    }
    if (errno != 0) {
        return files::cannot_read(shown(prefix), errno_code());
    }
    for (const auto& name : names) {
        TRYV(entry(file, name, prefix, own.st_dev, depth));
    }
    return {};
}

}  // namespace

Digest digest_of(const Entries& entries) {
    Hasher hasher;
    for (const auto& [path, line] : entries) {
        hasher.add(line + " " + path + "\n");
    }
    return hasher.finish();
}

Result<std::optional<Tree>> measure(const std::string& top, const std::string& path, const TreeLimits& limits,
                                    const std::vector<std::string>& without) {
    auto file = open_below(top, path);
    if (!file) {
        const auto code = file.error().code();
        if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
            return std::optional<Tree>{};
        }
        return files::cannot_read(path, code);
    }
    struct stat found {};
    if (::fstat(file->get(), &found) != 0) {
        return files::cannot_read(path, errno_code());
    }
    Walk walk{path, limits};
    if (S_ISREG(found.st_mode)) {
        TRY(walk.tree.digest, walk.content(file->get(), ""));
        TRY(walk.tree.mode, file_mode(file->get(), found, path));
        return std::optional{std::move(walk.tree)};
    }
    if (!S_ISDIR(found.st_mode)) {
        return fail(InputErrc::refused, path + " is neither a file nor a directory, and cannot be measured");
    }
    walk.tree.directory = true;
    walk.tree.mode = mode_text(found.st_mode);
    walk.tree.entries.emplace(".", "d " + walk.tree.mode + " -");
    TRYV(walk.directory(file->get(), "", without, 1));
    walk.tree.digest = digest_of(walk.tree.entries);
    return std::optional{std::move(walk.tree)};
}

}  // namespace trustx::attest
