// SPDX-License-Identifier: Apache-2.0
#include "common/io/standard_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace trustx::io {

// open(2) gives the lowest free number, which is the one just found free.
void occupy_standard_descriptors() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

}  // namespace trustx::io
