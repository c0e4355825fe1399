// SPDX-License-Identifier: Apache-2.0
// Whether the chip answers: through the library, with what the provider would use.
#include "common/try.hpp"
#include "setup/checks.hpp"

#include <trustx/objects.hpp>

namespace trustx::cli {
namespace {

Result<Chip> open_configured_chip(const Context& context, const ProviderEntry* entry) {
    SettingOverrides overrides{.command_line = context.device, .device_name = context.device_name};
    for (const auto& [name, value] : entry == nullptr ? ProviderEntry{}.settings : entry->settings) {
        TRYV(overrides.openssl_conf.set(SettingLayer::openssl_conf, name, value,
                                        "section [" + entry->section + "] of the OpenSSL configuration"));
    }
    TRY(auto settings, resolve_settings(overrides));
    auto device = Device::open(settings.address, settings.options);
    return Chip{.settings = std::move(settings), .device = std::move(device)};
}

Result<std::string> occupied_slots(Chip& chip) {
    std::string slots;
    for (const auto& info : all_objects()) {
        if (info.kind != ObjectKind::key) {
            continue;
        }
        TRY(const auto metadata, chip.run(GetMetadata{.object = info.id}));
        if (metadata.key_algorithm) {
            slots += (slots.empty() ? "" : ", ") + info.id.hex();
        }
    }
    return slots;
}

}  // namespace

bool check_chip(CheckReport& report, const Context& context, const ProviderEntry* entry) {
    auto chip = open_configured_chip(context, entry);
    if (!chip) {
        report.failed("chip", chip.error(), "correct the setting");
        return false;
    }
    const auto uid = chip_uid(*chip);
    const auto where = chip->settings.address.text() + " (from " + chip->settings.source + ")";
    if (!uid) {
        report.failed("chip", uid.error(),
                      "the address is " + where +
                          "; look for the bus with `ls -l /dev/i2c-*`, for the chip with `i2cdetect -y 1`, for the "
                          "group with `id`; programs that use the chip need the group trustx");
        return false;
    }
    report.ok("chip", "answers at " + where + ", UID " + uid->hex());
    const auto slots = occupied_slots(*chip);
    if (!slots) {
        report.failed("keys", slots.error(), "`trustx info` says more");
        return false;
    }
    if (slots->empty()) {
        report.note("keys", "the chip holds none yet; `trustx keygen E0F1 --out key.pem` makes one");
    } else {
        report.ok("keys", "in " + *slots);
    }
    return true;
}

}  // namespace trustx::cli
