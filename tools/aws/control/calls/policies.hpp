// SPDX-License-Identifier: Apache-2.0
// Calls on policies, and tests of what they allow (aws-iot.md section 3 and section 14, items 2, 3 and 7).
#pragma once

#include "aws/control/calls/things.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace trustx::aws {

struct CreatedPolicy {
    std::string arn;
    std::string version;
};

struct CreatePolicy {
    using Answer = CreatedPolicy;
    static constexpr ApiInfo info{"CreatePolicy", Method::post};

    std::string name;
    std::string document;  // JSON

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct PolicyDescription {
    std::string name;
    std::string arn;
    std::string document;
    std::string version;
};

struct GetPolicy {
    using Answer = PolicyDescription;
    static constexpr ApiInfo info{"GetPolicy", Method::get};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// CreatePolicyVersion makes the default version. ApiErrc::versions_limit when there are five.
struct CreatePolicyVersion {
    using Answer = CreatedPolicy;
    static constexpr ApiInfo info{"CreatePolicyVersion", Method::post, Service::iot, Repeats::no};

    std::string name;
    std::string document;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct PolicyVersion {
    std::string id;
    bool is_default = false;
};

struct ListPolicyVersions {
    using Answer = std::vector<PolicyVersion>;
    static constexpr ApiInfo info{"ListPolicyVersions", Method::get};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DeletePolicyVersion {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeletePolicyVersion", Method::delete_};

    std::string name;
    std::string version;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DeletePolicy {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeletePolicy", Method::delete_};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// AttachPolicy may be repeated. The target is the ARN of a certificate or a thing group.
struct AttachPolicy {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"AttachPolicy", Method::put};

    std::string policy;
    std::string target;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DetachPolicy {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DetachPolicy", Method::post};

    std::string policy;
    std::string target;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ListAttachedPolicies {
    using Answer = Page<NamedArn>;
    static constexpr ApiInfo info{"ListAttachedPolicies", Method::post};

    std::string target;
    std::string marker{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// ListTargetsForPolicy gives ARNs.
struct ListTargetsForPolicy {
    using Answer = Page<std::string>;
    static constexpr ApiInfo info{"ListTargetsForPolicy", Method::post};

    std::string policy;
    std::string marker{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

enum class AuthAction : std::uint8_t { connect, publish, subscribe, receive };
enum class AuthDecision : std::uint8_t { allowed, explicit_deny, implicit_deny };

struct AuthQuestion {
    AuthAction action;
    std::vector<std::string> resources;  // ARNs
};

struct AuthAnswer {
    AuthAction action;
    std::vector<std::string> resources;
    AuthDecision decision = AuthDecision::implicit_deny;
    std::vector<std::string> missing_context;  // variables without a value
};

// TestAuthorization asks what policies allow, at most ten questions at once; answers are in the same order.
struct TestAuthorization {
    using Answer = std::vector<AuthAnswer>;
    static constexpr ApiInfo info{"TestAuthorization", Method::post};

    std::string principal;    // ARN of the certificate
    std::string client_id{};  // empty: none
    std::vector<AuthQuestion> questions;
    std::vector<std::string> policies_to_add{};
    std::vector<std::string> policies_to_skip{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct EffectivePolicy {
    std::string name;
    std::string arn;
    std::string document;
};

struct GetEffectivePolicies {
    using Answer = std::vector<EffectivePolicy>;
    static constexpr ApiInfo info{"GetEffectivePolicies", Method::post};

    std::string principal;
    std::string thing{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

}  // namespace trustx::aws
