// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <trustx/bus_address.hpp>

#include <array>
#include <charconv>
#include <string_view>

namespace trustx::provider {
namespace {

constexpr std::chrono::milliseconds longest_timeout{std::chrono::hours(1)};

ProviderError bad_value(std::string_view name, std::string_view value, std::string_view expected) {
    return fail(Reason::setting_invalid, "setting " + std::string(name) + " = " + std::string(value) +
                                             " in the provider's section of openssl.cnf: expected " +
                                             std::string(expected))
        .value();
}

// Reader reads one value after the other and keeps the first fault.
class Reader {
 public:
    Reader(const Core& core, std::optional<ProviderError>& fault) : core_{core}, fault_{fault} {}

    std::optional<std::string> path(const char* name) {
        auto value = core_.parameter(name);
        if (value && !value->starts_with('/')) {
            keep(bad_value(name, *value, "an absolute path"));
            return std::nullopt;
        }
        return value;
    }

    std::optional<TraceLevel> trace_level(const char* name) {
        const auto value = core_.parameter(name);
        if (!value) {
            return std::nullopt;
        }
        const auto level = parse_trace_level(*value);
        if (!level) {
            keep(bad_value(name, *value, "apdu, frames or transfers"));
            return std::nullopt;
        }
        return *level;
    }

    // choice says whether the second of two words was chosen.
    bool choice(const char* name, std::string_view usual, std::string_view other) {
        const auto value = core_.parameter(name);
        if (value && *value != usual && *value != other) {
            keep(bad_value(name, *value, std::string(usual) + " or " + std::string(other)));
        }
        return value == other;
    }

    std::optional<std::string> device(const char* name) {
        auto value = core_.parameter(name);
        if (value) {
            if (const auto address = BusAddress::parse(*value); !address) {
                keep(bad_value(name, *value, "a device such as i2c:/dev/i2c-1@0x30 or unix:/path"));
            }
        }
        return value;
    }

    std::optional<std::chrono::milliseconds> milliseconds(const char* name) {
        const auto value = core_.parameter(name);
        if (!value) {
            return std::nullopt;
        }
        long number = 0;
        const char* const end = value->data() + value->size();
        const auto [rest, error] = std::from_chars(value->data(), end, number);
        if (error != std::errc{} || rest != end || number < 1 || number > longest_timeout.count()) {
            keep(bad_value(name, *value, "milliseconds from 1 to " + std::to_string(longest_timeout.count())));
            return std::nullopt;
        }
        return std::chrono::milliseconds(number);
    }

    bool flag(const char* name, bool otherwise) {
        const auto value = core_.parameter(name);
        if (!value) {
            return otherwise;
        }
        constexpr std::array<std::string_view, 4> yes{"yes", "1", "true", "on"};
        constexpr std::array<std::string_view, 4> no{"no", "0", "false", "off"};
        for (std::size_t i = 0; i < yes.size(); ++i) {
            if (*value == yes[i] || *value == no[i]) {
                return *value == yes[i];
            }
        }
        keep(bad_value(name, *value, "yes or no"));
        return otherwise;
    }

 private:
    void keep(ProviderError error) {
        if (!fault_) {
            fault_ = std::move(error);
        }
    }

    const Core& core_;
    std::optional<ProviderError>& fault_;
};

}  // namespace

ProviderSettings ProviderSettings::read(const Core& core) {
    ProviderSettings settings;
    Reader reader(core, settings.fault);
    settings.device = reader.device("device");
    settings.lock_directory = reader.path("lock-directory");
    settings.lock_timeout = reader.milliseconds("lock-timeout-ms");
    settings.command_timeout = reader.milliseconds("command-timeout-ms");
    settings.self_verify = reader.flag("self-verify", true);
    settings.trace = reader.path("trace");
    settings.trace_level = reader.trace_level("trace-level");
    settings.child_library_context = reader.choice("library-context", "isolated", "child");
    return settings;
}

Outcome<void> ProviderSettings::check() const {
    if (fault) {
        return tl::unexpected<ProviderError>(*fault);
    }
    return {};
}

}  // namespace trustx::provider
