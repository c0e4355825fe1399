// SPDX-License-Identifier: Apache-2.0
// Who may change a file or a directory that a program trusts. As sshd and cron have it: its owner is root or the user
// of this process, and neither its group nor everybody may write to it.
#pragma once

#include <trustx/result.hpp>

#include <string>

struct stat;

namespace trustx::files {

// check_writers follows symbolic links. InputErrc::refused where others may change it, unreadable where nothing is
// there.
Result<void> check_writers(const std::string& path);
// The same for what was looked at already.
Result<void> check_writers(const std::string& path, const struct stat& found);

}  // namespace trustx::files
