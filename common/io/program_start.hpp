// SPDX-License-Identifier: Apache-2.0
// What a program does before anything else, so that the way it was started makes its output fail and nothing worse.
#pragma once

namespace trustx::io {

// start_program is the first call of each program's main. Where standard input, output or error is missing (`>&-`), its
// number is occupied: reads and writes fail still, but no file that is opened later gets what is meant for standard
// output. A limit of file sizes and a pipe without reader show as EFBIG and EPIPE of the write, which can be reported,
// instead of ending the program by SIGXFSZ (setrlimit(2)) and SIGPIPE: what the chip did already is not lost with it. A
// starter that ignored SIGCHLD would make the ends of our own children unknown (wait(2)): it is no longer ignored.
void start_program() noexcept;

}  // namespace trustx::io
