// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include "address.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sys/socket.h>

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
            {"frames_received", counters.frames_received},
            {"frames_sent", counters.frames_sent},
            {"bad_frames", counters.bad_frames},
            {"repeated_frames", counters.repeated_frames},
            {"retransmissions", counters.retransmissions},
            {"resyncs", counters.resyncs},
            {"chaining_errors", counters.chaining_errors},
            {"pin_resets", counters.pin_resets},
            {"soft_resets", counters.soft_resets},
            {"power_cycles", counters.power_cycles},
            {"commands", counters.commands},
            {"errors", counters.errors},
            {"private_key_uses", counters.private_key_uses},
            {"session_key_uses", counters.session_key_uses},
            {"nvm_writes", counters.nvm_writes},
            {"nvm_failures", counters.nvm_failures},
            {"security_event_counter", sec},
            {"security_credit", credit},
            {"profile", chip.profile()},
            {"i2c_address", chip.address()}};
}

std::string pem(ByteView der) {
    std::string encoded((der.size() + 2) / 3 * 4 + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), der.data(), static_cast<int>(der.size()));
    encoded.resize(static_cast<std::size_t>(size));
    std::string text = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t i = 0; i < encoded.size(); i += 64)
        text += encoded.substr(i, 64) + "\n";
    return text + "-----END CERTIFICATE-----\n";
}

struct ControlCommand {
    const char* name;
    const char* summary;
    std::string (*run)(SimulatedChip& chip);
};

constexpr std::array<ControlCommand, 3> commands{{
    {"stats", "print the counters as JSON", [](SimulatedChip& chip) { return stats(chip).dump(2) + "\n"; }},
    {"reset-stats", "set the counters to zero",
     [](SimulatedChip& chip) {
         chip.reset_counters();
         return std::string();
     }},
    {"ca", "print the certificate of the CA that issued the certificate in E0E0 (PEM)",
     [](SimulatedChip& chip) { return pem(chip.ca_certificate()); }},
}};

std::string failed(const std::string& error) {
    return json{{"ok", false}, {"error", error}}.dump() + "\n";
}

bool send_all(const Fd& fd, const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const auto count = ::send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR)
            return false;
        sent += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    return true;
}

std::string receive_all(const Fd& fd) {
    std::string text;
    std::array<char, 4096> chunk{};
    for (;;) {
        const auto count = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return text;
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

std::string Control::answer(const std::string& request) {
    const json parsed = json::parse(request, nullptr, false);
    const auto words = parsed.is_object() ? parsed.value("command", json()) : json();
    if (!words.is_array() || words.size() != 1 || !words[0].is_string())
        return failed("the request is not of the form {\"command\": [\"stats\"]}");
    for (const auto& command : commands)
        if (words[0] == command.name)
            return json{{"ok", true}, {"output", command.run(chip_)}}.dump() + "\n";
    return failed("there is no command \"" + words[0].get<std::string>() + "\"; there are:\n" + control_commands());
}

std::string control_commands() {
    std::string text;
    for (const auto& command : commands)
        text += "  " + std::string(command.name) + ": " + command.summary + "\n";
    return text;
}

int run_control_client(const std::filesystem::path& bus_path, const std::vector<std::string>& command) {
    const auto fail = [](const std::string& message) {
        std::cerr << "trustx-sim: " << message << '\n';
        return 1;
    };
    const auto connection = connect_to(control_path(bus_path));
    if (!connection)
        return fail(connection.error() + "; is a trustx-sim running on unix:" + bus_path.string() + "?");
    // A simulator answers at once; one that is stopped or hangs must not take us along.
    const timeval limit{10, 0};
    ::setsockopt(connection->get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (!send_all(*connection, json{{"command", command}}.dump() + "\n"))
        return fail("cannot send to the simulator: " + std::string(std::strerror(errno)));
    const json reply = json::parse(receive_all(*connection), nullptr, false);
    if (!reply.is_object())
        return fail("the simulator on unix:" + bus_path.string() + " gave no answer within 10 seconds");
    if (!reply.value("ok", false))
        return fail(reply.value("error", std::string("unknown error")));
    std::cout << reply.value("output", std::string()) << std::flush;
    return std::cout ? 0 : fail("cannot write to standard output");
}

}  // namespace trustx::sim
