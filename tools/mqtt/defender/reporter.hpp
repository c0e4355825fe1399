// SPDX-License-Identifier: Apache-2.0
// Reports to Device Defender, at an interval, each until it is answered (aws-iot.md section 8.3). Its answers have no
// client token; they name the report.
#pragma once

#include "requests/notice.hpp"
#include "requests/request.hpp"

#include <trustx/clock.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

class MetricsReporter {
 public:
    static constexpr std::chrono::seconds shortest_interval{300};  // that the service takes

    struct Parts {
        const Clock& clock;
        std::string thing;
        std::function<std::int64_t()> time_of_day;  // seconds since 1970, of which the numbers of reports are made
        std::function<Json()> collect;              // the members of a report besides its header
        std::chrono::seconds interval;
        Notify notify;
    };
    explicit MetricsReporter(Parts parts);

    [[nodiscard]] std::vector<std::string> filters() const;
    void connected();
    void connection_lost();
    void arrived(std::string_view topic, std::string_view payload);
    std::optional<Publication> next();
    [[nodiscard]] std::optional<TimePoint> wakes_at() const { return wakes_at_; }
    void wake();

    [[nodiscard]] unsigned accepted() const { return accepted_; }
    [[nodiscard]] unsigned rejected() const { return rejected_; }

 private:
    Parts parts_;
    std::string topic_;
    bool connected_ = false;
    std::int64_t number_ = 0;  // of the last report
    std::string report_;       // the last, until it is answered; empty: it was
    bool to_send_ = false;
    bool sent_again_ = false;
    TimePoint due_;  // the next report
    std::optional<TimePoint> wakes_at_;
    unsigned accepted_ = 0;
    unsigned rejected_ = 0;
};

}  // namespace trustx::mqtt
