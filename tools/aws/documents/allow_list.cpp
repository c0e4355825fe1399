// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/allow_list.hpp"

#include "aws/documents/functions.hpp"
#include "aws/documents/names.hpp"
#include "common/files/input_error.hpp"
#include "common/text/json_words.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"

#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

Result<void> check_certificate_id(const std::string& id) {
    const bool good = id.size() == 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
    return good ? Result<void>{}
                : fail(InputErrc::usage, "`" + id +
                                             "` is no certificate id: that is 64 hexadecimal digits in lower case, the "
                                             "SHA-256 of the certificate's DER form");
}

// Seen finds what is there twice.
class Seen {
 public:
    Result<void> add(const char* what, const std::string& name) {
        return names_.insert(name).second
                   ? Result<void>{}
                   : fail(InputErrc::usage, std::string{"the "} + what + " " + name + " is in the list twice");
    }

 private:
    std::set<std::string> names_;
};

nlohmann::json json_of(const AllowedDevice& device) {
    return {{"thing", device.thing}, {"serial", device.serial}};
}

Result<void> check_device(const AllowedDevice& device) {
    TRYV(check_name(NameOf::thing, device.thing));
    return check_name(NameOf::attribute_value, device.serial);
}

// replaced puts a line in the place of another one of a function.
std::string replaced(std::string source, std::string_view line, const std::string& by) {
    const auto at = source.find(line);
    return source.replace(at, line.size(), by);
}

// with_list puts the list into a function. As text that the function parses it takes a quarter of the memory and a
// seventh of the time that Python needs for the same as source. Names have no quotation marks. InputErrc::usage for
// what Lambda does not take, whose limit is 250 MB of what is in the zip file.
Result<std::string> with_list(std::string_view source, const nlohmann::json& allowed) {
    constexpr std::size_t longest_function = 250'000'000;
    auto function =
        replaced(std::string{source}, "ALLOWED = {}", "ALLOWED = json.loads(r'''" + allowed.dump(1) + "''')");
    return function.size() <= longest_function
               ? Result<std::string>{std::move(function)}
               : fail(InputErrc::usage,
                      "the function would be longer than the 250 MB that Lambda takes: make lists of "
                      "parts of it, each for an authority or a template of its own");
}

nlohmann::json json_of(const std::vector<AllowedDevice>& devices) {
    auto list = nlohmann::json::array();
    for (const auto& device : devices) {
        list.push_back(json_of(device));
    }
    return list;
}

template <class Allowed>
std::string list_text(const Allowed& allowed) {
    auto json = nlohmann::json::object();
    for (const auto& [id, value] : allowed) {
        json[id] = json_of(value);
    }
    return json.dump(1) + "\n";
}

AllowedDevice device_in(const nlohmann::json& json) {
    return {.thing = json.at("thing").get<std::string>(), .serial = json.value("serial", "")};
}

// parse_list reads an object, with what reads one of its members.
template <class Allowed, class Read>
Result<Allowed> parse_list(const std::string& text, const std::string& name, Read read) {
    Allowed allowed;
    try {
        const auto json = nlohmann::json::parse(text);
        for (const auto& [id, value] : json.get_ref<const nlohmann::json::object_t&>()) {
            allowed[id] = read(value);
        }
    } catch (const nlohmann::json::exception& error) {
        return fail(InputErrc::malformed,
                    name + " is no allow-list, as `make allow-list` writes it: " + text::json_words(error));
    }
    return allowed;
}

}  // namespace

std::string text_of(const AllowedDevices& devices) {
    return list_text(devices);
}

std::string text_of(const AllowedClaims& claims) {
    return list_text(claims);
}

Result<AllowedDevices> parse_allowed_devices(const std::string& text, const std::string& name) {
    return parse_list<AllowedDevices>(text, name, device_in);
}

Result<AllowedClaims> parse_allowed_claims(const std::string& text, const std::string& name) {
    return parse_list<AllowedClaims>(text, name, [](const nlohmann::json& list) {
        std::vector<AllowedDevice> devices;
        for (const auto& each : list.get_ref<const nlohmann::json::array_t&>()) {
            devices.push_back(device_in(each));
        }
        return devices;
    });
}

Result<std::string> jitr_function(const AllowedDevices& devices, const std::string& policy) {
    TRYV(check_name(NameOf::policy, policy));
    Seen things;
    auto allowed = nlohmann::json::object();
    for (const auto& [id, device] : devices) {
        TRYV(check_certificate_id(id));
        TRYV(check_device(device));
        TRYV(things.add("thing", device.thing));
        allowed[id] = json_of(device);
    }
    TRY(auto function, with_list(jitr_source, allowed));
    return replaced(std::move(function), "POLICY = \"\"", "POLICY = \"" + policy + "\"");
}

Result<std::string> jitr_sql(const std::string& ca_certificate_id) {
    TRYV(check_certificate_id(ca_certificate_id));
    return "SELECT * FROM '$aws/events/certificates/registered/" + ca_certificate_id + "'";
}

Result<std::string> provisioning_hook(const AllowedClaims& claims) {
    Seen things;
    Seen serials;
    auto allowed = nlohmann::json::object();
    for (const auto& [id, devices] : claims) {
        TRYV(check_certificate_id(id));
        allowed[id] = nlohmann::json::array();
        for (const auto& device : devices) {
            TRYV(check_device(device));
            TRYV(things.add("thing", device.thing));
            TRYV(serials.add("serial number", device.serial));
            if (device.serial.empty()) {
                return fail(InputErrc::usage, "the thing " + device.thing +
                                                  " has no serial number, by which the hook "
                                                  "tells devices apart");
            }
            allowed[id].push_back(json_of(device));
        }
    }
    return with_list(provisioning_hook_source, allowed);
}

}  // namespace trustx::aws
