// SPDX-License-Identifier: Apache-2.0
// Executions of jobs as the service describes them, and its refusals (aws-iot.md sections 8.2 and 14, item 10).
#pragma once

#include "requests/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::mqtt {

enum class JobStatus : std::uint8_t {
    queued,
    in_progress,
    // These are terminal.
    succeeded,
    failed,
    rejected,
    timed_out,
    canceled,
    removed,
};

[[nodiscard]] std::optional<JobStatus> read_job_status(std::string_view text);
[[nodiscard]] std::string_view to_string(JobStatus status);  // as on the wire
[[nodiscard]] constexpr bool is_terminal(JobStatus status) {
    return status >= JobStatus::succeeded;
}

struct JobExecution {
    std::string job;
    JobStatus status = JobStatus::queued;
    std::int64_t version = 0;  // counts the changes of this execution
    std::int64_t number = 0;   // which execution of the job it is, on this thing
    Json document;             // null: it did not come along
};

// read_execution reads the member `execution` of an answer or of a notification. `none`: the queue is empty.
struct ExecutionRead {
    enum class Found : std::uint8_t { one, none, malformed } found = Found::malformed;
    JobExecution execution{};
};
[[nodiscard]] ExecutionRead read_execution(const Json& body, std::string_view thing);

enum class JobErrc : std::uint8_t {
    invalid_topic,
    invalid_json,
    invalid_request,
    invalid_state_transition,
    resource_not_found,
    version_mismatch,
    internal_error,
    request_throttled,
    terminal_state_reached,
    unknown,
};

struct JobRejection {
    JobErrc code = JobErrc::unknown;
    std::string name;     // the code as it came
    std::string message;  // the service's
    // What the execution is now, where the service says so.
    std::optional<JobStatus> status;
    std::optional<std::int64_t> version;
};

[[nodiscard]] JobRejection read_job_rejection(const Json& body);
[[nodiscard]] std::string words(const JobRejection& rejection);
[[nodiscard]] constexpr bool asks_for_patience(JobErrc code) {
    return code == JobErrc::internal_error || code == JobErrc::request_throttled;
}

}  // namespace trustx::mqtt
