// SPDX-License-Identifier: Apache-2.0
// A request to a service of AWS IoT over MQTT: published on a topic, answered on that topic followed by /accepted or
// /rejected, and told from the requests of others by its client token (aws-iot.md sections 8.1 and 8.2). It is sent
// again when its connection is lost or no answer comes, until there is an answer; whoever makes one must be content
// with its being carried out twice, or look for that in the answer.
#pragma once

#include "requests/json.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::mqtt {

struct Publication {
    std::string topic;
    std::string payload;
};

struct Answer {
    bool accepted = false;
    Json body;
};

// Tokens gives client tokens that no other process has: at most 64 bytes (aws-iot.md section 8.1).
class Tokens {
 public:
    // random is called once.
    explicit Tokens(const std::function<std::uint64_t()>& random);
    std::string next();

 private:
    std::string prefix_;
    std::uint64_t count_ = 0;
};

// earlier of two moments, where there are any.
[[nodiscard]] std::optional<TimePoint> earlier(std::optional<TimePoint> one, std::optional<TimePoint> other);

class Request {
 public:
    static constexpr std::chrono::seconds patience{20};       // for an answer
    static constexpr std::chrono::seconds first_pause{1};     // before it is sent again on the service's wish, ...
    static constexpr std::chrono::seconds longest_pause{60};  // ... doubled each time

    // The token becomes the member clientToken of the body.
    Request(const Clock& clock, std::string topic, const Json& body, std::string token);

    [[nodiscard]] const std::string& topic() const { return topic_; }

    // next is what to publish now, over the present connection.
    std::optional<Publication> next();
    // connection_lost: an answer that was on its way is lost.
    void connection_lost();
    // arrived gives the answer, if the message is that.
    [[nodiscard]] std::optional<Answer> arrived(std::string_view topic, std::string_view payload) const;
    // send_later sends it again after a pause, because the answer asks for patience.
    void send_later();

    [[nodiscard]] std::optional<TimePoint> wakes_at() const { return wakes_at_; }
    void wake();

    // sent_again: it may have been carried out before this answer's time.
    [[nodiscard]] bool sent_again() const { return times_sent_ > 1; }

 private:
    const Clock* clock_;
    std::string topic_;
    std::string token_;
    std::string payload_;
    bool to_send_ = true;
    std::optional<TimePoint> wakes_at_;  // when it will be sent again
    std::chrono::seconds pause_ = first_pause;
    unsigned times_sent_ = 0;
};

}  // namespace trustx::mqtt
