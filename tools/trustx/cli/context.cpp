// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"

#include "cli/output.hpp"
#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"

#include <trustx/objects.hpp>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

// The library appends; two recordings in one file would be none.
Result<void> make_new_file(const std::string& path) {
    if (path.empty() || path == "-") {
        return fail(InputErrc::usage, "--record: a recording goes into a new file, not to standard output; name one");
    }
    constexpr mode_t owner_only = 0600;
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_only)};
    if (!file) {
        return files::cannot_write(path, errno_code());
    }
    return {};
}

}  // namespace

bool is_unreachable(const Error& error) {
    const auto& code = error.code();
    if (code.category() != trustx_category()) {
        return code.category() == std::system_category();  // errno of the bus, its socket or its lock
    }
    switch (static_cast<Errc>(code.value())) {
        case Errc::argument_invalid:
        case Errc::address_invalid:
        case Errc::setting_invalid:
        case Errc::key_file_malformed:
        case Errc::certificate_malformed:
        case Errc::metadata_malformed:
        case Errc::verify_mismatch:
        case Errc::wrong_chip:
        case Errc::chip_refused:
        case Errc::session_lost:
        case Errc::not_supported:
            return false;
        default:
            return true;
    }
}

SettingOverrides Context::overrides(const SettingValues& openssl_conf) const {
    return {.command_line = device,
            .openssl_conf = openssl_conf,
            .device_name = device_name.value_or(key_device),
            .device_name_from_command_line = device_name.has_value()};
}

Result<void> Recording::finish() const {
    const auto finished = device ? device->finish_recording() : Result<void>{};
    if (!finished) {
        return fail(InputErrc::unwritable, "the recording " + *file + " is not complete and cannot be played: " +
                                               files::cannot_write(*file, finished.error().code()).value().operation());
    }
    return {};
}

void Context::note(std::string_view text) const {
    if (!quiet) {
        say(text);
    }
}

Error lost_without_traces(const Error& error) {
    return Error{
        InputErrc::chip_failed,
        error.operation() + ": the answer was lost on the bus; nothing in the chip depends on it, so repeat it"};
}

Result<Uid> chip_uid(Chip& chip) {
    return chip.with([](LockedDevice& device) { return read_uid(device); });
}

Result<Chip> open_chip(const Context& context, const SettingValues& openssl_conf) {
    TRY(auto settings, resolve_settings(context.overrides(openssl_conf)));
    const auto& record = context.recording->file;
    if (record) {
        TRYV(make_new_file(*record));
        settings.options.trace.recording = *record;
    }
    const std::shared_ptr<Device> device{Device::open(settings.address, settings.options)};
    context.recording->device = record ? device : nullptr;
    const bool shown = !context.quiet && ::isatty(STDERR_FILENO) == 1;
    return Chip{.settings = std::move(settings),
                .device = device,
                .progress = std::make_unique<Progress>(shown ? STDERR_FILENO : -1)};
}

}  // namespace trustx::cli
