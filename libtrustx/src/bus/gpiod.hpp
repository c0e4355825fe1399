// SPDX-License-Identifier: Apache-2.0
// libgpiod, loaded when a GPIO line is used. Hardly any gateway has such a line, and to every program that reads
// OpenSSL's configuration a linked library would cost an eighth of the time in which the provider is loaded
// (docs/performance.md).
#pragma once

#include <trustx/result.hpp>

#include <memory>

#include <gpiod.h>

namespace trustx {

// Gpiod has the functions of libgpiod by their names without `gpiod_`.
class Gpiod {
 public:
#if TRUSTX_GPIOD_MAJOR >= 2
    static constexpr const char* file = "libgpiod.so.3";
#else
    static constexpr const char* file = "libgpiod.so.2";
#endif

    // load gives the functions as long as somebody keeps the result. Error: Errc::line_unavailable.
    static Result<std::shared_ptr<const Gpiod>> load(const char* name = file);

    Gpiod(const Gpiod&) = delete;
    Gpiod& operator=(const Gpiod&) = delete;
    ~Gpiod();

    decltype(&::gpiod_chip_open) chip_open = nullptr;
    decltype(&::gpiod_chip_close) chip_close = nullptr;
#if TRUSTX_GPIOD_MAJOR >= 2
    decltype(&::gpiod_chip_get_line_offset_from_name) chip_get_line_offset_from_name = nullptr;
    decltype(&::gpiod_chip_request_lines) chip_request_lines = nullptr;
    decltype(&::gpiod_line_settings_new) line_settings_new = nullptr;
    decltype(&::gpiod_line_settings_free) line_settings_free = nullptr;
    decltype(&::gpiod_line_settings_set_direction) line_settings_set_direction = nullptr;
    decltype(&::gpiod_line_settings_set_output_value) line_settings_set_output_value = nullptr;
    decltype(&::gpiod_line_settings_set_active_low) line_settings_set_active_low = nullptr;
    decltype(&::gpiod_line_config_new) line_config_new = nullptr;
    decltype(&::gpiod_line_config_free) line_config_free = nullptr;
    decltype(&::gpiod_line_config_add_line_settings) line_config_add_line_settings = nullptr;
    decltype(&::gpiod_request_config_new) request_config_new = nullptr;
    decltype(&::gpiod_request_config_free) request_config_free = nullptr;
    decltype(&::gpiod_request_config_set_consumer) request_config_set_consumer = nullptr;
    decltype(&::gpiod_line_request_set_value) line_request_set_value = nullptr;
    decltype(&::gpiod_line_request_release) line_request_release = nullptr;
#else
    decltype(&::gpiod_chip_find_line) chip_find_line = nullptr;
    decltype(&::gpiod_chip_get_line) chip_get_line = nullptr;
    decltype(&::gpiod_line_offset) line_offset = nullptr;
    decltype(&::gpiod_line_request) line_request = nullptr;
    decltype(&::gpiod_line_release) line_release = nullptr;
    decltype(&::gpiod_line_set_value) line_set_value = nullptr;
#endif

 private:
    explicit Gpiod(void* library) : library_{library} {}
    bool find_all();

    template <class Function>
    bool find(Function& function, const char* name);

    void* library_;
};

}  // namespace trustx
