// SPDX-License-Identifier: Apache-2.0
// libgpiod has two interfaces: 1.6 in Debian 12, 2 in Debian 13. What differs stands once, in the class Request.
#include "bus/output_line.hpp"

#include "bus/owning_group.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include <gpiod.h>

namespace trustx {
namespace {

constexpr const char* consumer = "trustx";

struct CloseController {
    void operator()(gpiod_chip* chip) const noexcept { gpiod_chip_close(chip); }
};
using Controller = std::unique_ptr<gpiod_chip, CloseController>;

tl::unexpected<Error> unavailable(const GpioLine& line, const std::string& what, std::error_code code) {
    return fail(Errc::line_unavailable, what + " for GPIO line " + line.text() + " (" + code.message() + ")");
}

#if TRUSTX_GPIOD_MAJOR >= 2

struct FreeSettings {
    void operator()(gpiod_line_settings* settings) const noexcept { gpiod_line_settings_free(settings); }
    void operator()(gpiod_line_config* config) const noexcept { gpiod_line_config_free(config); }
    void operator()(gpiod_request_config* config) const noexcept { gpiod_request_config_free(config); }
    void operator()(gpiod_line_request* request) const noexcept { gpiod_line_request_release(request); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeSettings>;

gpiod_line_value value_of(bool active) {
    return active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

int find_line(gpiod_chip* chip, const std::string& name) {
    return gpiod_chip_get_line_offset_from_name(chip, name.c_str());
}

class Request {
 public:
    bool take(gpiod_chip* chip, unsigned offset, bool active_low, bool active) {
        const Owned<gpiod_line_settings> settings{gpiod_line_settings_new()};
        const Owned<gpiod_line_config> lines{gpiod_line_config_new()};
        const Owned<gpiod_request_config> config{gpiod_request_config_new()};
        if (!settings || !lines || !config ||
            gpiod_line_settings_set_direction(settings.get(), GPIOD_LINE_DIRECTION_OUTPUT) != 0 ||
            gpiod_line_settings_set_output_value(settings.get(), value_of(active)) != 0) {
            return false;
        }
        gpiod_line_settings_set_active_low(settings.get(), active_low);
        gpiod_request_config_set_consumer(config.get(), consumer);
        if (gpiod_line_config_add_line_settings(lines.get(), &offset, 1, settings.get()) != 0) {
            return false;
        }
        offset_ = offset;
        request_.reset(gpiod_chip_request_lines(chip, config.get(), lines.get()));
        return request_ != nullptr;
    }

    bool set(bool active) { return gpiod_line_request_set_value(request_.get(), offset_, value_of(active)) == 0; }

 private:
    Owned<gpiod_line_request> request_;
    unsigned offset_ = 0;
};

#else

int find_line(gpiod_chip* chip, const std::string& name) {
    gpiod_line* const line = gpiod_chip_find_line(chip, name.c_str());
    return line != nullptr ? static_cast<int>(gpiod_line_offset(line)) : -1;
}

class Request {
 public:
    Request() = default;
    ~Request() {
        if (line_ != nullptr) {
            gpiod_line_release(line_);
        }
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    bool take(gpiod_chip* chip, unsigned offset, bool active_low, bool active) {
        gpiod_line* const line = gpiod_chip_get_line(chip, offset);
        const gpiod_line_request_config config{
            .consumer = consumer,
            .request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
            .flags = active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0,
        };
        if (line == nullptr || gpiod_line_request(line, &config, active ? 1 : 0) != 0) {
            return false;
        }
        line_ = line;
        return true;
    }

    bool set(bool active) { return gpiod_line_set_value(line_, active ? 1 : 0) == 0; }

 private:
    gpiod_line* line_ = nullptr;
};

#endif

class GpiodLine final : public OutputLine {
 public:
    GpiodLine(Controller controller, GpioLine line) : controller_{std::move(controller)}, line_{std::move(line)} {}

    Result<void> take(unsigned offset, bool active_low, bool active) {
        return request_.take(controller_.get(), offset, active_low, active)
                   ? Result<void>{}
                   : unavailable(line_, "take control", errno_code());
    }

    Result<void> drive(bool active) override {
        return request_.set(active) ? Result<void>{} : unavailable(line_, "set the level", errno_code());
    }

 private:
    Controller controller_;  // outlives what was requested of it
    GpioLine line_;
    Request request_;
};

struct Found {
    Controller controller;
    unsigned offset;
};

Result<Found> open_controller(const GpioLine& line) {
    Controller controller{gpiod_chip_open(line.controller.c_str())};
    if (!controller) {
        const auto code = errno_code();
        const bool forbidden = code == errno_code(EACCES);
        return unavailable(
            line, "open the controller" + (forbidden ? ", which is for group " + owning_group(line.controller) : ""),
            code);
    }
    return Found{std::move(controller), line.offset};
}

std::vector<std::string> all_controllers() {
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{"/dev", ignored}) {
        if (entry.path().filename().string().starts_with("gpiochip")) {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    return paths;
}

// libgpiod's own search ends at the first controller that may not be opened; the line may be of another one.
Result<Found> find_by_name(const GpioLine& line) {
    std::error_code reason = errno_code(ENOENT);
    std::string what = "look for the name in all controllers";
    for (const auto& path : all_controllers()) {
        Controller controller{gpiod_chip_open(path.c_str())};
        const int offset = controller ? find_line(controller.get(), line.name) : -1;
        if (offset >= 0) {
            return Found{std::move(controller), static_cast<unsigned>(offset)};
        }
        if (!controller) {
            reason = errno_code();
            what += ", of which " + path + " is for group " + owning_group(path);
        }
    }
    return unavailable(line, what, reason);
}

}  // namespace

Result<std::unique_ptr<OutputLine>> take_output_line(const GpioLine& line, GpioLine::Level usual, bool active) {
    TRY(auto found, line.name.empty() ? open_controller(line) : find_by_name(line));
    auto taken = std::make_unique<GpiodLine>(std::move(found.controller), line);
    TRYV(taken->take(found.offset, line.active.value_or(usual) == GpioLine::Level::low, active));
    return std::unique_ptr<OutputLine>{std::move(taken)};
}

}  // namespace trustx
