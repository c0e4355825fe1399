// SPDX-License-Identifier: Apache-2.0
// A call of AWS IoT is a value: a struct with its parameters, which says what is sent and reads what comes back. To add
// one: its struct in a header of calls/, and its two functions in the source beside it.
#pragma once

#include "aws/account/account.hpp"
#include "aws/control/api_error.hpp"
#include "aws/http/http_client.hpp"
#include "aws/signing/wiped_json.hpp"

#include <trustx/result.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::aws {

// Repeats says whether a call may be sent again when its answer was lost. No: a second execution would leave a second
// certificate.
enum class Repeats : bool { no, yes };

// ApiInfo is what is the same for all calls of one kind.
struct ApiInfo {
    std::string_view name;  // AWS's, for messages: "CreateThing"
    Method method;
    Service service = Service::iot;
    Repeats repeats = Repeats::yes;
};

// ApiRequest is what is sent for a call. Nothing in it is encoded yet.
struct ApiRequest {
    std::vector<std::string> path;  // segments: {"things", name}
    QueryParameters query{};
    std::vector<Header> headers{};
    std::string body{};  // JSON; empty: none
};

struct NoAnswer {};

// Page is a part of a list; `next` asks for what follows, and is empty at the end.
template <class Item>
struct Page {
    std::vector<Item> items;
    std::string next;
};

template <class Call>
concept ApiCall = requires(const Call& call, const Json& answer) {
    typename Call::Answer;
    { Call::info } -> std::convertible_to<const ApiInfo&>;
    { call.request() } -> std::same_as<ApiRequest>;
    { Call::parse(answer) } -> std::same_as<Result<typename Call::Answer>>;
};

}  // namespace trustx::aws
