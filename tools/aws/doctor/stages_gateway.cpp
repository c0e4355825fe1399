// SPDX-License-Identifier: Apache-2.0
// Provider, chip and key: what `trustx setup check` examines, as causes.
#include "aws/doctor/exam.hpp"
#include "common/files/input_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace trustx::aws::doctor {
namespace {

struct Meaning {
    std::error_code code;
    Cause cause;
};

// cause_of says which cause a code stands for; `otherwise` for all that are not listed.
Cause cause_of(const Error& error, Cause otherwise) {
    static const std::array meanings{
        Meaning{errno_code(EACCES), Cause::chip_permission},
        Meaning{errno_code(EPERM), Cause::chip_permission},
        Meaning{Errc::lock_directory_denied, Cause::chip_permission},
        Meaning{Errc::lock_timeout, Cause::chip_busy},
        Meaning{Errc::chip_busy, Cause::chip_busy},
        Meaning{errno_code(EBUSY), Cause::chip_busy},
        Meaning{Errc::setting_invalid, Cause::chip_setting},
        Meaning{Errc::address_invalid, Cause::chip_setting},
        Meaning{Errc::wrong_chip, Cause::chip_other},
        Meaning{InputErrc::nothing_there, Cause::key_missing},
        Meaning{InputErrc::key_mismatch, Cause::key_other},
        Meaning{InputErrc::refused, Cause::key_refused},
        Meaning{InputErrc::malformed, Cause::key_file},
        Meaning{InputErrc::unreadable, Cause::key_file},
        Meaning{Errc::key_file_malformed, Cause::key_file},
        Meaning{InputErrc::check_failed, Cause::provider_not_loaded},
    };
    const auto* const found = std::ranges::find(meanings, error.code(), &Meaning::code);
    if (found != meanings.end()) {
        return found->cause;
    }
    return error.code().category() == chip_category() ? Cause::key_refused : otherwise;
}

}  // namespace

Judged examine_settings(Exam& exam) {
    if (exam.options.settings) {
        return trouble(Cause::chip_setting, *exam.options.settings);
    }
    return {};
}

Judged examine_provider(Exam& exam) {
    if (const auto loaded = exam.seams.gateway.provider(); !loaded) {
        const bool setting = loaded.error().error == Errc::setting_invalid;
        return trouble(setting ? Cause::chip_setting : Cause::provider_not_loaded, loaded.error());
    }
    return "OpenSSL loads it";
}

Judged examine_chip(Exam& exam) {
    const auto uid = exam.seams.gateway.chip(*exam.key);
    if (!uid) {
        return trouble(cause_of(uid.error().error, Cause::chip_unreachable), uid.error());
    }
    const auto& enrolled = exam.key->reference.coprocessor;
    if (enrolled && *enrolled != *uid) {
        return trouble(Cause::chip_other,
                       "this is chip " + uid->hex() + ", and " + exam.key->path + " is for chip " + enrolled->hex());
    }
    return "answers, UID " + uid->hex();
}

Judged examine_key(Exam& exam) {
    const auto made = exam.seams.gateway.signature(*exam.key);
    if (!made) {
        return trouble(cause_of(made.error().error, Cause::chip_unreachable), made.error());
    }
    return "the chip signs with " + exam.key->path;
}

}  // namespace trustx::aws::doctor
