// SPDX-License-Identifier: Apache-2.0
#include "bus/gpiod.hpp"

#include <dlfcn.h>

namespace trustx {
namespace {

std::string last_reason() {
    const char* const reason = ::dlerror();
    return reason != nullptr ? reason : "no reason given";
}

}  // namespace

Result<std::shared_ptr<const Gpiod>> Gpiod::load(const char* name) {
    void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return fail(Errc::line_unavailable,
                    "load " + std::string{name} + " for a GPIO line (" + last_reason() + "); install libgpiod");
    }
    const std::shared_ptr<Gpiod> gpiod{new Gpiod{library}};
    if (!gpiod->find_all()) {
        return fail(Errc::line_unavailable, "load " + std::string{name} + " for a GPIO line (" + last_reason() + ")");
    }
    return std::shared_ptr<const Gpiod>{gpiod};
}

Gpiod::~Gpiod() {
    ::dlclose(library_);
}

template <class Function>
bool Gpiod::find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(library_, name));
    return function != nullptr;
}

bool Gpiod::find_all() {
    return find(chip_open, "gpiod_chip_open") && find(chip_close, "gpiod_chip_close") &&
#if TRUSTX_GPIOD_MAJOR >= 2
           find(chip_get_line_offset_from_name, "gpiod_chip_get_line_offset_from_name") &&
           find(chip_request_lines, "gpiod_chip_request_lines") && find(line_settings_new, "gpiod_line_settings_new") &&
           find(line_settings_free, "gpiod_line_settings_free") &&
           find(line_settings_set_direction, "gpiod_line_settings_set_direction") &&
           find(line_settings_set_output_value, "gpiod_line_settings_set_output_value") &&
           find(line_settings_set_active_low, "gpiod_line_settings_set_active_low") &&
           find(line_config_new, "gpiod_line_config_new") && find(line_config_free, "gpiod_line_config_free") &&
           find(line_config_add_line_settings, "gpiod_line_config_add_line_settings") &&
           find(request_config_new, "gpiod_request_config_new") &&
           find(request_config_free, "gpiod_request_config_free") &&
           find(request_config_set_consumer, "gpiod_request_config_set_consumer") &&
           find(line_request_set_value, "gpiod_line_request_set_value") &&
           find(line_request_release, "gpiod_line_request_release");
#else
           find(chip_find_line, "gpiod_chip_find_line") && find(chip_get_line, "gpiod_chip_get_line") &&
           find(line_offset, "gpiod_line_offset") && find(line_request, "gpiod_line_request") &&
           find(line_release, "gpiod_line_release") && find(line_set_value, "gpiod_line_set_value");
#endif
}

}  // namespace trustx
