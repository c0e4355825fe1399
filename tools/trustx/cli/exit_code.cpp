// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

#include "cli/context.hpp"
#include "common/files/input_error.hpp"

namespace trustx::cli {
namespace {

ExitCode of_input(InputErrc code) {
    switch (code) {
        case InputErrc::usage:
            return ExitCode::usage;
        case InputErrc::refused:
            return ExitCode::refused;
        case InputErrc::unreadable:
        case InputErrc::unwritable:
        case InputErrc::malformed:
            return ExitCode::file;
        case InputErrc::key_mismatch:
        case InputErrc::check_failed:
            return ExitCode::mismatch;
        case InputErrc::nothing_there:
            return ExitCode::nothing_there;
        case InputErrc::chip_failed:
            return ExitCode::unreachable;
    }
    return ExitCode::internal;
}

ExitCode of_library(Errc code) {
    switch (code) {
        case Errc::argument_invalid:
        case Errc::address_invalid:
        case Errc::setting_invalid:
            return ExitCode::usage;
        case Errc::key_file_malformed:
            return ExitCode::file;
        case Errc::certificate_malformed:
        case Errc::metadata_malformed:
        case Errc::verify_mismatch:
        case Errc::wrong_chip:
            return ExitCode::mismatch;
        case Errc::chip_refused:
        case Errc::session_lost:
        case Errc::not_supported:
            return ExitCode::refused;
        default:
            return ExitCode::internal;
    }
}

}  // namespace

ExitCode exit_code_of(const Error& error) {
    const auto& category = error.code().category();
    if (category == input_category()) {
        return of_input(static_cast<InputErrc>(error.code().value()));
    }
    if (category == chip_category()) {
        return ExitCode::refused;
    }
    return is_unreachable(error) ? ExitCode::unreachable : of_library(static_cast<Errc>(error.code().value()));
}

}  // namespace trustx::cli
