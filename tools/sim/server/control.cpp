// SPDX-License-Identifier: Apache-2.0
#include "server/control.hpp"

#include "common/io/socket.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "server/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>

namespace trustx::sim {

namespace {

// Keys keep the order in which they are written here.
using json = nlohmann::ordered_json;

json stats(SimulatedChip& chip) {
    const std::uint8_t sec = chip.security_event_counter();
    const int credit = chip.credit();
    const Counters& counters = chip.counters();
    return {{"transfers", counters.transfers},
            {"bytes_to_chip", counters.bytes_to_chip},
            {"bytes_from_chip", counters.bytes_from_chip},
            {"address_naks", counters.address_naks},
            {"data_naks", counters.data_naks},
            {"guard_time_violations", counters.guard_time_violations},
            {"wake_ups", counters.wake_ups},
            {"scl_violations", counters.scl_violations},
            {"frames_received", counters.frames_received},
            {"frames_sent", counters.frames_sent},
            {"bad_frames", counters.bad_frames},
            {"repeated_frames", counters.repeated_frames},
            {"retransmissions", counters.retransmissions},
            {"resyncs", counters.resyncs},
            {"chaining_errors", counters.chaining_errors},
            {"chip_time_us", std::chrono::duration_cast<std::chrono::microseconds>(counters.chip_time).count()},
            {"pin_resets", counters.pin_resets},
            {"soft_resets", counters.soft_resets},
            {"power_cycles", counters.power_cycles},
            {"commands", counters.commands},
            {"errors", counters.errors},
            {"private_key_uses", counters.private_key_uses},
            {"session_key_uses", counters.session_key_uses},
            {"nvm_writes", counters.nvm_writes},
            {"nvm_failures", counters.nvm_failures},
            {"interrupted_commands", counters.interrupted_commands},
            {"torn_writes", counters.torn_writes},
            {"faults", counters.faults},
            {"security_event_counter", sec},
            {"security_credit", credit},
            {"profile", chip.profile()},
            {"i2c_address", chip.address()}};
}

// What a command gets. It gives text for standard output.
struct Request {
    SimulatedChip& chip;
    PacedClock& clock;
    const std::string& argument;  // empty for commands without
};

std::optional<std::uint32_t> number_of(const std::string& text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

Result<std::string> reset_stats(const Request& request) {
    request.chip.reset_counters();
    return std::string{};
}

Result<std::string> add_fault(const Request& request) {
    TRY(auto rule, parse_fault_rule(request.argument));
    return std::to_string(request.chip.faults().add(std::move(rule))) + "\n";
}

Result<std::string> list_faults(const Request& request) {
    json list = json::array();
    for (const auto& entry : request.chip.faults().entries()) {
        list.push_back({{"number", entry.number},
                        {"rule", entry.rule.text},
                        {"matches", entry.matches},
                        {"applied", entry.applied}});
    }
    return list.dump(2) + "\n";
}

Result<std::string> clear_faults(const Request& request) {
    if (request.argument == "all") {
        request.chip.faults().clear();
        return std::string{};
    }
    const auto number = number_of(request.argument);
    if (!number || !request.chip.faults().remove(*number)) {
        return fail("there is no fault rule " + request.argument + "; faults lists them, and all removes each");
    }
    return std::string{};
}

Result<std::string> tell_time(const Request& request) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(request.clock.now());
    return json{{"clock", request.clock.describe()}, {"microseconds", now.count()}}.dump() + "\n";
}

Result<std::string> advance_clock(const Request& request) {
    const auto time = parse_duration(request.argument);
    if (!time) {
        return fail("\"" + request.argument + "\" is not a time; write it as 300us, 20ms or 5s");
    }
    if (!request.clock.advance(*time)) {
        return fail("the clock is " + request.clock.describe() +
                    " and cannot be advanced; start the simulator with --clock virtual");
    }
    return tell_time(request);
}

Result<std::string> set_scl(const Request& request) {
    const auto khz = number_of(request.argument);
    if (!khz || (*khz != 100 && *khz != 400 && *khz != 1000)) {
        return fail("a bus does not run at " + request.argument + " kHz; it is 100, 400 or 1000");
    }
    if (!request.chip.set_scl(*khz)) {
        return fail("transfers take no time here; start the simulator with --timing typical");
    }
    return std::string{};
}

Result<std::string> set_security_events(const Request& request) {
    const auto count = number_of(request.argument);
    if (!count || *count > 0xFF) {
        return fail("the security event counter is a number from 0 to 255, not " + request.argument);
    }
    request.chip.set_security_event_counter(static_cast<std::uint8_t>(*count));
    return std::string{};
}

struct ControlCommand {
    const char* name;
    const char* argument;  // what it is called in --help; nullptr for commands without
    const char* summary;
    Result<std::string> (*run)(const Request& request);
};

constexpr std::array<ControlCommand, 12> commands{{
    {"stats", nullptr, "print the counters as JSON",
     [](const Request& request) -> Result<std::string> { return stats(request.chip).dump(2) + "\n"; }},
    {"reset-stats", nullptr, "set the counters to zero", reset_stats},
    {"fault", "RULE", "inject a fault, print the number of the rule; as --fault", add_fault},
    {"faults", nullptr, "print the fault rules as JSON, and how often each was applied", list_faults},
    {"clear-fault", "NUMBER|all", "remove a fault rule", clear_faults},
    {"time", nullptr, "print the chip's clock as JSON", tell_time},
    {"advance", "TIME", "move a virtual clock on, by 300us, 20ms or 5s", advance_clock},
    {"scl", "KHZ", "change the bus frequency, as an adapter would", set_scl},
    {"security-events", "COUNT", "set the security event counter, as if keys had been used", set_security_events},
    {"reset", nullptr, "pulse the reset line",
     [](const Request& request) -> Result<std::string> {
         request.clock.spend(request.chip.pulse_reset());
         return std::string{};
     }},
    {"power-cycle", nullptr, "switch the supply off and on",
     [](const Request& request) -> Result<std::string> {
         request.clock.spend(request.chip.power_cycle());
         return std::string{};
     }},
    {"ca", nullptr, "print the certificate of the CA that issued the certificate in E0E0 (PEM)",
     [](const Request& request) -> Result<std::string> {
         return openssl::pem_text("CERTIFICATE", request.chip.ca_certificate());
     }},
}};

std::string usage_of(const ControlCommand& command) {
    return std::string{command.name} + (command.argument == nullptr ? "" : std::string{" "} + command.argument);
}

// find_command gives the command that the words are for.
Result<const ControlCommand*> find_command(const std::vector<std::string>& words) {
    const auto* const found = std::find_if(commands.begin(), commands.end(), [&](const ControlCommand& command) {
        return !words.empty() && words.front() == command.name;
    });
    if (found == commands.end()) {
        return fail("there is no command \"" + (words.empty() ? std::string{} : words.front()) + "\"; there are:\n" +
                    control_commands());
    }
    if (words.size() != (found->argument == nullptr ? 1 : 2)) {
        return fail("the command is written as: " + usage_of(*found));
    }
    return found;
}

std::string failed(const std::string& error) {
    return json{{"ok", false}, {"error", error}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// Empty if the simulator does not send everything in time.
std::string receive_text(const UniqueFd& fd) {
    std::string text;
    std::array<std::uint8_t, 4096> chunk{};
    for (;;) {
        const auto count = io::receive_all(fd.get(), chunk);
        if (!count) {
            return {};
        }
        text.append(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*count));
        if (*count < chunk.size()) {
            return text;
        }
    }
}

}  // namespace

std::string Control::answer(const std::string& request) {
    const json parsed = json::parse(request, nullptr, false);
    const auto words = parsed.is_object() ? parsed.value("command", json()) : json();
    const bool are_words = words.is_array() && !words.empty() &&
                           std::all_of(words.begin(), words.end(), [](const json& word) { return word.is_string(); });
    if (!are_words) {
        return failed(R"(the request is not of the form {"command": ["stats"]})");
    }
    const auto text = words.get<std::vector<std::string>>();
    const auto command = find_command(text);
    if (!command) {
        return failed(command.error());
    }
    const auto answer = (*command)->run({chip_, clock_, text.size() == 2 ? text[1] : std::string{}});
    return answer ? json{{"ok", true}, {"output", *answer}}.dump() + "\n" : failed(answer.error());
}

Result<void> check_control_command(const std::vector<std::string>& command) {
    TRYV(find_command(command));
    return {};
}

std::string control_commands() {
    std::string text;
    for (const auto& command : commands) {
        text += "  " + usage_of(command) + ": " + command.summary + "\n";
    }
    return text;
}

Result<std::string> ask_simulator(const std::filesystem::path& bus_path, const std::vector<std::string>& command) {
    const auto connection = connect_to(control_path(bus_path));
    if (!connection) {
        return fail(connection.error() + "; is a trustx-sim running on unix:" + bus_path.string() + "?");
    }
    // A simulator answers at once; one that is stopped or hangs must not stop this program, too.
    const timeval limit{10, 0};
    ::setsockopt(connection->get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const std::string request = json{{"command", command}}.dump() + "\n";
    if (const auto error = io::send_all(connection->get(), text::as_bytes(request))) {
        return fail_with_errno("cannot send to the simulator on", bus_path.native(), error.value());
    }
    const json reply = json::parse(receive_text(*connection), nullptr, false);
    if (!reply.is_object()) {
        return fail("the simulator on unix:" + bus_path.string() + " gave no answer within 10 seconds");
    }
    if (!reply.value("ok", false)) {
        return fail(reply.value("error", std::string{"unknown error"}));
    }
    return reply.value("output", std::string{});
}

}  // namespace trustx::sim
