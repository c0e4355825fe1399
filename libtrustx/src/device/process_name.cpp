// SPDX-License-Identifier: Apache-2.0
#include "device/process_name.hpp"

#include "common/io/unique_fd.hpp"
#include "common/text/printable.hpp"

#include <array>

#include <fcntl.h>

namespace trustx {
namespace {

// The name of the executable is for those who may look at the process; the one in comm, of 15 bytes, for everybody. The
// command line would be more exact, but to read it can take as long as the other process likes: it is in its memory.
std::string name_of(const std::string& directory) {
    std::array<char, 4096> buffer{};
    auto size = ::readlink((directory + "/exe").c_str(), buffer.data(), buffer.size());
    if (size <= 0) {
        const UniqueFd comm{::open((directory + "/comm").c_str(), O_RDONLY | O_CLOEXEC)};
        size = comm ? ::read(comm.get(), buffer.data(), buffer.size()) : 0;
    }
    std::string name{buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    if (name.ends_with('\n')) {
        name.pop_back();
    }
    return text::printable(name.substr(name.rfind('/') + 1));
}

}  // namespace

std::string describe_process(pid_t pid) {
    if (pid == 0) {
        return "a process of another container";
    }
    const auto number = std::to_string(pid);
    const auto name = name_of("/proc/" + number);
    return "process " + number + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace trustx
