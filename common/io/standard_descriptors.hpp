// SPDX-License-Identifier: Apache-2.0
// Programs that were started without standard input, output or error (`>&-`).
#pragma once

namespace trustx::io {

// occupy_standard_descriptors gives a number that is free among 0, 1 and 2 to the null device, opened the wrong way
// round: reads from and writes to it fail still (EBADF), but no file that is opened later gets what is meant for
// standard output. To be called first.
void occupy_standard_descriptors() noexcept;

}  // namespace trustx::io
