// SPDX-License-Identifier: Apache-2.0
#include "memory_files.hpp"

#include "aws/enrolment/error.hpp"
#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"

#include <trustx/error.hpp>

#include <cerrno>

namespace trustx::test {
namespace {

class MemoryLock final : public aws::FileStore::Lock {
 public:
    explicit MemoryLock(bool& locked) : locked_{locked} { locked_ = true; }
    ~MemoryLock() override { locked_ = false; }

 private:
    bool& locked_;
};

tl::unexpected<Error> no_space(const std::string& path) {
    return files::cannot_write(path, errno_code(ENOSPC));
}

}  // namespace

Result<void> MemoryFiles::make_directory(const std::string& path, aws::Access /*access*/) {
    const bool refused = trap_.enter("file make_directory " + path);
    return refused || full || trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<std::optional<std::string>> MemoryFiles::read(const std::string& path) {
    if (trap_.enter("file read " + path) || trap_.leave()) {
        return fail(InputErrc::unreadable, "cannot read " + path);
    }
    const auto file = files.find(path);
    return file == files.end() ? std::optional<std::string>{} : file->second.content;
}

Result<void> MemoryFiles::write(const std::string& path, std::string_view content, aws::Access access) {
    if (trap_.enter("file write " + path) || full) {
        return no_space(path);
    }
    files[path] = {.content = std::string{content}, .access = access};
    return trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<void> MemoryFiles::remove(const std::string& path) {
    if (trap_.enter("file remove " + path)) {
        return no_space(path);
    }
    files.erase(path);
    return trap_.leave() ? Result<void>{no_space(path)} : Result<void>{};
}

Result<std::unique_ptr<aws::FileStore::Lock>> MemoryFiles::lock(const std::string& path) {
    if (trap_.enter("file lock " + path) || trap_.leave()) {
        return no_space(path);
    }
    if (locked) {
        return fail(aws::EnrolmentErrc::busy, "locked");
    }
    return std::unique_ptr<Lock>{std::make_unique<MemoryLock>(locked)};
}

}  // namespace trustx::test
