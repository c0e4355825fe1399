// SPDX-License-Identifier: Apache-2.0
// Whether the chip answers: through the library, with what the provider would use.
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "common/try.hpp"
#include "setup/checks.hpp"

#include <trustx/system_objects.hpp>

#include <cstdlib>

namespace trustx::cli {
namespace {

// how_to_reach says what to do about a chip that does not answer there.
std::string how_to_reach(const Error& error, const BusAddress& address) {
    const auto& category = error.code().category();
    const bool bus = category == std::system_category() || error == Errc::no_chip || error == Errc::address_nak ||
                     error == Errc::bus_failure;
    const auto number = address.path.substr(address.path.find_last_not_of("0123456789") + 1);
    auto remedy = remedy_of(error);
    if (bus && address.kind == BusAddress::Kind::linux_i2c) {
        remedy += (remedy.empty() ? "" : "; ") +
                  ("look for the bus with `ls -l " + address.path + "`, for the chip with `i2cdetect -y " +
                   (number.empty() ? "BUS" : number) +
                   "`, for the group with `id`: programs that use the chip need the group trustx");
    }
    return remedy.empty() ? "`trustx info` says more" : remedy;
}

std::string occupied(const std::vector<SlotState>& slots) {
    std::string text;
    for (const auto& [slot, metadata] : slots) {
        if (metadata.key_algorithm) {
            text += (text.empty() ? "" : ", ") + slot.hex();
        }
    }
    return text;
}

void report_keys(CheckReport& report, const std::vector<SlotState>& slots) {
    const auto keys = occupied(slots);
    if (keys.empty()) {
        report.note("keys", "the chip holds none yet; `trustx keygen E0F1 --out NEW-FILE` makes one");
    } else {
        report.ok("keys", "in " + keys);
    }
}

void report_pace(CheckReport& report, std::uint8_t counter) {
    if (SecurityEventCounter{counter}.throttled()) {
        report.note("pace",
                    "the security event counter is at " + std::to_string(counter) +
                        ": the chip slows down the use of private keys",
                    "use them less often; `trustx monitor` shows the counter");
    }
}

}  // namespace

std::optional<ExaminedChip> check_chip(CheckReport& report, const Context& context, const SettingValues& settings) {
    auto chip = open_chip(context, settings);
    if (!chip) {
        report.failed("chip", chip.error(), "correct the setting");
        return std::nullopt;
    }
    const auto& address = chip->settings.address;
    if (context.device || context.device_name) {
        // The only layer in front of the provider's own section that a program can set.
        ::setenv("TRUSTX_DEVICE", address.text().c_str(), 1);
    }
    const auto where = address.text() + " (from " + chip->settings.source + ")";
    const auto uid = chip_uid(*chip);
    const auto counter =
        uid ? chip->with([](LockedDevice& device) { return read_byte(device, object::security_event_counter); })
            : Result<std::uint8_t>{uid.failure()};
    auto slots = counter ? read_slots(*chip) : Result<std::vector<SlotState>>{counter.failure()};
    if (!slots) {
        report.failed("chip", slots.error(),
                      how_to_reach(slots.error(), address) + "; the address is from " + chip->settings.source);
        return std::nullopt;
    }
    report.ok("chip", "answers at " + where + ", UID " + uid->hex());
    report_pace(report, *counter);
    report_keys(report, *slots);
    return ExaminedChip{.chip = std::move(*chip), .uid = *uid, .slots = std::move(*slots)};
}

}  // namespace trustx::cli
