// SPDX-License-Identifier: Apache-2.0
// What AWS IoT would close the connection for is found before.
#include "limits/aws_limits.hpp"

#include "support/catch.hpp"

using namespace trustx::mqtt;
using aws::Limit;

namespace {

std::optional<Limit> limit_of(const std::optional<aws::Excess>& excess) {
    return excess ? std::optional{excess->limit} : std::nullopt;
}

std::string slashes(std::size_t count) {
    return std::string(count, '/');
}

}  // namespace

TEST_CASE("a topic of AWS IoT has at most 256 bytes and 7 slashes", "[limits]") {
    CHECK_FALSE(aws::exceeded_by_topic(std::string(256, 'x')));
    CHECK(limit_of(aws::exceeded_by_topic(std::string(257, 'x'))) == Limit::topic_length);
    CHECK_FALSE(aws::exceeded_by_topic("a" + slashes(7)));
    CHECK(limit_of(aws::exceeded_by_topic("a" + slashes(8))) == Limit::topic_depth);
    CHECK(limit_of(aws::exceeded_by_filter("+" + slashes(8))) == Limit::topic_depth);
}

TEST_CASE("the name of a rule does not count, and that of a shared subscription neither", "[limits]") {
    CHECK_FALSE(aws::exceeded_by_topic("$aws/rules/telemetry/a" + slashes(7)));
    CHECK(limit_of(aws::exceeded_by_topic("$aws/rules/telemetry/a" + slashes(8))) == Limit::topic_depth);
    CHECK_FALSE(aws::exceeded_by_filter("$share/group/a" + slashes(7)));
    CHECK(limit_of(aws::exceeded_by_filter("$share/group/a" + slashes(8))) == Limit::topic_depth);
}

TEST_CASE("topics that begin with a dollar sign are those of the service", "[limits]") {
    CHECK_FALSE(aws::exceeded_by_topic("$aws/things/thing/shadow/name/n/update"));
    CHECK(limit_of(aws::exceeded_by_topic("$SYS/uptime")) == Limit::topic_reserved);
    CHECK(limit_of(aws::exceeded_by_topic("$share/group/a")) == Limit::topic_reserved);
    CHECK(limit_of(aws::exceeded_by_filter("$SYS/#")) == Limit::topic_reserved);
}

TEST_CASE("a message of AWS IoT has at most 128 KiB, and a quality of service of 0 or 1", "[limits]") {
    OutgoingMessage message{.topic = "t", .payload = std::string(aws::max_payload, 'x')};
    CHECK_FALSE(aws::exceeded_by(message));
    message.payload += 'x';
    CHECK(limit_of(aws::exceeded_by(message)) == Limit::payload_size);
    CHECK(limit_of(aws::exceeded_by(OutgoingMessage{.topic = "t", .payload = {}, .qos = 2})) == Limit::qos);
    CHECK(limit_of(aws::exceeded_by(OutgoingMessage{.topic = "$SYS/t", .payload = {}})) == Limit::topic_reserved);
}

TEST_CASE("a client id of AWS IoT has at most 128 bytes", "[limits]") {
    CHECK_FALSE(aws::exceeded_by_client_id(std::string(128, 'x')));
    CHECK(limit_of(aws::exceeded_by_client_id(std::string(129, 'x'))) == Limit::client_id_length);
}

TEST_CASE("an endpoint of AWS IoT is known by its name", "[limits]") {
    CHECK(aws::is_endpoint("abc-ats.iot.eu-central-1.amazonaws.com"));
    CHECK(aws::is_endpoint("abc.ats.iot.cn-north-1.amazonaws.com.cn"));
    CHECK_FALSE(aws::is_endpoint("ec2.eu-central-1.amazonaws.com"));
    CHECK_FALSE(aws::is_endpoint("iot.example"));
    CHECK_FALSE(aws::is_endpoint("a.iot.amazonaws.com.example"));
    CHECK(aws::application_protocol(443) == "x-amzn-mqtt-ca");
    CHECK(aws::application_protocol(8883).empty());
}
