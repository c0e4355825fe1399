// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

#include "cli/advice.hpp"

namespace trustx::cli {
namespace {

ExitCode exit_code_of(Errc code) {
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
            return ExitCode::refused;
        default:
            return ExitCode::unreachable;
    }
}

}  // namespace

ExitCode exit_code_of(const Error& error) {
    if (error.code().category() == chip_category()) {
        return ExitCode::refused;
    }
    if (error.code().category() == trustx_category()) {
        return exit_code_of(static_cast<Errc>(error.code().value()));
    }
    return ExitCode::unreachable;  // errno of the bus, its socket or its lock; files of trustx never come this way
}

tl::unexpected<Failure> give_up(const Error& error, std::string_view during) {
    return give_up(exit_code_of(error), explain(during.empty() ? error : error.during(during)));
}

}  // namespace trustx::cli
