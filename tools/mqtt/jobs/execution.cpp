// SPDX-License-Identifier: Apache-2.0
#include "jobs/execution.hpp"

#include "requests/names.hpp"

#include <algorithm>
#include <array>

namespace trustx::mqtt {
namespace {

struct StatusName {
    JobStatus status;
    std::string_view name;
};

constexpr std::array status_names{
    StatusName{JobStatus::queued, "QUEUED"},       StatusName{JobStatus::in_progress, "IN_PROGRESS"},
    StatusName{JobStatus::succeeded, "SUCCEEDED"}, StatusName{JobStatus::failed, "FAILED"},
    StatusName{JobStatus::rejected, "REJECTED"},   StatusName{JobStatus::timed_out, "TIMED_OUT"},
    StatusName{JobStatus::canceled, "CANCELED"},   StatusName{JobStatus::removed, "REMOVED"},
};

struct JobMeaning {
    JobErrc code;
    std::string_view name;
    std::string_view words;
};

constexpr std::array job_meanings{
    JobMeaning{JobErrc::invalid_topic, "InvalidTopic", "the service has no such topic"},
    JobMeaning{JobErrc::invalid_json, "InvalidJson", "the service cannot read the request"},
    JobMeaning{JobErrc::invalid_request, "InvalidRequest", "the service does not understand the request"},
    JobMeaning{JobErrc::invalid_state_transition, "InvalidStateTransition",
               "the execution cannot go from its status to that one"},
    JobMeaning{JobErrc::resource_not_found, "ResourceNotFound", "there is no such thing, job or execution"},
    JobMeaning{JobErrc::version_mismatch, "VersionMismatch", "somebody else changed the execution"},
    JobMeaning{JobErrc::internal_error, "InternalError", "the service failed"},
    JobMeaning{JobErrc::request_throttled, "RequestThrottled", "there were too many requests"},
    JobMeaning{JobErrc::terminal_state_reached, "TerminalStateReached", "the execution is over already"},
};

std::optional<JobExecution> read_members(const Json& object, std::string_view thing) {
    const auto job = text_member(object, "jobId");
    const auto status_name = text_member(object, "status");
    const auto status = status_name ? read_job_status(*status_name) : std::nullopt;
    const auto version = integer_member(object, "versionNumber");
    const bool other_thing = text_member(object, "thingName").value_or(std::string{thing}) != thing;
    if (!job || !is_job_id(*job) || !status || !version || other_thing) {
        return std::nullopt;
    }
    const auto* document = object_member(object, "jobDocument");
    return JobExecution{*job, *status, *version, integer_member(object, "executionNumber").value_or(1),
                        document == nullptr ? Json{} : *document};
}

}  // namespace

std::optional<JobStatus> read_job_status(std::string_view text) {
    const auto* const found = std::ranges::find(status_names, text, &StatusName::name);
    return found == status_names.end() ? std::nullopt : std::optional{found->status};
}

std::string_view to_string(JobStatus status) {
    return std::ranges::find(status_names, status, &StatusName::status)->name;
}

ExecutionRead read_execution(const Json& body, std::string_view thing) {
    using Found = ExecutionRead::Found;
    if (!body.is_object()) {
        return {};
    }
    const auto member = body.find("execution");
    if (member == body.end() || (member->is_object() && member->empty())) {
        return {Found::none, {}};
    }
    auto execution = read_members(*member, thing);
    return execution ? ExecutionRead{Found::one, *std::move(execution)} : ExecutionRead{};
}

JobRejection read_job_rejection(const Json& body) {
    JobRejection rejection;
    rejection.name = text_member(body, "code").value_or("");
    rejection.message = text_member(body, "message").value_or("");
    const auto* const found = std::ranges::find(job_meanings, rejection.name, &JobMeaning::name);
    rejection.code = found == job_meanings.end() ? JobErrc::unknown : found->code;
    if (const auto* state = object_member(body, "executionState")) {
        rejection.status = read_job_status(text_member(*state, "status").value_or(""));
        rejection.version = integer_member(*state, "versionNumber");
    }
    return rejection;
}

std::string words(const JobRejection& rejection) {
    const auto* const found = std::ranges::find(job_meanings, rejection.code, &JobMeaning::code);
    const std::string meaning{found == job_meanings.end() ? "the service refuses it" : found->words};
    const auto detail =
        rejection.name + (rejection.name.empty() || rejection.message.empty() ? "" : ": ") + rejection.message;
    return detail.empty() ? meaning : meaning + " (" + detail + ")";
}

}  // namespace trustx::mqtt
