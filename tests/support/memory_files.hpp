// SPDX-License-Identifier: Apache-2.0
// Files in memory.
#pragma once

#include "common/files/file_store.hpp"
#include "support/trap.hpp"

#include <map>
#include <set>

namespace trustx::test {

class MemoryFiles final : public files::FileStore {
 public:
    explicit MemoryFiles(Trap& trap) : trap_{trap} {}

    Result<void> make_directory(const std::string& path, files::Access access) override;
    Result<std::optional<std::string>> read(const std::string& path) override;
    Result<void> write(const std::string& path, std::string_view content, files::Access access) override;
    Result<void> remove(const std::string& path) override;
    Result<void> append(const std::string& path, std::string_view lines, files::Access access) override;
    Result<void> link(const std::string& path, const std::string& target) override;
    Result<std::optional<std::string>> link_target(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
    Result<std::unique_ptr<Lock>> lock(const std::string& path) override;
    Result<std::unique_ptr<Held>> hold(std::string_view content) override;

    struct File {
        std::string content;
        files::Access access;
    };
    // content is a file's, through links; empty: there is none.
    [[nodiscard]] std::string content(const std::string& path) const;

    std::map<std::string, File> files;
    std::map<std::string, std::string> links;  // relative to their place; directories are not kept
    bool full = false;                         // no write succeeds
    std::size_t held = 0;                      // so many were held so far
    std::set<std::string> locked;              // by path

 private:
    [[nodiscard]] std::string resolved(std::string path) const;

    Trap& trap_;
};

}  // namespace trustx::test
