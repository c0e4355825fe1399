// SPDX-License-Identifier: Apache-2.0
// Calls about the account as a whole: endpoints, role aliases, rules, events; and the one call of the data plane
// (aws-iot.md sections 1.1, 7.4, 7.8 and section 14, item 7).
#pragma once

#include "aws/control/calls/things.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace trustx::aws {

enum class EndpointType : std::uint8_t { data_ats, credential_provider };

// DescribeEndpoint gives a host name without scheme. It never changes.
struct DescribeEndpoint {
    using Answer = std::string;
    static constexpr ApiInfo info{"DescribeEndpoint", Method::get};

    EndpointType type = EndpointType::data_ats;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct CreateRoleAlias {
    using Answer = NamedArn;
    static constexpr ApiInfo info{"CreateRoleAlias", Method::post};

    std::string alias;
    std::string role_arn;
    std::chrono::seconds duration{3600};  // 900 to 43200

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct RoleAlias {
    std::string alias;
    std::string arn;
    std::string role_arn;
    std::chrono::seconds duration{0};
};

struct DescribeRoleAlias {
    using Answer = RoleAlias;
    static constexpr ApiInfo info{"DescribeRoleAlias", Method::get};

    std::string alias;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DeleteRoleAlias {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteRoleAlias", Method::delete_};

    std::string alias;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// A rule that gives messages to a Lambda function.
struct TopicRule {
    std::string sql;
    std::string function_arn;
    std::string description{};
    bool enabled = true;
};

struct CreateTopicRule {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"CreateTopicRule", Method::post};

    std::string name;
    TopicRule rule;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ReplaceTopicRule {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"ReplaceTopicRule", Method::patch};

    std::string name;
    TopicRule rule;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// GetTopicRule of a rule that does not exist is refused as unauthorized by the service.
struct GetTopicRule {
    using Answer = TopicRule;
    static constexpr ApiInfo info{"GetTopicRule", Method::get};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DeleteTopicRule {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteTopicRule", Method::delete_};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// DeleteConnection drops a client's connection at once: the data plane's. ApiErrc::resource_not_found when it is not
// connected.
struct DeleteConnection {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteConnection", Method::delete_, Service::iot_data};

    std::string client_id;
    bool clean_session = false;
    bool prevent_will_message = false;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

}  // namespace trustx::aws
