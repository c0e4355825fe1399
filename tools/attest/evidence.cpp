// SPDX-License-Identifier: Apache-2.0
#include "attest/evidence.hpp"

#include "attest/base64.hpp"
#include "attest/json.hpp"
#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/printable.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <trustx/uid.hpp>

#include <algorithm>
#include <limits>

namespace trustx::attest {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// The CoAP Content-Format of application/measured-component+json, by which the claim `measurements` names its forms.
constexpr int measured_component = 296;
constexpr std::uint8_t ueid_type_rand = 0x01;

// bootseed is the boot id's 16 bytes: different after each start, the same until then.
std::string boot_seed(const std::string& boot_id) {
    Bytes bytes;
    unsigned high = 16;
    for (const auto letter : boot_id) {
        if (letter == '-') {
            continue;
        }
        const auto digit = static_cast<unsigned>(letter <= '9' ? letter - '0' : letter - 'a' + 10) & 0xFU;
        if (high == 16) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high << 4U | digit));
            high = 16;
        }
    }
    return to_base64url(bytes);
}

OrderedJson measured(const std::string& name, const Digest& digest) {
    const OrderedJson component{{"id", {name}}, {"digested-measurement", {"sha-256", to_base64url(digest)}}};
    return {measured_component, component.dump()};
}

OrderedJson ima_claim(const ImaSummary& ima) {
    return {{"entries", ima.entries},
            {"violations", ima.violations},
            {"log", hex(ima.log)},
            {"aggregate_sha1", ima.aggregate_sha1},
            {"aggregate_sha256", ima.aggregate_sha256}};
}

// Reader takes claims of a form, and remembers the first that has another.
class ClaimReader {
 public:
    template <class T>
    T get(const Json& object, const char* name, bool (Json::*is)() const noexcept, bool required) {
        const auto found = object.find(name);
        if (found == object.end() && !required) {
            return {};
        }
        if (found == object.end() || !((*found).*is)()) {
            wrong(name);
            return {};
        }
        return found->get<T>();
    }
    std::string text(const Json& object, const char* name, bool required = true) {
        return get<std::string>(object, name, &Json::is_string, required);
    }
    std::uint64_t number(const Json& object, const char* name, bool required = true) {
        return get<std::uint64_t>(object, name, &Json::is_number_unsigned, required);
    }
    // date is a NumericDate (RFC 7519 section 2) in whole seconds.
    std::optional<std::int64_t> date(const Json& object, const char* name, bool required) {
        const auto found = object.find(name);
        if (found == object.end() && !required) {
            return std::nullopt;
        }
        constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (found == object.end() || !found->is_number_integer() ||
            (found->is_number_unsigned() && found->get<std::uint64_t>() > last)) {
            wrong(name);
            return std::nullopt;
        }
        return found->get<std::int64_t>();
    }
    Json object(const Json& object, const char* name, bool required = true) {
        auto found = get<Json>(object, name, &Json::is_object, required);
        return found.is_object() ? found : Json::object();
    }
    Json array(const Json& object, const char* name, bool required = true) {
        auto found = get<Json>(object, name, &Json::is_array, required);
        return found.is_array() ? found : Json::array();
    }
    Digest digest(const Json& object, const char* name) {
        const auto found = from_hex(text(object, name));
        if (!found) {
            wrong(name);
        }
        return found.value_or(Digest{});
    }
    void wrong(const std::string& name) { wrong_ = wrong_.empty() ? name : wrong_; }
    [[nodiscard]] const std::string& first_wrong() const { return wrong_; }

 private:
    std::string wrong_;
};

// read_component takes one entry of `measurements`; those of other forms are not ours to judge.
void read_component(const Json& entry, Evidence& evidence, ClaimReader& reader) {
    if (!entry.is_array() || entry.size() != 2 || entry[0] != measured_component || !entry[1].is_string()) {
        reader.wrong("measurements");
        return;
    }
    const auto component = read_json(entry[1].get_ref<const std::string&>());
    const auto id = component.is_object() ? reader.array(component, "id") : Json::array();
    const auto value = component.is_object() ? reader.array(component, "digested-measurement") : Json::array();
    const bool fits =
        !id.empty() && id[0].is_string() && value.size() == 2 && value[0] == "sha-256" && value[1].is_string();
    const auto bytes = fits ? from_base64url(value[1].get<std::string>()) : std::nullopt;
    Digest digest{};
    if (!bytes || bytes->size() != digest.size()) {
        reader.wrong("measurements");
        return;
    }
    std::ranges::copy(*bytes, digest.begin());
    if (!evidence.components.emplace(id[0].get<std::string>(), digest).second) {
        reader.wrong("measurements");
    }
}

void read_trees(const Json& trees, Evidence& evidence, ClaimReader& reader) {
    for (const auto& [name, entries] : trees.items()) {
        auto& tree = evidence.trees[name];
        if (!entries.is_object()) {
            reader.wrong("trees");
            continue;
        }
        for (const auto& [path, line] : entries.items()) {
            if (!line.is_string()) {
                reader.wrong("trees");
                continue;
            }
            tree.emplace(path, line.get<std::string>());
        }
    }
}

void read_ima(const Json& claim, Evidence& evidence, ClaimReader& reader) {
    if (claim.empty()) {
        return;
    }
    evidence.ima = ImaSummary{.entries = reader.number(claim, "entries"),
                              .violations = reader.number(claim, "violations"),
                              .log = reader.digest(claim, "log"),
                              .aggregate_sha1 = reader.text(claim, "aggregate_sha1"),
                              .aggregate_sha256 = reader.text(claim, "aggregate_sha256")};
}

