// SPDX-License-Identifier: Apache-2.0
#include "aws/identity/identity.hpp"

#include "common/files/input_error.hpp"
#include "common/text/json_words.hpp"
#include "common/try.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

Result<Identity> read_identity(const nlohmann::json& json) {
    TRY(auto endpoint, Endpoint::parse(json.at("endpoint").get<std::string>()));
    TRY(const auto slot, ObjectId::parse(json.at("keyObject").get<std::string>()));
    TRY(const auto method, parse_method(json.at("enrolment").get<std::string>()));
    return Identity{.endpoint = std::move(endpoint),
                    .region = json.at("region"),
                    .account = json.value("account", ""),
                    .thing = json.at("thingName"),
                    .certificate_id = json.at("certificateId"),
                    .slot = slot,
                    .method = method};
}

}  // namespace

std::string Identity::text() const {
    const auto object = paired_certificate(slot);
    nlohmann::ordered_json json{{"endpoint", endpoint.text()}, {"region", region}};
    if (!account.empty()) {
        json["account"] = account;
    }
    json.update({{"thingName", thing},
                 {"certificateId", certificate_id},
                 {"keyObject", slot.hex()},
                 {"certificateObject", object ? object->hex() : ""},
                 {"enrolment", name_of(method)}});
    return json.dump(2) + "\n";
}

Result<Identity> Identity::parse(const std::string& text, const std::string& name) {
    const auto unusable = [&name](const std::string& why) {
        return fail(InputErrc::malformed, name + " does not describe an enrolled gateway: " + why);
    };
    try {
        auto identity = read_identity(nlohmann::json::parse(text));
        return identity ? std::move(identity) : unusable(identity.error().message());
    } catch (const nlohmann::json::exception& error) {
        return unusable(text::json_words(error));
    }
}

Result<std::optional<Identity>> load_identity(files::FileStore& files, const Directories& directories) {
    TRY(const auto content, files.read(directories.summary_file()));
    if (!content) {
        return std::optional<Identity>{};
    }
    TRY(auto identity, Identity::parse(*content, directories.summary_file()));
    return std::optional{std::move(identity)};
}

}  // namespace trustx::aws
