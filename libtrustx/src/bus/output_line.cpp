// SPDX-License-Identifier: Apache-2.0
// libgpiod has two interfaces: 1.6 in Debian 12, 2 in Debian 13. What differs stands once, in the class Request.
#include "bus/output_line.hpp"

#include "bus/gpiod.hpp"
#include "bus/owning_group.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

namespace trustx {
namespace {

constexpr const char* consumer = "trustx";

// Owned is freed by a function of libgpiod, which must be loaded until then.
template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;
using Controller = Owned<gpiod_chip>;

tl::unexpected<Error> unavailable(const GpioLine& line, const std::string& what, std::error_code code) {
    return fail(Errc::line_unavailable, what + " for GPIO line " + line.text() + " (" + code.message() + ")");
}

#if TRUSTX_GPIOD_MAJOR >= 2

gpiod_line_value value_of(bool active) {
    return active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

int find_line(const Gpiod& gpiod, gpiod_chip* chip, const std::string& name) {
    return gpiod.chip_get_line_offset_from_name(chip, name.c_str());
}

class Request {
 public:
    explicit Request(const Gpiod& gpiod) : gpiod_{gpiod}, request_{nullptr, gpiod.line_request_release} {}

    bool take(gpiod_chip* chip, unsigned offset, bool active_low, bool active) {
        const Owned<gpiod_line_settings> settings{gpiod_.line_settings_new(), gpiod_.line_settings_free};
        const Owned<gpiod_line_config> lines{gpiod_.line_config_new(), gpiod_.line_config_free};
        const Owned<gpiod_request_config> config{gpiod_.request_config_new(), gpiod_.request_config_free};
        if (!settings || !lines || !config ||
            gpiod_.line_settings_set_direction(settings.get(), GPIOD_LINE_DIRECTION_OUTPUT) != 0 ||
            gpiod_.line_settings_set_output_value(settings.get(), value_of(active)) != 0) {
            return false;
        }
        gpiod_.line_settings_set_active_low(settings.get(), active_low);
        gpiod_.request_config_set_consumer(config.get(), consumer);
        if (gpiod_.line_config_add_line_settings(lines.get(), &offset, 1, settings.get()) != 0) {
            return false;
        }
        offset_ = offset;
        request_.reset(gpiod_.chip_request_lines(chip, config.get(), lines.get()));
        return request_ != nullptr;
    }

    bool set(bool active) { return gpiod_.line_request_set_value(request_.get(), offset_, value_of(active)) == 0; }

 private:
    const Gpiod& gpiod_;
    Owned<gpiod_line_request> request_;
    unsigned offset_ = 0;
};

#else

int find_line(const Gpiod& gpiod, gpiod_chip* chip, const std::string& name) {
    gpiod_line* const line = gpiod.chip_find_line(chip, name.c_str());
    return line != nullptr ? static_cast<int>(gpiod.line_offset(line)) : -1;
}

class Request {
 public:
    explicit Request(const Gpiod& gpiod) : gpiod_{gpiod}, line_{nullptr, gpiod.line_release} {}

    bool take(gpiod_chip* chip, unsigned offset, bool active_low, bool active) {
        gpiod_line* const line = gpiod_.chip_get_line(chip, offset);
        const gpiod_line_request_config config{
            .consumer = consumer,
            .request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
            .flags = active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0,
        };
        if (line == nullptr || gpiod_.line_request(line, &config, active ? 1 : 0) != 0) {
            return false;
        }
        line_.reset(line);
        return true;
    }

    bool set(bool active) { return gpiod_.line_set_value(line_.get(), active ? 1 : 0) == 0; }

 private:
    const Gpiod& gpiod_;
    Owned<gpiod_line> line_;
};

#endif

class GpiodLine final : public OutputLine {
 public:
    GpiodLine(std::shared_ptr<const Gpiod> gpiod, Controller controller, GpioLine line)
        : gpiod_{std::move(gpiod)}, controller_{std::move(controller)}, line_{std::move(line)}, request_{*gpiod_} {}

    Result<void> take(unsigned offset, bool active_low, bool active) {
        return request_.take(controller_.get(), offset, active_low, active)
                   ? Result<void>{}
                   : unavailable(line_, "take control", errno_code());
    }

    Result<void> drive(bool active) override {
        return request_.set(active) ? Result<void>{} : unavailable(line_, "set the level", errno_code());
    }

 private:
    std::shared_ptr<const Gpiod> gpiod_;  // outlives what its functions free
    Controller controller_;               // outlives what was requested of it
    GpioLine line_;
    Request request_;
};

struct Found {
    Controller controller;
    unsigned offset;
};

Controller open_path(const Gpiod& gpiod, const std::string& path) {
    return {gpiod.chip_open(path.c_str()), gpiod.chip_close};
}

Result<Found> open_controller(const Gpiod& gpiod, const GpioLine& line) {
    auto controller = open_path(gpiod, line.controller);
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
Result<Found> find_by_name(const Gpiod& gpiod, const GpioLine& line) {
    std::error_code reason = errno_code(ENOENT);
    std::string what = "look for the name in all controllers";
    for (const auto& path : all_controllers()) {
        auto controller = open_path(gpiod, path);
        const int offset = controller ? find_line(gpiod, controller.get(), line.name) : -1;
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
    TRY(const auto gpiod, Gpiod::load());
    TRY(auto found, line.name.empty() ? open_controller(*gpiod, line) : find_by_name(*gpiod, line));
    auto taken = std::make_unique<GpiodLine>(gpiod, std::move(found.controller), line);
    TRYV(taken->take(found.offset, line.active.value_or(usual) == GpioLine::Level::low, active));
    return std::unique_ptr<OutputLine>{std::move(taken)};
}

}  // namespace trustx
