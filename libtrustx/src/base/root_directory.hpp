// SPDX-License-Identifier: Apache-2.0
// Programs that give up the root directory (chroot(2)) after they were started: paths then mean something else.
#pragma once

#include <trustx/result.hpp>

namespace trustx {

// root_changed says whether `/` is another directory than it was when the library was loaded.
bool root_changed() noexcept;

// explained_by_root replaces the error of something that was not found where the root directory is another one now:
// Errc::root_changed.
Error explained_by_root(Error error);

}  // namespace trustx
