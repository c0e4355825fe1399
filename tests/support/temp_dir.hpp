// SPDX-License-Identifier: Apache-2.0
// A directory that lives as long as its owner.
#pragma once

#include <filesystem>
#include <string>

namespace trustx::test {

// TempDir is a fresh, private directory, removed with all its content at the end. Its path is short enough for a
// UNIX socket (108 bytes). Throws std::system_error when it cannot be made.
class TempDir {
 public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
    std::filesystem::path path_;
};

// write_file replaces a file's content, read_file returns it; both throw std::runtime_error naming the file.
void write_file(const std::filesystem::path& path, const std::string& content);
std::string read_file(const std::filesystem::path& path);

}  // namespace trustx::test
