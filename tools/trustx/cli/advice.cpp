// SPDX-License-Identifier: Apache-2.0
#include "cli/advice.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace trustx::cli {
namespace {

struct Advice {
    std::error_code code;
    std::string_view text;
};

// In place of the library's remedy, which names no program.
std::string_view advice(std::error_code code) {
    static const std::array known{
        Advice{Errc::chip_busy,
               "wait a minute, then look at the security event counter (E0C5) with `trustx info`: from 128 on the chip "
               "delays private key operations by up to 5 s, and command-timeout-ms should stay well above that"},
        Advice{Errc::chip_hangs, "reset it with `trustx reset`, or switch its power off and on"},
        Advice{
            Errc::outcome_unknown,
            "look with `trustx metadata show OBJECT` or `trustx object read OBJECT` at what it left before you repeat "
            "it"},
        Advice{Errc::key_file_malformed, "make a new one with `trustx key-file SLOT`; the key stays in the chip"},
        Advice{Errc::certificate_malformed,
               "look at the bytes with `trustx object read OBJECT`, or write a certificate with `trustx cert write`"},
        Advice{Errc::wrong_chip,
               "use the device that holds the key, or make a key file for this one with `trustx key-file SLOT`"},
        Advice{ChipError::invalid_oid, "`trustx object --help` lists the objects"},
        Advice{ChipError::invalid_length_field,
               "check that object and lengths suit this chip (`trustx metadata show OBJECT`)"},
        Advice{
            ChipError::invalid_parameter_in_data_field,
            "check that the object holds what the command needs: a key made with `trustx keygen`, a digest no longer "
            "than the key, metadata with allowed values"},
        Advice{ChipError::access_conditions_not_satisfied,
               "the object's access conditions or life cycle forbid this: see `trustx metadata show OBJECT`"},
        Advice{ChipError::data_object_boundary_exceeded, "`trustx metadata show OBJECT` shows its sizes"},
        Advice{ChipError::command_not_available, "try again; if it stays, `trustx info` shows the life cycle state"},
        Advice{ChipError::unsupported_extension_or_identifier,
               "check the key's usage with `trustx metadata show OBJECT`; a new usage needs a new key"},
        Advice{errno_code(ENOENT),
               "enable the bus (Raspberry Pi: dtparam=i2c_arm=on; load i2c-dev), or correct `device`"},
        Advice{Errc::no_listener, "start trustx-sim or the relay that should listen there, or correct `device`"},
        Advice{errno_code(EPIPE), "start trustx-sim again: it has ended"},
        Advice{errno_code(ECONNRESET), "start trustx-sim again: it has ended"},
    };
    const auto* const found = std::ranges::find(known, code, &Advice::code);
    return found == known.end() ? std::string_view{} : found->text;
}

}  // namespace

std::string remedy_of(const Error& error) {
    const auto text = advice(error.code());
    return text.empty() ? error.remedy() : std::string{text};
}

// What the caller asked for and cannot have is a value of the command line, and the operation says which and why: no
// request was made that a chip could have limited.
std::string what_is_wrong(const Error& error) {
    return error == Errc::argument_invalid && !error.operation().empty() ? error.operation() : error.description();
}

std::string explain(const Error& error) {
    const auto remedy = remedy_of(error);
    return what_is_wrong(error) + (remedy.empty() ? "" : "; " + remedy);
}

}  // namespace trustx::cli
