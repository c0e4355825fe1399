// SPDX-License-Identifier: Apache-2.0
// The topics of the jobs of a thing (aws-iot.md section 8.2).
#pragma once

#include <string>
#include <vector>

namespace trustx::mqtt {

class JobTopics {
 public:
    // thing must be a name as requests/names.hpp has it.
    explicit JobTopics(const std::string& thing) : prefix_{"$aws/things/" + thing + "/jobs/"} {}

    [[nodiscard]] std::string notify_next() const { return prefix_ + "notify-next"; }
    [[nodiscard]] std::string start_next() const { return prefix_ + "start-next"; }
    // Of a job by its id, or of the next one, "$next".
    [[nodiscard]] std::string get(const std::string& job) const { return prefix_ + job + "/get"; }
    [[nodiscard]] std::string update(const std::string& job) const { return prefix_ + job + "/update"; }

    // filters are those of all topics that bring answers or news; the answers come without a subscription, too, but a
    // policy may be written after what is subscribed to.
    [[nodiscard]] std::vector<std::string> filters() const {
        return {notify_next(),
                prefix_ + "start-next/accepted",
                prefix_ + "start-next/rejected",
                get("+") + "/accepted",
                get("+") + "/rejected",
                update("+") + "/accepted",
                update("+") + "/rejected"};
    }

 private:
    std::string prefix_;
};

inline constexpr const char* next_job = "$next";

}  // namespace trustx::mqtt
