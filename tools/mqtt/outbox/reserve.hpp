// SPDX-License-Identifier: Apache-2.0
// Space on a spool's disk that is kept free for the day when that is full: what was delivered could not be taken out of
// the spool without space for doing so, and the spool would fill its disk for good.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace trustx::mqtt {

class Reserve {
 public:
    // Allocate is posix_fallocate(3) from offset 0, or that of a test.
    using Allocate = int (*)(int fd, std::uint64_t size, const std::string& path);

    explicit Reserve(std::string path, Allocate allocate = nullptr) : path_{std::move(path)}, allocate_{allocate} {}

    // was_made: there is one, of this start or an earlier one.
    [[nodiscard]] bool was_made() const;
    // keep makes it so many bytes long, or leaves a longer one. false: there is no space for it. A file system or a
    // limit that has no such files does without.
    bool keep(std::uint64_t size);
    // release gives its space to others. false: there was none.
    bool release();

 private:
    std::string path_;
    Allocate allocate_;
    std::uint64_t size_ = 0;  // that is kept
};

}  // namespace trustx::mqtt
