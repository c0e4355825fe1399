// SPDX-License-Identifier: Apache-2.0
// The programs that do jobs: a directory with one for each operation, named like it. The name comes from the cloud.
#pragma once

#include <trustx/result.hpp>

#include <string>
#include <string_view>

namespace trustx::mqtt {

// is_operation accepts what can be nothing but the name of a file in a directory, and no option: 1 to 64 of
// a-z A-Z 0-9 . _ -, of which the first is a letter or a digit.
[[nodiscard]] bool is_operation(std::string_view name);

// Handlers is the seam that tests replace.
class Handlers {
 public:
    Handlers() = default;
    Handlers(const Handlers&) = delete;
    Handlers& operator=(const Handlers&) = delete;
    virtual ~Handlers() = default;
    // find is the path of the program; errors: errno, for what kind of file is there instead.
    [[nodiscard]] virtual trustx::Result<std::string> find(const std::string& operation) const = 0;
};

class HandlerDirectory final : public Handlers {
 public:
    // open refuses what is no directory (InputErrc::unreadable), or may be changed by others (InputErrc::refused;
    // common/files/writers.hpp).
    static trustx::Result<HandlerDirectory> open(const std::string& path);
    HandlerDirectory(HandlerDirectory&& other) noexcept : path_{std::move(other.path_)} {}

    [[nodiscard]] trustx::Result<std::string> find(const std::string& operation) const override;

 private:
    explicit HandlerDirectory(std::string path) : path_{std::move(path)} {}

    std::string path_;
};

}  // namespace trustx::mqtt
