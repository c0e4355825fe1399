// SPDX-License-Identifier: Apache-2.0
// Which alert the peer gets for what went wrong here. Source: chip-dtls.md section 4.
#pragma once

#include <trustx/dtls.hpp>
#include <trustx/error.hpp>

#include <optional>

namespace trustx::dtls {

// alert_for gives nothing where the peer knows already, or cannot be reached.
std::optional<Alert> alert_for(const Error& error);

inline constexpr Alert closing{.fatal = false, .description = DtlsAlert::close_notify};

}  // namespace trustx::dtls
