// SPDX-License-Identifier: Apache-2.0
// What MQTT takes for a topic, and for a filter.
#include "limits/topic.hpp"

#include "support/catch.hpp"

#include <string>

using trustx::mqtt::is_topic;
using trustx::mqtt::is_topic_filter;

TEST_CASE("a topic is text without wildcards", "[topic]") {
    CHECK(is_topic("a/\xC3\xA4/b"));
    CHECK(is_topic(std::string(65535, 'a')));
    for (const std::string bad : {"", "a/+", "a/#", "a\xFF", "a\nb", "a\x7F"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_topic(bad));
    }
    CHECK_FALSE(is_topic(std::string(65536, 'a')));
    CHECK_FALSE(is_topic(std::string("a\0b", 3)));
}

TEST_CASE("a filter has its wildcards alone in their levels", "[topic]") {
    for (const std::string good : {"a", "#", "+", "a/#", "+/b/+", "/"}) {
        CAPTURE(good);
        CHECK(is_topic_filter(good));
    }
    for (const std::string bad : {"", "a#", "#/a", "a+/b", "\xFF/#"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_topic_filter(bad));
    }
}
