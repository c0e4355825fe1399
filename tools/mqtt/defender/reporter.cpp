// SPDX-License-Identifier: Apache-2.0
#include "defender/reporter.hpp"

#include <algorithm>
#include <utility>

namespace trustx::mqtt {

MetricsReporter::MetricsReporter(Parts parts)
    : parts_{std::move(parts)},
      topic_{"$aws/things/" + parts_.thing + "/defender/metrics/json"},
      due_{parts_.clock.now()} {}

std::vector<std::string> MetricsReporter::filters() const {
    return {topic_ + "/accepted", topic_ + "/rejected"};
}

void MetricsReporter::connected() {
    connected_ = true;
    wakes_at_ = report_.empty() ? due_ : parts_.clock.now();
    wake();
}

void MetricsReporter::connection_lost() {
    connected_ = false;
    wakes_at_.reset();
}

void MetricsReporter::wake() {
    const auto now = parts_.clock.now();
    if (!connected_ || !wakes_at_ || now < *wakes_at_) {
        return;
    }
    wakes_at_ = now + Request::patience;
    to_send_ = true;
    sent_again_ = !report_.empty();
    if (report_.empty()) {
        number_ = std::max(parts_.time_of_day(), number_ + 1);
        auto body = parts_.collect();
        body["header"]["report_id"] = number_;
        body["header"]["version"] = "1.0";
        report_ = write(body);
        due_ = now + parts_.interval;
    }
}

std::optional<Publication> MetricsReporter::next() {
    if (!std::exchange(to_send_, false)) {
        return std::nullopt;
    }
    return Publication{topic_, report_};
}

void MetricsReporter::arrived(std::string_view topic, std::string_view payload) {
    const bool accepted = topic == topic_ + "/accepted";
    if (report_.empty() || (!accepted && topic != topic_ + "/rejected")) {
        return;
    }
    const auto body = read_object(payload);
    if (!body || integer_member(*body, "reportId") != number_) {
        return;
    }
    const auto* details = object_member(*body, "statusDetails");
    const auto code = details == nullptr ? std::nullopt : text_member(*details, "ErrorCode");
    if (accepted || (sent_again_ && code == "DuplicateReportId")) {  // then the first one came through
        ++accepted_;
        parts_.notify(Level::news, "Device Defender has accepted report " + std::to_string(number_));
    } else {
        ++rejected_;
        parts_.notify(Level::error, "Device Defender refuses the report: " + write(*body));
    }
    report_.clear();
    to_send_ = false;
    wakes_at_ = due_;
}

}  // namespace trustx::mqtt
