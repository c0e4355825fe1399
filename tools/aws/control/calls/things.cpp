// SPDX-License-Identifier: Apache-2.0
#include "aws/control/calls/things.hpp"

#include "aws/control/calls/answer.hpp"
#include "common/try.hpp"

namespace trustx::aws {

using namespace wire;

namespace {

constexpr const char* principal_header = "x-amzn-principal";
constexpr const char* exclusive_name = "EXCLUSIVE_THING";
constexpr const char* shared_name = "NON_EXCLUSIVE_THING";

Result<NamedArn> named_arn(const Json& answer, const char* name, const char* arn) {
    TRY(auto name_text, text_of(answer, name));
    TRY(auto arn_text, text_of(answer, arn));
    return NamedArn{std::move(name_text), std::move(arn_text)};
}

Attributes attributes_in(const Json& answer) {
    Attributes attributes;
    const auto found = answer.find("attributes");
    if (found != answer.end() && found->is_object()) {
        for (const auto& [name, value] : found->items()) {
            attributes.emplace(std::string_view{name}, text_or_empty(*found, name.c_str()));
        }
    }
    return attributes;
}

}  // namespace

ApiRequest CreateThing::request() const {
    auto json = nlohmann::json::object();
    set(json, "thingTypeName", type_name);
    set(json, "billingGroupName", billing_group);
    if (!attributes.empty()) {
        json["attributePayload"] = {{"attributes", attributes}};
    }
    return {.path = {"things", name}, .body = body(json)};
}

Result<NamedArn> CreateThing::parse(const Json& answer) {
    return named_arn(answer, "thingName", "thingArn");
}

ApiRequest DescribeThing::request() const {
    return {.path = {"things", name}};
}

Result<ThingDescription> DescribeThing::parse(const Json& answer) {
    TRY(auto thing, named_arn(answer, "thingName", "thingArn"));
    return ThingDescription{.name = std::move(thing.name),
                            .arn = std::move(thing.arn),
                            .type_name = text_or_empty(answer, "thingTypeName"),
                            .attributes = attributes_in(answer),
                            .version = number_or_zero(answer, "version")};
}

ApiRequest UpdateThing::request() const {
    nlohmann::json json{{"attributePayload", {{"attributes", attributes}, {"merge", merge}}}};
    set(json, "thingTypeName", type_name);
    if (expected_version) {
        json["expectedVersion"] = *expected_version;
    }
    return {.path = {"things", name}, .body = body(json)};
}

Result<NoAnswer> UpdateThing::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DeleteThing::request() const {
    return {.path = {"things", name}};
}

Result<NoAnswer> DeleteThing::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest CreateThingType::request() const {
    return {.path = {"thing-types", name}, .body = "{}"};
}

Result<NamedArn> CreateThingType::parse(const Json& answer) {
    return named_arn(answer, "thingTypeName", "thingTypeArn");
}

ApiRequest CreateThingGroup::request() const {
    return {.path = {"thing-groups", name}, .body = "{}"};
}

Result<NamedArn> CreateThingGroup::parse(const Json& answer) {
    return named_arn(answer, "thingGroupName", "thingGroupArn");
}

ApiRequest AddThingToThingGroup::request() const {
    return {.path = {"thing-groups", "addThingToThingGroup"},
            .body = body({{"thingGroupName", group}, {"thingName", thing}})};
}

Result<NoAnswer> AddThingToThingGroup::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest AttachThingPrincipal::request() const {
    return {.path = {"things", thing, "principals"},
            .query = {{"thingPrincipalType", association == Association::exclusive ? exclusive_name : shared_name}},
            .headers = {{principal_header, principal}}};
}

Result<NoAnswer> AttachThingPrincipal::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest DetachThingPrincipal::request() const {
    return {.path = {"things", thing, "principals"}, .headers = {{principal_header, principal}}};
}

Result<NoAnswer> DetachThingPrincipal::parse(const Json& answer) {
    return no_answer(answer);
}

ApiRequest ListThingPrincipals::request() const {
    return {.path = {"things", thing, "principals-v2"}, .query = token_page(next)};
}

Result<Page<ThingPrincipal>> ListThingPrincipals::parse(const Json& answer) {
    Page<ThingPrincipal> page{{}, text_or_empty(answer, "nextToken")};
    for (const auto& each : list(answer, "thingPrincipalObjects")) {
        const bool exclusive = text_or_empty(each, "thingPrincipalType") == exclusive_name;
        page.items.push_back(
            {text_or_empty(each, "principal"), exclusive ? Association::exclusive : Association::shared});
    }
    return page;
}

ApiRequest ListPrincipalThings::request() const {
    return {.path = {"principals", "things"}, .query = token_page(next), .headers = {{principal_header, principal}}};
}

Result<Page<std::string>> ListPrincipalThings::parse(const Json& answer) {
    return Page<std::string>{texts(answer, "things"), text_or_empty(answer, "nextToken")};
}

ApiRequest GetThingConnectivityData::request() const {
    return {.path = {"things", thing, "connectivity-data"}, .body = "{}"};
}

Result<Connectivity> GetThingConnectivityData::parse(const Json& answer) {
    return Connectivity{.connected = is_true(answer, "connected"),
                        .since = time_of(answer, "timestamp"),
                        .disconnect_reason = text_or_empty(answer, "disconnectReason")};
}

}  // namespace trustx::aws
