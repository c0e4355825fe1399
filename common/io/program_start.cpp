// SPDX-License-Identifier: Apache-2.0
#include "common/io/program_start.hpp"

#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace trustx::io {
namespace {

// open(2) gives the lowest free number, which is the one just found free. The null device is opened the wrong way
// round: reads from and writes to it fail still (EBADF).
void occupy_standard_descriptors() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

}  // namespace

void start_program() noexcept {
    occupy_standard_descriptors();
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL);
}

}  // namespace trustx::io
