// SPDX-License-Identifier: Apache-2.0
#include "setup/service_drop_in.hpp"

#include "common/text/lower_case.hpp"
#include "setup/marked_block.hpp"

#include <algorithm>
#include <array>

#include <fnmatch.h>

namespace trustx::cli {
namespace {

// KnownService is a service of Debian's of which more is known than its unit says.
struct KnownService {
    std::string_view name;
    std::string_view user;     // that it becomes
    std::string_view network;  // further lines of [Unit]
    std::string_view how;      // it changes its user
    std::string_view written;  // directories that Debian's unit and configuration write
    std::string_view remark;   // on the directories
};

constexpr std::array<KnownService, 2> known_services{
    KnownService{
        .name = "mosquitto.service",
        .user = "mosquitto",
        .network = "After=network-online.target\nWants=network-online.target\n",
        .how =
            "# The broker starts as root and becomes the user mosquitto before it reads a key, with the groups that\n"
            "# /etc/group gives that user, so this is needed as well:\n",
        .written = "/run /var/log -/var/lib/mosquitto",
        .remark = "# write. A persistence_location or log_dest elsewhere needs one more such line.\n"},
    KnownService{
        .name = "nginx.service",
        .user = "www-data",
        .network = "",
        .how = "# The master reads the key file as root, the workers sign as www-data with the groups that /etc/group\n"
               "# gives that user, so this is needed as well. Everything else that runs as www-data can then use the "
               "chip, too:\n",
        .written = "/run /var/log -/var/lib/nginx",
        .remark = "# write. What nginx writes elsewhere, a proxy's cache for example, needs one more such line. With\n"
                  "# `pcre_jit on` nginx also needs MemoryDenyWriteExecute=no.\n"}};

const KnownService* known(std::string_view service) {
    const auto* it = std::ranges::find(known_services, service, &KnownService::name);
    return it == known_services.end() ? nullptr : it;
}

constexpr std::string_view everything_else =
    R"(# What a program needs that starts as root, opens ports and logs, and becomes another user.
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE CAP_KILL
SystemCallFilter=@system-service
ProtectHome=yes
PrivateTmp=yes
PrivateIPC=yes
NoNewPrivileges=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native

Restart=on-failure
RestartSec=10
)";

std::string title(const std::string& service) {
    const auto name = service.substr(0, service.rfind('.'));
    std::string text = "# SPDX-License-Identifier: Apache-2.0\n# /etc/systemd/system/" + service +
                       ".d/trustx.conf: lets " + name + " use keys in the chip.\n";
    if (const auto* about = known(service)) {
        text.append(about->how).append("#\n#     usermod -aG trustx ").append(about->user).append("\n#\n");
    }
    return text;
}

std::string unit_lines(const std::string& service) {
    const auto* about = known(service);
    return "[Unit]\n# With a clock in 1970 no certificate is valid yet.\nAfter=time-sync.target\n" +
           std::string{about != nullptr ? about->network : ""} + "\n";
}

// setting quotes a whole assignment where it holds a blank.
std::string setting(const std::string& name, const std::string& value) {
    const auto assignment = name + "=" + value;
    return "Environment=" + (assignment.find(' ') == std::string::npos ? assignment : "\"" + assignment + "\"") + "\n";
}

std::string device_lines(const ServiceAccess& access, const Sandbox& sandbox) {
    std::string text;
    if (sandbox.hides_devices || access.harden) {
        text +=
            "\n# Of all devices only the chip's bus. PrivateDevices=yes would hide it.\nPrivateDevices=no\n"
            "DevicePolicy=closed\n";
    } else if (sandbox.limits_devices) {
        text += "\n# The unit names the devices that it may use; these are the chip's.\n";
    } else {
        return text;
    }
    for (const auto& device : access.devices) {
        text.append("DeviceAllow=").append(device).append(" rw\n");
    }
    if (access.devices.size() == 1) {
        text +=
            "# The GPIO controller of reset-line and supply-line, where trustx.conf has them.\n"
            "#DeviceAllow=/dev/gpiochip0 rw\n";
    }
    if (sandbox.hides_devices && !access.harden) {
        text +=
            "# The rest of what PrivateDevices=yes does.\nCapabilityBoundingSet=~CAP_MKNOD CAP_SYS_RAWIO\n"
            "SystemCallFilter=~@raw-io\n";
    }
    return text;
}

std::string path_lines(const ServiceAccess& access, const Sandbox& sandbox) {
    const auto writable = "ReadWritePaths=-" + access.lock_directory + "\n";
    const auto* about = known(access.service);
    if (access.harden && about != nullptr) {
        return "\n# strict makes everything read-only but what is named here: the lock directory, and what Debian's "
               "unit and\n"
               "# configuration " +
               std::string{about->remark.substr(2)} + "ProtectSystem=strict\n" + writable +
               "ReadWritePaths=" + std::string{about->written} + "\n" + std::string{everything_else};
    }
    return sandbox.makes_read_only ? "\n# The unit makes the lock directory read-only otherwise.\n" + writable : "";
}

bool is_word(const UnitSettings& unit, const std::string& name, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text::lower_case(unit.value(name))) != words.end();
}

