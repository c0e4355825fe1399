// SPDX-License-Identifier: Apache-2.0
#include "aws/account/role_credentials.hpp"

#include "aws/account/json_member.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

tl::unexpected<Error> fail_role(const RoleCredentialsRequest& request, const std::string& why,
                                const std::string& remedy) {
    return fail(AccountErrc::role_refused,
                "role alias " + request.role_alias + ": " + why + (remedy.empty() ? "" : "; ") + remedy);
}

// explain says what the service's refusal usually means (aws-iot.md section 7.8).
tl::unexpected<Error> explain(const RoleCredentialsRequest& request, const HttpResponse& response) {
    const auto json = Json::parse(response.text(), nullptr, false);
    const std::string said{text_member(json, "message")};
    return fail_role(
        request,
        "the credential provider answered " + std::to_string(response.status) + (said.empty() ? "" : " (" + said + ")"),
        "check that the certificate is ACTIVE, that its policy allows iot:AssumeRoleWithCertificate on the "
        "role alias, and that the role trusts credentials.iot.amazonaws.com");
}

// is_plain says that text can stand between quotes of JSON and of a shell: it is what base64 consists of, and dots.
bool is_plain(std::string_view text) {
    return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_.") ==
           std::string_view::npos;
}

Result<Credentials> parse_answer(const RoleCredentialsRequest& request, std::string_view body) {
    const auto json = Json::parse(body, nullptr, false);
    const auto found = json.is_object() ? json.find("credentials") : json.end();
    const bool complete = json.is_object() && found != json.end() && found->is_object();
    const auto id = complete ? text_member(*found, "accessKeyId") : std::string_view{};
    const auto secret = complete ? text_member(*found, "secretAccessKey") : std::string_view{};
    const auto token = complete ? text_member(*found, "sessionToken") : std::string_view{};
    if (id.empty() || secret.empty() || !is_plain(id) || !is_plain(secret) || !is_plain(token)) {
        return fail_role(request, "the credential provider's answer has no credentials that can be used",
                         "check that it is its endpoint");
    }
    return Credentials{.access_key_id = std::string{id},
                       .secret_access_key = SecretText{secret},
                       .session_token = SecretText{token},
                       .expiration = text::parse_time(std::string{text_member(*found, "expiration")}),
                       .account_id = {},
                       .source = "role alias " + request.role_alias};
}

void append(SecretBytes& bytes, std::string_view text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
}

std::string expiration_text(const Credentials& credentials) {
    return credentials.expiration ? text::time_text(std::chrono::system_clock::to_time_t(*credentials.expiration)) : "";
}

}  // namespace

Result<Credentials> fetch_role_credentials(HttpClient& client, const RoleCredentialsRequest& request,
                                           const Deadline& deadline) {
    HttpRequest http{.method = Method::get, .url = request.endpoint};
    http.url.path = "/role-aliases/" + percent_encode(request.role_alias) + "/credentials";
    if (!request.thing_name.empty()) {
        http.headers.push_back({"x-amzn-iot-thingname", request.thing_name});
    }
    TRY(const auto response, client.send(http, deadline));
    return response.status == 200 ? parse_answer(request, response.text()) : explain(request, response);
}

SecretText process_text(const Credentials& credentials) {
    SecretBytes bytes;
    bytes.reserve(8192);
    append(bytes, R"({"Version":1,"AccessKeyId":")");
    append(bytes, credentials.access_key_id);
    append(bytes, R"(","SecretAccessKey":")");
    append(bytes, credentials.secret_access_key.view());
    append(bytes, R"(","SessionToken":")");
    append(bytes, credentials.session_token.view());
    if (credentials.expiration) {
        append(bytes, R"(","Expiration":")");
        append(bytes, expiration_text(credentials));
    }
    append(bytes, "\"}\n");
    return SecretText{view_of(bytes)};
}

SecretText environment_text(const Credentials& credentials) {
    SecretBytes bytes;
    bytes.reserve(8192);
    const auto line = [&bytes](std::string_view name, std::string_view value) {
        append(bytes, "export ");
        append(bytes, name);
        append(bytes, "='");
        append(bytes, value);
        append(bytes, "'\n");
    };
    line("AWS_ACCESS_KEY_ID", credentials.access_key_id);
    line("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.view());
    line("AWS_SESSION_TOKEN", credentials.session_token.view());
    if (credentials.expiration) {
        line("AWS_CREDENTIAL_EXPIRATION", expiration_text(credentials));
    }
    return SecretText{view_of(bytes)};
}

}  // namespace trustx::aws