void read_log_claim(const Json& claim, Evidence& evidence, ClaimReader& reader) {
    for (const auto& line : reader.array(claim, "lines", false)) {
        if (!line.is_string()) {
            reader.wrong("log");
            return;
        }
        evidence.log.push_back(line.get<std::string>());
    }
    evidence.log_broken = reader.text(claim, "broken", false);
}

}  // namespace

Result<void> check_nonce(const std::string& nonce) {
    constexpr std::size_t shortest = 8;
    constexpr std::size_t longest = 88;
    if (nonce.size() < shortest || nonce.size() > longest || !text::is_printable(nonce)) {
        return fail(InputErrc::usage, "a nonce has 8 to 88 printable characters (RFC 9711): " +
                                          std::to_string(nonce.size()) + " are given, or others");
    }
    return {};
}

ImaSummary summary_of(const ImaLog& log) {
    return {.entries = log.entries.size(),
            .violations = log.violations,
            .log = log.digest,
            .aggregate_sha1 = hex(log.aggregate_sha1),
            .aggregate_sha256 = hex(log.aggregate_sha256)};
}

std::string date_text(std::int64_t seconds) {
    // Until 9999 a date has the usual form; what is beyond is the claim of somebody who should not be believed.
    constexpr std::int64_t last = 253402300799;
    return seconds >= 0 && seconds <= last ? text::time_text(seconds) : std::to_string(seconds) + " s since 1970";
}

std::string ueid_of(const std::string& uid_hex) {
    const auto uid = files::parse_hex(text::as_bytes(uid_hex), "uid");
    const auto digest = sha256(uid ? ByteView{*uid} : ByteView{});
    Bytes bytes{ueid_type_rand};
    bytes.insert(bytes.end(), digest.begin(), digest.end());
    return to_base64url(bytes);
}

OrderedJson claims_of(const Evidence& evidence) {
    OrderedJson claims{{"eat_profile", profile}};
    if (!evidence.nonce.empty()) {
        claims["eat_nonce"] = evidence.nonce;
    }
    claims["iat"] = evidence.issued;
    claims["ueid"] = ueid_of(evidence.uid);
    claims["bootseed"] = boot_seed(evidence.boot_id);
    if (evidence.uptime > 0) {
        claims["uptime"] = evidence.uptime;
    }
    if (evidence.firmware) {
        claims["swname"] = "firmware";
        claims["swversion"] = OrderedJson::array({*evidence.firmware});
    }
    claims["measurements"] = OrderedJson::array();
    for (const auto& [name, digest] : evidence.components) {
        claims["measurements"].push_back(measured(name, digest));
    }
    auto& own = claims["trustx"];
    own = {{"uid", evidence.uid}, {"boot_id", evidence.boot_id}};
    if (!evidence.trees.empty()) {
        own["trees"] = evidence.trees;
    }
    if (evidence.ima) {
        own["ima"] = ima_claim(*evidence.ima);
    }
    if (!evidence.log.empty() || !evidence.log_broken.empty()) {
        own["log"] = {{"lines", evidence.log}};
        if (!evidence.log_broken.empty()) {
            own["log"]["broken"] = evidence.log_broken;
        }
    }
    return claims;
}

Result<Evidence> evidence_of(const Json& claims, const std::string& name) {
    if (claims.value("eat_profile", Json{}) != profile) {
        return fail(InputErrc::malformed, name + " is a token of another kind: its eat_profile is not " + profile);
    }
    ClaimReader reader;
    Evidence evidence;
    evidence.nonce = reader.text(claims, "eat_nonce", false);
    evidence.issued = reader.date(claims, "iat", true).value_or(0);
    evidence.not_before = reader.date(claims, "nbf", false);
    evidence.expires = reader.date(claims, "exp", false);
    evidence.uptime = reader.number(claims, "uptime", false);
    const auto version = reader.array(claims, "swversion", false);
    if (!version.empty() && version[0].is_string()) {
        evidence.firmware = version[0].get<std::string>();
    }
    for (const auto& entry : reader.array(claims, "measurements")) {
        read_component(entry, evidence, reader);
    }
    const auto own = reader.object(claims, "trustx");
    evidence.uid = reader.text(own, "uid");
    evidence.boot_id = reader.text(own, "boot_id");
    read_trees(reader.object(own, "trees", false), evidence, reader);
    read_ima(reader.object(own, "ima", false), evidence, reader);
    read_log_claim(reader.object(own, "log", false), evidence, reader);
    const auto uid = files::parse_hex(text::as_bytes(evidence.uid), "uid");
    if (evidence.uid.size() != 2 * Uid::size || !uid || uid->size() != Uid::size) {
        reader.wrong("uid");
    }
    if (reader.first_wrong().empty() && reader.text(claims, "ueid") != ueid_of(evidence.uid)) {
        reader.wrong("ueid");
    }
    if (reader.first_wrong().empty() && reader.text(claims, "bootseed") != boot_seed(evidence.boot_id)) {
        reader.wrong("bootseed");
    }
    if (!reader.first_wrong().empty()) {
        return fail(InputErrc::malformed,
                    name + ": the claim `" + reader.first_wrong() + "` is missing, or not of the form it should have");
    }
    return evidence;
}

}  // namespace trustx::attest
