// SPDX-License-Identifier: Apache-2.0
#include "support/memory_files.hpp"

#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"

#include <trustx/error.hpp>

#include <cerrno>

namespace trustx::test {
namespace {

class MemoryLock final : public files::FileStore::Lock {
 public:
    MemoryLock(std::set<std::string>& locked, std::string path) : locked_{locked}, path_{std::move(path)} {
        locked_.insert(path_);
    }
    ~MemoryLock() override { locked_.erase(path_); }

 private:
    std::set<std::string>& locked_;
    std::string path_;
};

// HeldFile is among the others as long as it is held: what is left there was not wiped.
class HeldFile final : public files::FileStore::Held {
 public:
    HeldFile(std::map<std::string, MemoryFiles::File>& files, std::string path)
        : files_{files}, path_{std::move(path)} {}
    ~HeldFile() override { files_.erase(path_); }
    [[nodiscard]] std::string path() const override { return path_; }

 private:
    std::map<std::string, MemoryFiles::File>& files_;
    std::string path_;
};

tl::unexpected<Error> no_space(const std::string& path) {
    return files::cannot_write(path, errno_code(ENOSPC));
}

}  // namespace

// resolved follows links, of directories and of the file itself.
std::string MemoryFiles::resolved(std::string path) const {
    for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const auto link = links.find(path.substr(0, end));
        if (link != links.end()) {
            const auto parent = link->first.substr(0, link->first.rfind('/') + 1);
            path = parent + link->second + (end == std::string::npos ? "" : path.substr(end));
            end = 0;
        } else if (end == std::string::npos) {
            return path;
        }
    }
}

std::string MemoryFiles::content(const std::string& path) const {
    const auto file = files.find(resolved(path));
    return file == files.end() ? std::string{} : file->second.content;
}

Result<void> MemoryFiles::make_directory(const std::string& path, files::Access /*access*/) {
    const bool refused = trap_.enter("file make_directory " + path);
    return refused || full || trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<std::optional<std::string>> MemoryFiles::read(const std::string& path) {
    if (trap_.enter("file read " + path) || trap_.leave()) {
        return fail(InputErrc::unreadable, "cannot read " + path);
    }
    const auto file = files.find(resolved(path));
    return file == files.end() ? std::optional<std::string>{} : file->second.content;
}

Result<void> MemoryFiles::write(const std::string& path, std::string_view content, files::Access access) {
    if (trap_.enter("file write " + path) || full) {
        return no_space(path);
    }
    files[resolved(path)] = {.content = std::string{content}, .access = access};
    return trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

// Killed half way it leaves a line without an end, which the next call takes away.
Result<void> MemoryFiles::append(const std::string& path, std::string_view lines, files::Access access) {
    if (trap_.enter("file append " + path) || full) {
        return no_space(path);
    }
    auto& content = files.try_emplace(path, File{.content = {}, .access = access}).first->second.content;
    content.resize(content.rfind('\n') + 1);  // npos + 1 is 0
    content += lines.substr(0, lines.size() / 2);
    static_cast<void>(trap_.enter("file append, half way"));
    content += lines.substr(lines.size() / 2);
    return trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<void> MemoryFiles::remove(const std::string& path) {
    if (trap_.enter("file remove " + path)) {
        return no_space(path);
    }
    files.erase(path);
    links.erase(path);
    return trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<void> MemoryFiles::link(const std::string& path, const std::string& target) {
    if (trap_.enter("file link " + path) || full) {
        return no_space(path);
    }
    files.erase(path);
    links[path] = target;
    return trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<std::optional<std::string>> MemoryFiles::link_target(const std::string& path) {
    if (trap_.enter("file link_target " + path) || trap_.leave()) {
        return fail(InputErrc::unreadable, "cannot read " + path);
    }
    const auto found = links.find(path);
    return found == links.end() ? std::optional<std::string>{} : found->second;
}

Result<void> MemoryFiles::remove_directory(const std::string& path) {
    const bool refused = trap_.enter("file remove_directory " + path);
    return refused || trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<std::unique_ptr<files::FileStore::Lock>> MemoryFiles::lock(const std::string& path) {
    if (trap_.enter("file lock " + path) || trap_.leave()) {
        return no_space(path);
    }
    if (locked.contains(path)) {
        return std::unique_ptr<Lock>{};
    }
    return std::unique_ptr<Lock>{std::make_unique<MemoryLock>(locked, path)};
}

Result<std::unique_ptr<files::FileStore::Held>> MemoryFiles::hold(std::string_view content) {
    if (trap_.enter("file hold")) {
        return no_space("memory");
    }
    const auto path = "memory:" + std::to_string(++held);
    files[path] = {.content = std::string{content}, .access = files::Access::owner};
    auto file = std::make_unique<HeldFile>(files, path);
    if (trap_.leave()) {
        return no_space("memory");
    }
    return std::unique_ptr<Held>{std::move(file)};
}

}  // namespace trustx::test
