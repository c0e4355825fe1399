// SPDX-License-Identifier: Apache-2.0
#include "jobs/journal.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "requests/names.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

namespace trustx::mqtt {
namespace {

constexpr int format = 1;

struct StageName {
    JobRecord::Stage stage;
    std::string_view name;
};

constexpr std::array stage_names{
    StageName{JobRecord::Stage::announced, "announced"},
    StageName{JobRecord::Stage::started, "started"},
    StageName{JobRecord::Stage::finished, "finished"},
};

std::optional<JobRecord::Stage> read_stage(const std::string& name) {
    const auto* const found = std::ranges::find(stage_names, name, &StageName::name);
    return found == stage_names.end() ? std::nullopt : std::optional{found->stage};
}

bool is_whole(const JobRecord& record) {
    return is_thing_name(record.thing) && is_job_id(record.job) &&
           (record.stage == JobRecord::Stage::finished) == is_terminal(record.status);
}

}  // namespace

std::string write_job_record(const JobRecord& record) {
    Json object = Json::object();
    object["format"] = format;
    object["thing"] = record.thing;
    object["job"] = record.job;
    object["execution"] = record.number;
    object["stage"] = std::ranges::find(stage_names, record.stage, &StageName::stage)->name;
    object["starts"] = record.starts;
    object["status"] = to_string(record.status);
    object["details"] = record.details;
    return write(object) + "\n";
}

std::optional<JobRecord> read_job_record(std::string_view text) {
    const auto object = read_object(text);
    if (!object || integer_member(*object, "format") != format) {
        return std::nullopt;
    }
    const auto number = integer_member(*object, "execution");
    const auto starts = integer_member(*object, "starts");
    const auto stage = read_stage(text_member(*object, "stage").value_or(""));
    const auto status = read_job_status(text_member(*object, "status").value_or(""));
    const auto* details = object_member(*object, "details");
    constexpr std::int64_t most_starts = std::numeric_limits<std::int32_t>::max();
    if (!number || !starts || *starts < 0 || *starts > most_starts || !stage || !status || details == nullptr) {
        return std::nullopt;
    }
    JobRecord record{text_member(*object, "thing").value_or(""),
                     text_member(*object, "job").value_or(""),
                     *number,
                     *stage,
                     static_cast<unsigned>(*starts),
                     *status,
                     *details};
    return is_whole(record) ? std::optional{std::move(record)} : std::nullopt;
}

trustx::Result<JobJournal> JobJournal::open(files::FileStore& store, std::string directory, const std::string& thing) {
    TRYV(store.make_directory(directory, files::Access::owner));
    TRY(auto lock, store.lock(directory + "/lock"));
    if (!lock) {
        return trustx::fail(InputErrc::refused, "another process does jobs with " + directory +
                                                    "; end that, or give each a directory of its own");
    }
    JobJournal journal{store, directory + "/job", std::move(lock)};
    TRY(const auto text, store.read(journal.path_));
    if (!text) {
        return journal;
    }
    journal.record_ = read_job_record(*text);
    if (!journal.record_) {
        return trustx::fail(InputErrc::malformed,
                            journal.path_ +
                                ", which says which job was being done, is damaged; see what became of that job, and "
                                "take the file away");
    }
    if (journal.record_->thing != thing) {
        return trustx::fail(InputErrc::check_failed, directory + " has a job of the thing " + journal.record_->thing +
                                                         ", and this is " + thing + "; choose another directory");
    }
    return journal;
}

trustx::Result<void> JobJournal::write(JobRecord record) {
    TRYV(store_->write(path_, write_job_record(record), files::Access::owner));
    record_ = std::move(record);
    return {};
}

trustx::Result<void> JobJournal::clear() {
    TRYV(store_->remove(path_));
    record_.reset();
    return {};
}

}  // namespace trustx::mqtt
