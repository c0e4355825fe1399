// SPDX-License-Identifier: Apache-2.0
#include "jobs_service.hpp"

#include <algorithm>
#include <stdexcept>

namespace trustx::test {
namespace {

using mqtt::JobStatus;
using mqtt::Json;

const std::string things_jobs = "$aws/things/gw/jobs/";

Json error(const std::string& code) {
    Json body = Json::object();
    body["code"] = code;
    body["message"] = "no";
    return body;
}

Json state_of(const JobsService::Execution& execution) {
    Json state = Json::object();
    state["status"] = to_string(execution.status);
    state["versionNumber"] = execution.version;
    return state;
}

}  // namespace

JobsService::Execution& JobsService::of(const std::string& job) {
    const auto found = std::ranges::find(executions, job, &Execution::job);
    if (found == executions.end()) {
        throw std::runtime_error{"no job " + job};
    }
    return *found;
}

JobsService::Execution* JobsService::next() {
    for (const auto wanted : {JobStatus::in_progress, JobStatus::queued}) {
        if (const auto found = std::ranges::find(executions, wanted, &Execution::status); found != executions.end()) {
            return &*found;
        }
    }
    return nullptr;
}

Json JobsService::described(Execution* execution) const {
    Json body = Json::object();
    if (execution != nullptr) {
        auto& one = body["execution"];
        one = state_of(*execution);
        one["jobId"] = execution->job;
        one["thingName"] = "gw";
        one["executionNumber"] = 1;
        one["jobDocument"] = execution->document;
    }
    return body;
}

JobsService::Message JobsService::notify_next() const {
    auto self = *this;
    return {things_jobs + "notify-next", mqtt::write(self.described(self.next()))};
}

Json JobsService::update(Execution& execution, const Json& body, bool& accepted) {
    updates.push_back(body);
    accepted = false;
    if (is_terminal(execution.status)) {
        auto refused = error("TerminalStateReached");
        refused["executionState"] = state_of(execution);
        return refused;
    }
    if (mqtt::integer_member(body, "expectedVersion") != execution.version) {
        auto refused = error("VersionMismatch");
        refused["executionState"] = state_of(execution);
        return refused;
    }
    accepted = true;
    ++execution.version;
    execution.status = mqtt::read_job_status(mqtt::text_member(body, "status").value()).value();
    execution.details = body.at("statusDetails");
    Json answer = Json::object();
    answer["executionState"] = state_of(execution);
    return answer;
}

JobsService::Message JobsService::serve(const mqtt::Publication& request) {
    const auto body = mqtt::read_object(request.payload).value();
    const auto rest = request.topic.substr(things_jobs.size());
    const auto job = rest.substr(0, rest.find('/'));
    bool accepted = true;
    Json answer;
    if (rest == "start-next") {
        ++starts;
        auto* execution = next();
        if (execution != nullptr && execution->status == JobStatus::queued) {
            execution->status = JobStatus::in_progress;
            ++execution->version;
        }
        answer = described(execution);
    } else if (job == "$next") {
        answer = described(next());
    } else if (std::ranges::find(executions, job, &Execution::job) == executions.end()) {
        accepted = false;
        answer = error("ResourceNotFound");
    } else {
        answer = rest.ends_with("/get") ? described(&of(job)) : update(of(job), body, accepted);
    }
    answer["clientToken"] = body.at("clientToken");
    return {request.topic + (accepted ? "/accepted" : "/rejected"), mqtt::write(answer)};
}

}  // namespace trustx::test
