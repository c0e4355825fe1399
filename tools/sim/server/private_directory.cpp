// SPDX-License-Identifier: Apache-2.0
#include "server/private_directory.hpp"

#include <cerrno>
#include <cstdlib>

namespace trustx::sim {

Result<std::unique_ptr<PrivateDirectory>> PrivateDirectory::make() {
    std::string name = (std::filesystem::temp_directory_path() / "trustx-sim.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        return fail_with_errno("cannot make a directory", name);
    }
    return std::unique_ptr<PrivateDirectory>(new PrivateDirectory(name));  // NOLINT: the constructor is private
}

PrivateDirectory::~PrivateDirectory() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

}  // namespace trustx::sim