// allows tells whether one of the words of DeviceAllow= means a device: its path, a pattern, or a class of devices.
bool allows(const std::vector<std::string>& words, const std::string& device) {
    const std::string kind = device.starts_with("/dev/i2c-") ? "char-i2c" : "char-gpiochip";
    return std::ranges::any_of(words, [&](const std::string& word) {
        return ::fnmatch(word.c_str(), device.c_str(), 0) == 0 || ::fnmatch(word.c_str(), kind.c_str(), 0) == 0;
    });
}

// names tells whether one of these words is the path, or a directory above it.
bool names(const std::vector<std::string>& words, const std::string& path) {
    return std::ranges::any_of(words, [&path](std::string word) {
        word.erase(0, word.find_first_not_of("-+"));
        return path == word || path.starts_with(word.ends_with('/') ? word : word + "/");
    });
}

}  // namespace

Sandbox Sandbox::of(const UnitSettings& unit, const std::string& lock_directory) {
    const bool hides = unit.is_on("PrivateDevices");
    const auto directory = unit.value("RootDirectory");
    const auto root = directory.empty() || directory == "/" ? unit.value("RootImage") : directory;
    return {.hides_devices = hides,
            .limits_devices =
                hides || is_word(unit, "DevicePolicy", {"closed", "strict"}) || !unit.words("DeviceAllow").empty(),
            .makes_read_only =
                is_word(unit, "ProtectSystem", {"strict"}) || names(unit.words("ReadOnlyPaths"), lock_directory),
            .root_directory = root};
}

std::vector<std::string> missing_access(const UnitSettings& unit, const ServiceAccess& access) {
    const auto sandbox = Sandbox::of(unit, access.lock_directory);
    std::vector<std::string> missing;
    if (!sandbox.root_directory.empty()) {
        missing.push_back("RootDirectory=" + sandbox.root_directory);
    }
    if (sandbox.hides_devices && !access.devices.empty()) {
        missing.emplace_back("PrivateDevices=yes");
    } else if (sandbox.limits_devices) {
        const auto allowed = unit.words("DeviceAllow");
        for (const auto& device : access.devices) {
            if (!allows(allowed, device)) {
                missing.push_back("DevicePolicy=closed without DeviceAllow=" + device + " rw");
            }
        }
    }
    if (sandbox.makes_read_only && !names(unit.words("ReadWritePaths"), access.lock_directory)) {
        missing.push_back("a read-only file system without ReadWritePaths=-" + access.lock_directory);
    }
    return missing;
}

std::string becomes_user(const std::string& service) {
    const auto* about = known(service);
    return about == nullptr ? std::string{} : std::string{about->user};
}

bool can_be_hardened(const std::string& service) {
    return known(service) != nullptr;
}

std::string drop_in_text(const ServiceAccess& access, const Sandbox& sandbox) {
    auto text = title(access.service) + unit_lines(access.service) + "[Service]\n" +
                setting("OPENSSL_CONF", access.openssl_conf);
    if (!access.chip.empty()) {
        text += setting("TRUSTX_DEVICE", access.chip);
    }
    text += "SupplementaryGroups=trustx\n";
    return framed(text + device_lines(access, sandbox) + path_lines(access, sandbox), false);
}

}  // namespace trustx::cli
