// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/delivery_manifest.hpp"

#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

std::string member_text(const nlohmann::json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string id_of(const x509::Certificate& certificate) {
    return text::lower_case(certificate.fingerprint());
}

// Infineon's certificates have no subject (section 1.4).
std::string common_name_of(const x509::Certificate& certificate) {
    const auto subject = certificate.subject();
    const auto begin = subject.starts_with("CN=") ? 0 : subject.find(",CN=");
    if (begin == std::string::npos) {
        return {};
    }
    const auto value = subject.find('=', begin) + 1;
    return subject.substr(value, subject.find(',', value) - value);
}

Result<std::string> certificate_id_in(const nlohmann::json& line, const std::string& where) {
    const auto stated = text::lower_case(member_text(line, "certificateId"));
    const auto pem = member_text(line, "certificate");
    if (pem.empty()) {
        return stated.empty() ? fail(InputErrc::malformed, where + " has neither certificate nor certificateId")
                              : Result<std::string>{stated};
    }
    TRY(const auto chain, x509::parse_certificate_file(text::as_bytes(pem), where));
    const auto id = id_of(chain.front());
    return stated.empty() || stated == id
               ? Result<std::string>{id}
               : fail(InputErrc::malformed,
                      where + " has a certificateId that is not its certificate's: that is " + id);
}

struct Line {
    std::string chip;  // UID and slot; empty: unknown
    DeliveredChip delivered;
};

Result<Line> parse_line(const std::string& text, const std::string& where) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return fail(InputErrc::malformed, where + " is no JSON object");
    }
    TRY(auto id, certificate_id_in(json, where));
    const auto uid = member_text(json, "uid");
    auto serial = member_text(json, "serial");
    return Line{.chip = uid.empty() ? "" : uid + " " + member_text(json, "slot"),
                .delivered = {.certificate_id = std::move(id),
                              .serial = serial.empty() ? uid : std::move(serial),
                              .thing = member_text(json, "thing")}};
}

Result<std::vector<DeliveredChip>> parse_lines(const std::string& content, const std::string& name) {
    std::vector<DeliveredChip> chips;
    std::map<std::string, std::size_t> places;  // by UID and slot
    std::istringstream lines{content};
    int number = 0;
    for (std::string text; std::getline(lines, text);) {
        ++number;
        if (text.find_first_not_of(" \t\r") == std::string::npos) {
            continue;
        }
        TRY(auto line, parse_line(text, name + ", line " + std::to_string(number)));
        const auto place = line.chip.empty() ? chips.size() : places.emplace(line.chip, chips.size()).first->second;
        if (place < chips.size()) {
            chips[place] = std::move(line.delivered);
        } else {
            chips.push_back(std::move(line.delivered));
        }
    }
    return chips;
}

Result<std::vector<DeliveredChip>> parse_certificates(const std::string& content, const std::string& name) {
    TRY(const auto certificates, x509::parse_certificate_file(text::as_bytes(content), name));
    std::vector<DeliveredChip> chips;
    for (const auto& each : certificates) {
        chips.push_back({.certificate_id = id_of(each), .serial = common_name_of(each)});
    }
    return chips;
}

}  // namespace

Result<std::vector<DeliveredChip>> parse_delivery(const std::string& content, const std::string& name) {
    const bool has_certificates = content.find_first_not_of(" \t\r\n") != content.find('{');
    auto chips = has_certificates ? parse_certificates(content, name) : parse_lines(content, name);
    return chips && chips->empty() ? fail(InputErrc::malformed, name + " names no chip") : std::move(chips);
}

Result<std::map<std::string, AllowedDevice>> named_devices(const std::vector<DeliveredChip>& chips,
                                                           const std::string& prefix) {
    std::map<std::string, AllowedDevice> devices;
    for (const auto& chip : chips) {
        const auto& told_apart = chip.serial.empty() ? chip.certificate_id : chip.serial;
        AllowedDevice device{.thing = chip.thing.empty() ? prefix + told_apart : chip.thing, .serial = chip.serial};
        if (!devices.emplace(chip.certificate_id, std::move(device)).second) {
            return fail(InputErrc::usage, "the certificate " + chip.certificate_id + " is in the list twice");
        }
    }
    return devices;
}

}  // namespace trustx::aws
