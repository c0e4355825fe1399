// SPDX-License-Identifier: Apache-2.0
// What must survive the end of the program, or of the machine, for a job to be done once: which execution is at which
// stage. There is one record, because there is one job at a time; it is on disk before the next thing is done.
#pragma once

#include "common/files/file_store.hpp"
#include "jobs/execution.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace trustx::mqtt {

struct JobRecord {
    // announced: the service is about to be told that it starts. started: its handler is about to be run, or has run.
    // finished: its handler has ended, and the service is about to be told how.
    enum class Stage : std::uint8_t { announced, started, finished };

    std::string thing;
    std::string job;
    std::int64_t number = 0;  // of the execution
    Stage stage = Stage::announced;
    unsigned starts = 0;                        // how often its handler was started
    JobStatus status = JobStatus::in_progress;  // once finished: what the service is told
    Json details = Json::object();              // once finished
};

class JobJournal {
 public:
    // open makes the directory where it is missing, and locks it. Errors: InputErrc::unwritable and those of read;
    // EBUSY where another process has it, EBADMSG where the record cannot be read, EXDEV where it is another thing's.
    static trustx::Result<JobJournal> open(files::FileStore& store, std::string directory, const std::string& thing);

    [[nodiscard]] const std::optional<JobRecord>& record() const { return record_; }
    trustx::Result<void> write(JobRecord record);
    trustx::Result<void> clear();

 private:
    JobJournal(files::FileStore& store, std::string path, std::unique_ptr<files::FileStore::Lock> lock)
        : store_{&store}, path_{std::move(path)}, lock_{std::move(lock)} {}

    files::FileStore* store_;
    std::string path_;
    std::unique_ptr<files::FileStore::Lock> lock_;
    std::optional<JobRecord> record_;
};

// The form of a record in its file; nothing: the text is none.
[[nodiscard]] std::string write_job_record(const JobRecord& record);
[[nodiscard]] std::optional<JobRecord> read_job_record(std::string_view text);

}  // namespace trustx::mqtt
