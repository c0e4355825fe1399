// SPDX-License-Identifier: Apache-2.0
#include "commands/json_output.hpp"

#include <cerrno>
#include <system_error>

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace trustx::mqtt {

bool print(std::FILE* output, const Json& document) {
    const auto line = (::isatty(::fileno(output)) == 1 ? write_ascii(document) : write(document)) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), output) == line.size() && std::fflush(output) == 0) {
        return true;
    }
    spdlog::error("write to standard output: {}", std::system_category().message(errno));
    return false;
}

}  // namespace trustx::mqtt
