// SPDX-License-Identifier: Apache-2.0
#include "service/journal.hpp"

#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::mqtt {

bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) {
        return false;
    }
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

}  // namespace trustx::mqtt
