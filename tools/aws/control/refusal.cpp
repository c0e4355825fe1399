// SPDX-License-Identifier: Apache-2.0
#include "aws/control/refusal.hpp"

#include <initializer_list>
#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

// The names of an error's members differ between AWS's services, and between what refuses a signature and the rest.
std::string first_text(const Json& body, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto found = body.is_object() ? body.find(name) : body.end();
        if (body.is_object() && found != body.end() && found->is_string()) {
            return std::string{std::string_view{found->get_ref<const WipedString&>()}};
        }
    }
    return {};
}

// bare_name is "Name" of "namespace#Name:http://...".
std::string bare_name(std::string name) {
    name = name.substr(0, name.find(':'));
    return name.substr(name.find('#') + 1);
}

ApiErrc code_of_status(int status) {
    switch (status) {
        case 429:
            return ApiErrc::throttling;
        case 500:
        case 502:
        case 504:
            return ApiErrc::internal_failure;
        case 503:
            return ApiErrc::service_unavailable;
        default:
            return ApiErrc::unknown;
    }
}

// is_of_another_region says so of AWS's own names of the control plane.
bool is_of_another_region(const std::string& host, const std::string& region) {
    return host.starts_with("iot.") && host.find(".amazonaws.") != std::string::npos &&
           !host.starts_with("iot." + region + ".");
}

std::string action_of(const ApiInfo& info) {
    std::string_view name = info.name;
    if (name.ends_with("V2")) {
        name.remove_suffix(2);
    }
    return "iot:" + std::string{name};
}

std::string remedy_for(ApiErrc code, const ApiInfo& info) {
    switch (code) {
        case ApiErrc::unauthorized:
        case ApiErrc::access_denied:
            return "let IAM allow the action " + action_of(info) + " to this user or role";
        case ApiErrc::expired_token:
            return "get other credentials, for instance by `aws configure export-credentials --format env`";
        case ApiErrc::unknown_credentials:
            return "check that the access key exists, is active, and belongs to this partition of AWS; a temporary one "
                   "needs its session token, too";
        case ApiErrc::signature_mismatch:
            return "check that secret access key and access key id belong together, and that the endpoint is one of "
                   "this "
                   "region";
        case ApiErrc::wrong_scope:
            return "name the region of the endpoint, by AWS_REGION or the profile";
        case ApiErrc::token_missing:
            return "check the address of the endpoint";
        case ApiErrc::throttling:
            return "AWS wants fewer calls; try again later";
        case ApiErrc::internal_failure:
        case ApiErrc::service_unavailable:
            return "try again later";
        case ApiErrc::registration_code:
            return "issue a verification certificate with the present code of this account and region";
        case ApiErrc::certificate_conflict:
            return "name the CA certificate: several of the account have this subject";
        case ApiErrc::versions_limit:
            return "delete a version that is not in use";
        case ApiErrc::delete_conflict:
            return "detach it first";
        case ApiErrc::not_configured:
            return "turn on fleet indexing in the account to ask this";
        case ApiErrc::limit_exceeded:
        case ApiErrc::quota_exceeded:
            return "remove what is not used, or ask AWS for a higher quota";
        default:
            return {};
    }
}

std::string words_of(const ApiInfo& info, const ApiError& error, ApiErrc code, const std::string& said) {
    const auto remedy = remedy_for(code, info);
    return std::string{info.name} + ": AWS IoT answered " + (error.name.empty() ? "" : error.name + ", ") + "HTTP " +
           std::to_string(error.http_status) + (said.empty() ? "" : ", \"" + said + "\"") +
           (error.request_id.empty() ? "" : ", request " + error.request_id) + (remedy.empty() ? "" : "; " + remedy);
}

}  // namespace

std::string request_id_of(const HttpResponse& response) {
    return response.header("x-amzn-requestid").value_or(response.header("x-amz-request-id").value_or(""));
}

ApiError refusal_in(const ApiInfo& info, const HttpResponse& response, const std::string& region,
                    const std::string& host) {
    const auto body = Json::parse(response.text(), nullptr, false);
    ApiError error{Error{ApiErrc::unknown}};
    error.http_status = response.status;
    error.name = bare_name(response.header("x-amzn-errortype").value_or(first_text(body, {"__type", "code", "Code"})));
    error.request_id = request_id_of(response);
    error.resource_id = first_text(body, {"resourceId"});
    error.resource_arn = first_text(body, {"resourceArn"});
    auto code = api_errc_of(error.name);
    if (code == ApiErrc::unknown) {
        code = code_of_status(response.status);
    }
    if (code == ApiErrc::signature_mismatch && is_of_another_region(host, region)) {
        code = ApiErrc::wrong_scope;
    }
    error.outcome_unknown = code == ApiErrc::internal_failure || code == ApiErrc::service_unavailable;
    const auto words = words_of(info, error, code, first_text(body, {"message", "Message", "errorMessage"}));
    static_cast<Error&>(error) = Error{code, words};
    return error;
}

}  // namespace trustx::aws
