// SPDX-License-Identifier: Apache-2.0
// Non-volatile memory in a file that survives a killed process and a power cut at any moment.
#pragma once

#include "common/io/unique_fd.hpp"
#include "model/nvm/nvm.hpp"

#include <filesystem>

namespace trustx::sim {

// NvmFile replaces its file by writing a new one beside it (FILE.new), fsync, rename and fsync of the directory. Files
// are made with mode 0600, as they hold private keys. While it lives it holds a lock on FILE.lock, which stays behind.
class NvmFile final : public Nvm {
 public:
    // open reads the file if there is one. Errors: in use by another simulator, not readable, no such directory.
    [[nodiscard]] static Result<std::unique_ptr<NvmFile>> open(const std::filesystem::path& path);

    [[nodiscard]] std::optional<std::string> image() const override { return image_; }
    [[nodiscard]] Result<void> replace(const std::string& image) override;
    [[nodiscard]] std::string name() const override { return path_.string(); }

 private:
    NvmFile(std::filesystem::path path, UniqueFd lock) : path_{std::move(path)}, lock_{std::move(lock)} {}

    std::filesystem::path path_;
    UniqueFd lock_;
    std::optional<std::string> image_;
};

}  // namespace trustx::sim
