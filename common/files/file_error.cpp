// SPDX-License-Identifier: Apache-2.0
#include "common/files/file_error.hpp"

#include "common/files/input_error.hpp"

#include <cerrno>

namespace trustx::files {
namespace {

const char* advice_on_reading(int error) {
    switch (error) {
        case ENOENT:
            return "; check the name";
        case EACCES:
            return "; `ls -l` shows who may read it";
        case EISDIR:
            return "; name a file in it";
        default:
            return "";
    }
}

const char* advice_on_writing(int error) {
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            return "; free space there or choose another place";
        case EFBIG:
            return "; raise the file size limit (`ulimit -f`) or choose another place";
        case ENOENT:
            return "; make the directory first";
        case EACCES:
        case EPERM:
            return "; run this as a user who may write there, such as root, or choose another place";
        case EROFS:
            return "; choose a place that is not mounted read-only";
        case EISDIR:
            return "; name a file in it";
        case EEXIST:
            return "; choose another name or remove it first";
        default:
            return "";
    }
}

}  // namespace

tl::unexpected<Error> cannot_read(const std::string& name, std::error_code code) {
    return fail(InputErrc::unreadable, "cannot read " + name + ": " + code.message() + advice_on_reading(code.value()));
}

tl::unexpected<Error> cannot_write(const std::string& name, std::error_code code) {
    return fail(InputErrc::unwritable,
                "cannot write " + name + ": " + code.message() + advice_on_writing(code.value()));
}

}  // namespace trustx::files
