// SPDX-License-Identifier: Apache-2.0
// A temporary directory that exists as long as its owner, for a bus socket whose path was not given.
#pragma once

#include "model/base/result.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace trustx::sim {

class PrivateDirectory {
 public:
    // make gives a new, empty directory that only this user may enter. The error is a sentence.
    static Result<std::unique_ptr<PrivateDirectory>> make();
    // What was put into the directory must be gone by now.
    ~PrivateDirectory();
    PrivateDirectory(const PrivateDirectory&) = delete;
    PrivateDirectory& operator=(const PrivateDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
    explicit PrivateDirectory(std::filesystem::path path) : path_{std::move(path)} {}

    std::filesystem::path path_;
};

}  // namespace trustx::sim
