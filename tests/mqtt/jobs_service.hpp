// SPDX-License-Identifier: Apache-2.0
// The jobs of a thing as the service keeps them, in memory: as much of aws-iot.md section 8.2 as a client can tell.
#pragma once

#include "jobs/execution.hpp"
#include "requests/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trustx::test {

class JobsService {
 public:
    struct Execution {
        std::string job;
        mqtt::Json document;
        mqtt::JobStatus status = mqtt::JobStatus::queued;
        std::int64_t version = 1;
        mqtt::Json details = mqtt::Json::object();
    };
    using Message = std::pair<std::string, std::string>;  // topic, payload

    void add(const std::string& job, const std::string& document) {
        executions.push_back({job, mqtt::Json::parse(document)});
    }
    Execution& of(const std::string& job);
    [[nodiscard]] Message notify_next() const;

    // serve carries a request out and gives the answer.
    Message serve(const mqtt::Publication& request);

    std::vector<Execution> executions;
    std::vector<mqtt::Json> updates;  // requests, as they came
    unsigned starts = 0;              // requests for start-next

 private:
    [[nodiscard]] Execution* next();
    mqtt::Json described(Execution* execution) const;
    mqtt::Json update(Execution& execution, const mqtt::Json& body, bool& accepted);
};

}  // namespace trustx::test
