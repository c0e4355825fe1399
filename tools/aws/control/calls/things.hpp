// SPDX-License-Identifier: Apache-2.0
// Calls on things, their types and groups, and what is attached to them (aws-iot.md section 4 and section 14, items 1
// and 7).
#pragma once

#include "aws/control/calls/certificates.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

using Attributes = std::map<std::string, std::string>;

struct NamedArn {
    std::string name;
    std::string arn;
};

// CreateThing of a thing that exists with the same attributes succeeds; with others: ApiErrc::resource_already_exists.
struct CreateThing {
    using Answer = NamedArn;
    static constexpr ApiInfo info{"CreateThing", Method::post};

    std::string name;
    std::string type_name{};
    Attributes attributes{};
    std::string billing_group{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ThingDescription {
    std::string name;
    std::string arn;
    std::string type_name{};
    Attributes attributes{};
    std::int64_t version = 0;
};

struct DescribeThing {
    using Answer = ThingDescription;
    static constexpr ApiInfo info{"DescribeThing", Method::get};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct UpdateThing {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"UpdateThing", Method::patch};

    std::string name;
    Attributes attributes{};
    bool merge = true;  // keep the attributes that are not named
    std::string type_name{};
    std::optional<std::int64_t> expected_version{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// DeleteThing wants nothing attached: otherwise ApiErrc::invalid_request.
struct DeleteThing {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DeleteThing", Method::delete_};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct CreateThingType {
    using Answer = NamedArn;
    static constexpr ApiInfo info{"CreateThingType", Method::post};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct CreateThingGroup {
    using Answer = NamedArn;
    static constexpr ApiInfo info{"CreateThingGroup", Method::post};

    std::string name;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct AddThingToThingGroup {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"AddThingToThingGroup", Method::put};

    std::string group;
    std::string thing;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// Association says whether a certificate may belong to other things, too. Exclusive: policy variables of the thing have
// a value whatever the client id is.
enum class Association : std::uint8_t { exclusive, shared };

struct AttachThingPrincipal {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"AttachThingPrincipal", Method::put};

    std::string thing;
    std::string principal;  // ARN of the certificate
    Association association = Association::exclusive;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct DetachThingPrincipal {
    using Answer = NoAnswer;
    static constexpr ApiInfo info{"DetachThingPrincipal", Method::delete_};

    std::string thing;
    std::string principal;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct ThingPrincipal {
    std::string principal;
    Association association = Association::shared;
};

struct ListThingPrincipals {
    using Answer = Page<ThingPrincipal>;
    static constexpr ApiInfo info{"ListThingPrincipalsV2", Method::get};

    std::string thing;
    std::string next{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

// ListPrincipalThings gives the names of things that a certificate is attached to.
struct ListPrincipalThings {
    using Answer = Page<std::string>;
    static constexpr ApiInfo info{"ListPrincipalThings", Method::get};

    std::string principal;
    std::string next{};

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

struct Connectivity {
    bool connected = false;
    std::optional<WallTime> since{};
    std::string disconnect_reason{};  // "AUTH_ERROR", "DUPLICATE_CLIENTID", ... (section 8.4)
};

// GetThingConnectivityData: ApiErrc::not_configured where the account does not index its fleet.
struct GetThingConnectivityData {
    using Answer = Connectivity;
    static constexpr ApiInfo info{"GetThingConnectivityData", Method::post};

    std::string thing;

    [[nodiscard]] ApiRequest request() const;
    static Result<Answer> parse(const Json& answer);
};

}  // namespace trustx::aws
