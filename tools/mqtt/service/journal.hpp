// SPDX-License-Identifier: Apache-2.0
// The journal of systemd as the place where standard error goes.
#pragma once

namespace trustx::mqtt {

// stderr_is_journal compares standard error with JOURNAL_STREAM, as systemd.exec(5) asks for: a program that was
// started by a service may have its own standard error.
bool stderr_is_journal();

}  // namespace trustx::mqtt
