// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/identity.hpp"

#include "aws/enrolment/error.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <array>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

// Debian's package ca-certificates has each root in a file.
constexpr std::array amazon_roots{"/usr/share/ca-certificates/mozilla/Amazon_Root_CA_1.crt",
                                  "/usr/share/ca-certificates/mozilla/Amazon_Root_CA_3.crt"};

Result<Identity> read_identity(const nlohmann::json& json) {
    TRY(auto endpoint, Endpoint::parse(json.at("endpoint").get<std::string>()));
    TRY(const auto slot, ObjectId::parse(json.at("keyObject").get<std::string>()));
    TRY(const auto method, parse_method(json.at("enrolment").get<std::string>()));
    return Identity{.endpoint = std::move(endpoint),
                    .region = json.at("region"),
                    .account = json.at("account"),
                    .thing = json.at("thingName"),
                    .certificate_id = json.at("certificateId"),
                    .slot = slot,
                    .method = method};
}

}  // namespace

std::string Identity::text() const {
    const auto object = paired_certificate(slot);
    const nlohmann::ordered_json json{{"endpoint", endpoint.text()},
                                      {"region", region},
                                      {"account", account},
                                      {"thingName", thing},
                                      {"certificateId", certificate_id},
                                      {"keyObject", slot.hex()},
                                      {"certificateObject", object ? object->hex() : ""},
                                      {"enrolment", name_of(method)}};
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
        return unusable(error.what());
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

Result<void> check_not_enrolled(files::FileStore& files, const Directories& directories) {
    TRY(const auto identity, load_identity(files, directories));
    if (!identity) {
        return {};
    }
    return fail(EnrolmentErrc::enrolled_already, "this gateway is enrolled as " + identity->thing + " (" +
                                                     directories.summary_file() +
                                                     "): say that it may be replaced, or use other directories");
}

Result<std::string> broker_roots(files::FileStore& files, const std::string& ca_file) {
    if (!ca_file.empty()) {
        TRY(auto content, files.read(ca_file));
        if (!content) {
            return fail(InputErrc::unreadable, "there is no file " + ca_file + " with the CA of the broker");
        }
        TRYV(x509::parse_certificate_file(text::as_bytes(*content), ca_file));
        return std::move(*content);
    }
    std::string roots;
    for (const char* path : amazon_roots) {
        TRY(const auto content, files.read(path));
        roots += content.value_or("");
    }
    if (roots.empty()) {
        return fail(InputErrc::nothing_there,
                    "this system has none of Amazon's roots: install the package ca-certificates, or name a file with "
                    "the CA that the broker's certificate is to be checked with");
    }
    return roots;
}

}  // namespace trustx::aws
