// SPDX-License-Identifier: Apache-2.0
#include "bus/owning_group.hpp"

#include <array>

#include <grp.h>
#include <sys/stat.h>

namespace trustx {

std::string owning_group(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return {};
    }
    std::array<char, 4096> buffer{};
    group entry{};
    group* found = nullptr;
    const int failed = ::getgrgid_r(status.st_gid, &entry, buffer.data(), buffer.size(), &found);
    const bool named = failed == 0 && found != nullptr;
    return named ? std::string{entry.gr_name} : std::to_string(status.st_gid);
}

}  // namespace trustx
