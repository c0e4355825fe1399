// SPDX-License-Identifier: Apache-2.0
// trustx info: what chip this is, its state, which slots hold keys and which objects hold certificates.
#include "chip/certificate_json.hpp"
#include "chip/chip_contents.hpp"
#include "chip/metadata_text.hpp"
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <trustx/system_objects.hpp>

#include <memory>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct InfoOptions {
    bool json = false;
};

struct ChipState {
    Uid uid;
    LifeCycleState global;
    LifeCycleState application;
    std::uint8_t security_events;
    std::uint8_t current_limit;  // mA
    std::uint8_t sleep_delay;    // ms
    std::vector<SlotState> slots;
    std::vector<CertificateState> certificates;
};

constexpr const char* info_examples =
    R"(The chip is neither reset nor re-opened, and no private key is used: safe while other programs are at work.

Examples:
  trustx info
  trustx --device unix:/tmp/chip.sock info
  trustx info --json | jq -r .uid)";

Result<ChipState> examine(Chip& chip) {
    TRY(const auto uid, chip_uid(chip));
    const auto byte = [&chip](ObjectId object) {
        return chip.with([object](LockedDevice& device) { return read_byte(device, object); });
    };
    TRY(const auto global, byte(object::life_cycle_global));
    TRY(const auto application, byte(object::life_cycle_application));
    TRY(const auto security_events, byte(object::security_event_counter));
    TRY(const auto current_limit, byte(object::current_limitation));
    TRY(const auto sleep_delay, byte(object::sleep_activation_delay));
    TRY(auto slots, read_slots(chip));
    TRY(auto certificates, read_certificate_objects(chip));
    return ChipState{.uid = uid,
                     .global = LifeCycleState{global},
                     .application = LifeCycleState{application},
                     .security_events = security_events,
                     .current_limit = current_limit,
                     .sleep_delay = sleep_delay,
                     .slots = std::move(slots),
                     .certificates = std::move(certificates)};
}

std::string certificate_text(const CertificateState& state) {
    if (state.trouble) {
        return explain(*state.trouble);
    }
    const auto& certificates = state.stored.certificates;
    if (certificates.empty()) {
        return "empty";
    }
    const auto more = certificates.size() - 1;
    return x509::summary(certificates.front()) +
           (more > 0 ? ", and " + std::to_string(more) + " more" : std::string{}) + "; " + form_text(state.stored.form);
}

std::string security_text(std::uint8_t counter) {
    return std::to_string(counter) +
           (SecurityEventCounter{counter}.throttled() ? " (uses of private keys are delayed)" : "");
}

// The library never fails for a trace it cannot write: this is where users see it.
std::string trace_text(const Chip& chip) {
    const auto& trace = chip.settings.options.trace;
    const auto trouble = chip.device->trace_trouble();
    return trouble ? "has gaps: " + trouble->message()
                   : trace.file + " (level " + std::string{to_string(trace.level)} + ")";
}

nlohmann::ordered_json trace_json(const Chip& chip) {
    const auto& trace = chip.settings.options.trace;
    nlohmann::ordered_json json{{"file", trace.file}, {"level", to_string(trace.level)}};
    if (const auto trouble = chip.device->trace_trouble()) {
        json["error"] = trouble->message();
    }
    return json;
}

std::string to_text(const Chip& chip, const ChipState& state) {
    std::string text;
    const auto line = [&text](std::string name, const std::string& value) {
        constexpr std::size_t column = 26;
        name.resize(std::max(name.size() + 1, column), ' ');
        text += name + value + "\n";
    };
    line("device", chip.settings.address.text() + " (from " + chip.settings.source + ")");
    if (!chip.settings.options.trace.file.empty()) {
        line("trace", trace_text(chip));
    }
    line("UID", state.uid.hex());
    line("firmware", state.uid.firmware_build());
    line("life cycle, chip", to_string(state.global));
    line("life cycle, application", to_string(state.application));
    line("security event counter", security_text(state.security_events));
    line("current limit", std::to_string(state.current_limit) + " mA");
    line("sleep activation delay", std::to_string(state.sleep_delay) + " ms");
    for (const auto& slot : state.slots) {
        line(title(slot.slot), key_text(slot.metadata));
    }
    for (const auto& certificate : state.certificates) {
        line(title(certificate.object), certificate_text(certificate));
    }
    return text;
}

nlohmann::ordered_json state_json(const SlotState& slot) {
    const auto& metadata = slot.metadata;
    nlohmann::ordered_json json{{"object", slot.slot.hex()}, {"name", describe(slot.slot)->name}};
    json["present"] = metadata.key_algorithm.has_value();
    if (metadata.key_algorithm) {
        json["curve"] = curve_name(*metadata.key_algorithm);
    }
    if (metadata.key_usage) {
        json["usage"] = usage_words(*metadata.key_usage);
    }
    return json;
}

nlohmann::ordered_json state_json(const CertificateState& state) {
    nlohmann::ordered_json json{{"object", state.object.hex()}, {"name", describe(state.object)->name}};
    json["certificates"] = nlohmann::ordered_json::array();
    for (const auto& certificate : state.stored.certificates) {
        json["certificates"].push_back(certificate_json(certificate));
    }
    if (!state.stored.certificates.empty()) {
        json["form"] = form_name(state.stored.form);
    }
    if (state.trouble) {
        json["error"] = explain(*state.trouble);
    }
    return json;
}

nlohmann::ordered_json state_json(const Chip& chip, const ChipState& state) {
    nlohmann::ordered_json json{{"device", chip.settings.address.text()},
                                {"device_source", chip.settings.source},
                                {"uid", state.uid.hex()},
                                {"firmware", state.uid.firmware_build()},
                                {"life_cycle_chip", to_string(state.global)},
                                {"life_cycle_application", to_string(state.application)},
                                {"security_event_counter", state.security_events},
                                {"current_limit_ma", state.current_limit},
                                {"sleep_activation_delay_ms", state.sleep_delay}};
    if (!chip.settings.options.trace.file.empty()) {
        json["trace"] = trace_json(chip);
    }
    json["keys"] = nlohmann::ordered_json::array();
    for (const auto& slot : state.slots) {
        json["keys"].push_back(state_json(slot));
    }
    json["certificate_objects"] = nlohmann::ordered_json::array();
    for (const auto& certificate : state.certificates) {
        json["certificate_objects"].push_back(state_json(certificate));
    }
    return json;
}

Result<void> info(const Context& context, const InfoOptions& options) {
    TRY(auto chip, open_chip(context));
    TRY(const auto state, examine(chip));
    return answer(options.json ? json_text(state_json(chip, state)) : to_text(chip, state));
}

}  // namespace

void add_info(Command& program) {
    const auto options = std::make_shared<InfoOptions>();
    auto command = program.subcommand("info", "Show what chip this is and what it holds", info_examples);
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return info(context, *options); });
}

}  // namespace trustx::cli
