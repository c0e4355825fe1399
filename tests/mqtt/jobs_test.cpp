// SPDX-License-Identifier: Apache-2.0
// Jobs without a network: one at a time, each once, whenever the program ends.
#include "common/files/input_error.hpp"
#include "jobs/handlers.hpp"
#include "jobs/journal.hpp"
#include "jobs/runner.hpp"
#include "jobs/status_details.hpp"
#include "jobs_service.hpp"
#include "support/catch.hpp"
#include "support/memory_files.hpp"
#include "support/temp_dir.hpp"
#include "support/virtual_clock.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace trustx::mqtt;
using namespace std::chrono_literals;
using trustx::test::Fault;
using trustx::test::JobsService;
using trustx::test::Killed;
using trustx::test::MemoryFiles;
using trustx::test::Trap;
using trustx::test::VirtualClock;

namespace {

class FakeHandlers final : public Handlers {
 public:
    [[nodiscard]] trustx::Result<std::string> find(const std::string& operation) const override {
        if (operation == "unknown") {
            return trustx::fail(trustx::errno_code(ENOENT));
        }
        return "/handlers/" + operation;
    }
};

// JobsWorld outlives what a kill ends: service, disk, and what handlers did.
struct JobsWorld {
    JobsWorld() { trap.disarm(); }
    Trap trap;
    MemoryFiles disk{trap};
    JobsService service;
    FakeHandlers handlers;
    VirtualClock clock;
    std::map<std::string, std::vector<bool>> runs;  // by job: whether each was a resumed one
};

// Life is a run of the program.
class Life {
 public:
    explicit Life(JobsWorld& world)
        : world_{world},
          journal_{JobJournal::open(world.disk, "/state", "gw").value()},
          runner{{world.clock, "gw", tokens_, journal_, world.handlers,
                  [this](Level level, const std::string&) { notices.push_back(level); }, step_timeout}} {}

    // exchange publishes what is to be published, and hands back the answers.
    void exchange() {
        while (const auto request = runner.next()) {
            world_.trap.enter("publish " + request->topic);
            const auto [topic, payload] = world_.service.serve(*request);
            world_.trap.enter("answer " + topic);
            runner.arrived(topic, payload);
        }
    }
    // work does everything that there is to do.
    void work() {
        runner.connected();
        for (exchange(); const auto start = runner.take_start(); exchange()) {
            run(*start);
        }
    }
    // begun is a handler that has been started and not ended.
    JobStart begun() {
        runner.connected();
        exchange();
        const auto start = runner.take_start();
        REQUIRE(start);
        return *start;
    }
    void news() {
        const auto [topic, payload] = world_.service.notify_next();
        runner.arrived(topic, payload);
    }

 private:
    void run(const JobStart& start) {
        world_.trap.enter("the handler begins");
        world_.runs[start.job].push_back(start.resumed);
        runner.progress(Json{{"percent", 50}});
        exchange();
        world_.trap.enter("the handler ended");
        runner.ended({.number = start.operation == "fails" ? 1 : 0});
    }

    JobsWorld& world_;
    Tokens tokens_{[] { return 1; }};
    JobJournal journal_;

 public:
    std::optional<int> step_timeout;
    std::vector<Level> notices;
    JobRunner runner;
};

JobsService::Message answer_to(const std::optional<Publication>& request, bool accepted, const std::string& body) {
    REQUIRE(request);
    auto json = Json::parse(body);
    json["clientToken"] = text_member(read_object(request->payload).value(), "clientToken").value();
    return {request->topic + (accepted ? "/accepted" : "/rejected"), write(json)};
}

void add_three_jobs(JobsService& service) {
    service.add("one", R"({"operation":"works","z":1,"a":2})");
    service.add("two", R"({"operation":"fails"})");
    service.add("three", R"({"operation":"unknown"})");
}

}  // namespace

TEST_CASE("jobs are done one after the other, and each is reported as it ended", "[jobs]") {
    JobsWorld world;
    add_three_jobs(world.service);
    Life life{world};
    life.work();
    CHECK(world.service.of("one").status == JobStatus::succeeded);
    CHECK(world.service.of("two").status == JobStatus::failed);
    CHECK(world.service.of("two").details.contains("reason"));
    CHECK(world.service.of("three").status == JobStatus::rejected);
    CHECK(world.runs == std::map<std::string, std::vector<bool>>{{"one", {false}}, {"two", {false}}});
    CHECK(world.service.starts == 3);
    CHECK(life.runner.at_rest());
    CHECK(world.disk.content("/state/job").empty());
    // news of another one ends the rest
    world.service.add("four", R"({"operation":"works"})");
    life.news();
    life.work();
    CHECK(world.service.of("four").status == JobStatus::succeeded);
}

TEST_CASE("a program that is killed at any step loses no job and does none twice without need", "[jobs]") {
    std::size_t steps = 0;
    for (std::size_t step = 1;; ++step) {
        JobsWorld world;
        add_three_jobs(world.service);
        world.trap.arm(Fault::kill, step);
        bool killed = false;
        bool doubtful = false;
        try {
            Life{world}.work();
        } catch (const Killed&) {
            killed = true;
            const auto record = read_job_record(world.disk.content("/state/job"));
            doubtful = record && record->stage == JobRecord::Stage::started && world.runs.contains(record->job);
            INFO(world.trap.place());
            for (const auto& execution : world.service.executions) {
                CHECK((execution.status != JobStatus::succeeded || !world.runs[execution.job].empty()));
            }
        }
        if (!killed) {
            break;
        }
        ++steps;
        const auto place = world.trap.place();
        CAPTURE(place);
        world.trap.disarm();
        Life{world}.work();
        CHECK(world.service.of("one").status == JobStatus::succeeded);
        CHECK(world.service.of("two").status == JobStatus::failed);
        CHECK(world.service.of("three").status == JobStatus::rejected);
        std::size_t runs = 0;
        for (const auto& [job, resumed] : world.runs) {
            runs += resumed.size();
            CHECK((resumed.size() < 2 || (resumed.size() == 2 && resumed[1])));
        }
        CHECK(runs == (doubtful ? 3 : 2));
        CHECK(world.runs["three"].empty());
    }
    CHECK(steps > 30);
}

namespace {

// killed_at lives until that step of a program's work, and tells whether it came to it. `repeated`: the kill leaves a
// handler's work unknown, so that it has to be run once more.
bool killed_at(JobsWorld& world, std::size_t step, std::size_t& repeated) {
    const auto before = world.runs;
    world.trap.arm(Fault::kill, step);
    try {
        Life{world}.work();
        world.trap.disarm();
        return false;
    } catch (const Killed&) {
        world.trap.disarm();
        const auto record = read_job_record(world.disk.content("/state/job"));
        const bool begun = record && record->stage == JobRecord::Stage::started;
        repeated +=
            begun && world.runs[record->job].size() > (before.contains(record->job) ? before.at(record->job).size() : 0)
                ? 1U
                : 0U;
        return true;
    }
}

}  // namespace

TEST_CASE("a program that is killed at any step, and again at any step of what follows, does each job once", "[jobs]") {
    std::size_t pairs = 0;
    bool first_reached = true;
    for (std::size_t first = 1; first_reached; ++first) {
        bool second_reached = true;
        for (std::size_t second = 1; second_reached && first_reached; ++second) {
            JobsWorld world;
            add_three_jobs(world.service);
            std::size_t repeated = 0;
            first_reached = killed_at(world, first, repeated);
            second_reached = first_reached && killed_at(world, second, repeated);
            Life{world}.work();
            CAPTURE(first, second);
            std::size_t runs = 0;
            for (const auto& [job, resumed] : world.runs) {
                runs += resumed.size();
                CHECK(std::count(resumed.begin(), resumed.end(), false) <= 1);
            }
            CHECK(runs == 2 + repeated);
            CHECK(world.service.of("one").status == JobStatus::succeeded);
            CHECK(world.service.of("two").status == JobStatus::failed);
            CHECK(world.service.of("three").status == JobStatus::rejected);
            CHECK(world.disk.content("/state/job").empty());
            pairs += second_reached ? 1U : 0U;
        }
    }
    CHECK(pairs > 400);
}

TEST_CASE("a connection that is lost at any step loses no job and does none twice", "[jobs]") {
    for (const bool carried_out : {false, true}) {
        for (unsigned step = 1; step < 40; ++step) {
            JobsWorld world;
            add_three_jobs(world.service);
            Life life{world};
            unsigned count = 0;
            life.runner.connected();
            for (;;) {
                while (const auto request = life.runner.next()) {
                    if (++count == step) {
                        if (carried_out) {
                            static_cast<void>(world.service.serve(*request));
                        }
                        life.runner.connection_lost();
                        life.runner.connected();
                        continue;
                    }
                    const auto [topic, payload] = world.service.serve(*request);
                    life.runner.arrived(topic, payload);
                }
                const auto start = life.runner.take_start();
                if (!start) {
                    break;
                }
                world.runs[start->job].push_back(start->resumed);
                life.runner.ended({.number = start->operation == "fails" ? 1 : 0});
            }
            CAPTURE(carried_out, step);
            CHECK(world.runs == std::map<std::string, std::vector<bool>>{{"one", {false}}, {"two", {false}}});
            CHECK(world.service.of("one").status == JobStatus::succeeded);
            CHECK(world.service.of("two").status == JobStatus::failed);
            CHECK(world.service.of("three").status == JobStatus::rejected);
        }
    }
}

TEST_CASE("a handler gets its document as it came", "[jobs]") {
    JobsWorld world;
    add_three_jobs(world.service);
    Life life{world};
    const auto start = life.begun();
    CHECK(start.job == "one");
    CHECK(start.operation == "works");
    CHECK(start.program == "/handlers/works");
    CHECK(start.document == R"({"operation":"works","z":1,"a":2})");
    CHECK_FALSE(start.resumed);
    CHECK_FALSE(life.runner.take_start());
    life.news();
    life.exchange();
    CHECK_FALSE(life.runner.take_start());  // one at a time
}

TEST_CASE("a job that somebody else started is resumed, not begun", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    world.service.of("one").status = JobStatus::in_progress;
    Life life{world};
    CHECK(life.begun().resumed);
}

TEST_CASE("a handler that never comes to an end is not started for ever", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    for (unsigned start = 0; start < JobRunner::most_starts; ++start) {
        Life life{world};
        CHECK(life.begun().resumed == (start > 0));
        life.runner.drain();
        life.runner.ended({.how = JobEnd::How::interrupted});
        CHECK(life.runner.at_rest());
    }
    Life{world}.work();
    CHECK(world.service.of("one").status == JobStatus::failed);
    CHECK(world.runs.empty());
}

TEST_CASE("an execution that somebody else changed is reported with its new version", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    life.begun();
    world.service.of("one").version += 5;
    if (GENERATE(true, false)) {
        life.runner.progress(Json{{"percent", 50}});
    }
    life.runner.ended({});
    life.exchange();
    CHECK(world.service.of("one").status == JobStatus::succeeded);
}

TEST_CASE("a report is not sent without a pause to a service that has another version each time", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    life.begun();
    life.runner.ended({});
    unsigned reports = 0;
    while (const auto request = life.runner.next()) {
        REQUIRE(++reports <= 10);
        world.service.of("one").version += 1;  // somebody else is quicker each time
        const auto [topic, payload] = world.service.serve(*request);
        life.runner.arrived(topic, payload);
    }
    CHECK(reports == JobRunner::most_versions);
    CHECK(life.notices.back() == Level::error);
    world.clock.sleep_until(life.runner.wakes_at().value());
    life.runner.wake();
    life.exchange();
    CHECK(world.service.of("one").status == JobStatus::succeeded);
}

TEST_CASE("a handler whose job was cancelled is ended, and nothing is reported", "[jobs]") {
    JobsWorld world;
    add_three_jobs(world.service);
    Life life{world};
    life.begun();
    const bool removed = GENERATE(true, false);
    if (removed) {
        world.service.executions.erase(world.service.executions.begin());
    } else {
        world.service.of("one").status = JobStatus::canceled;
    }
    switch (GENERATE(0, 1, 2)) {
        case 0:
            life.news();
            break;
        case 1:
            life.runner.progress(Json{{"percent", 50}});
            break;
        default:
            life.runner.connection_lost();
            life.runner.connected();
            break;
    }
    CHECK_FALSE(life.runner.unwanted());
    life.exchange();
    CHECK(life.runner.unwanted());
    const auto updates = world.service.updates.size();
    life.runner.ended({.how = JobEnd::How::by_signal, .number = 15});
    life.exchange();
    CHECK(life.runner.take_start()->job == "two");
    CHECK(world.service.updates.size() == updates);
}

TEST_CASE("what a lost connection took of a question is asked again", "[jobs]") {
    JobsWorld world;
    add_three_jobs(world.service);
    Life life{world};
    life.begun();
    for (int round = 0; round < 3; ++round) {
        life.runner.connection_lost();
        life.runner.connected();
        CHECK(life.runner.next());
    }
}

TEST_CASE("a job that was cancelled while its report was under way is over", "[jobs]") {
    JobsWorld world;
    add_three_jobs(world.service);
    Life life{world};
    life.begun();
    life.runner.ended({});
    world.service.of("one").status = GENERATE(JobStatus::canceled, JobStatus::timed_out);
    life.exchange();
    CHECK(life.runner.take_start()->job == "two");
    CHECK(std::ranges::count(life.notices, Level::warning) == 1);
}

TEST_CASE("progress is told rarely, and only the last of it", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    life.begun();
    for (int percent = 0; percent < 100; ++percent) {
        life.runner.progress(Json{{"percent", percent}});
        life.exchange();
    }
    CHECK(world.service.updates.size() == 1);
    CHECK(world.service.of("one").details == Json{{"percent", "0"}});
    world.clock.sleep_until(life.runner.wakes_at().value());
    life.runner.wake();
    life.exchange();
    CHECK(world.service.updates.size() == 2);
    CHECK(world.service.of("one").details == Json{{"percent", "99"}});
}

TEST_CASE("without a connection nothing is due, so that nobody waits for a moment that has passed", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    life.begun();
    life.runner.progress(Json{{"percent", 1}});
    life.exchange();
    life.runner.progress(Json{{"percent", 2}});
    CHECK(life.runner.wakes_at());
    life.runner.connection_lost();
    CHECK_FALSE(life.runner.wakes_at());
    life.runner.ended({});
    CHECK_FALSE(life.runner.wakes_at());
}

TEST_CASE("how a handler ended decides what is reported", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    life.begun();
    const auto [end, status] = GENERATE(table<JobEnd, JobStatus>({
        {{.number = 0}, JobStatus::succeeded},
        {{.number = 1}, JobStatus::failed},
        {{.number = JobRunner::status_rejected}, JobStatus::rejected},
        {{.how = JobEnd::How::by_signal, .number = 9}, JobStatus::failed},
        {{.how = JobEnd::How::too_late}, JobStatus::failed},
        {{.how = JobEnd::How::not_run}, JobStatus::failed},
    }));
    life.runner.ended(end);
    life.exchange();
    CHECK(world.service.of("one").status == status);
    CHECK(world.service.of("one").details.contains("reason") == (status != JobStatus::succeeded));
}

TEST_CASE("an operation that is none is rejected", "[jobs]") {
    JobsWorld world;
    world.service.add("one", GENERATE(as<std::string>{}, "{}", R"({"operation":1})", R"({"operation":"../works"})",
                                      R"({"operation":"/bin/sh"})", R"({"operation":""})", R"({"operation":"-v"})",
                                      R"({"operation":"a\u0000b"})", R"({"operation":"unknown"})"));
    Life life{world};
    life.work();
    CHECK(world.service.of("one").status == JobStatus::rejected);
    CHECK(world.runs.empty());
}

TEST_CASE("a report that the service does not understand is sent without details, then later", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    life.begun();
    life.runner.ended({.details = Json{{"a", "b"}}});
    for (const bool detailed : {true, false}) {
        const auto request = life.runner.next();
        const auto [topic, payload] = answer_to(request, false, R"({"code":"InvalidRequest"})");
        CHECK(read_object(request->payload)->at("statusDetails").empty() != detailed);
        life.runner.arrived(topic, payload);
    }
    CHECK_FALSE(life.runner.next());
    CHECK_FALSE(life.runner.at_rest());
    world.clock.sleep_until(life.runner.wakes_at().value());
    life.runner.wake();
    life.exchange();
    CHECK(world.service.of("one").status == JobStatus::succeeded);
}

TEST_CASE("a service under load is asked again later", "[jobs]") {
    JobsWorld world;
    Life life{world};
    life.runner.connected();
    const auto [topic, payload] =
        answer_to(life.runner.next(), false,
                  GENERATE(as<std::string>{}, R"({"code":"RequestThrottled"})", R"({"code":"InternalError"})"));
    life.runner.arrived(topic, payload);
    CHECK_FALSE(life.runner.next());
    world.clock.sleep_until(life.runner.wakes_at().value());
    life.runner.wake();
    CHECK(life.runner.next());
}

TEST_CASE("without its journal no job is begun; one that has ended is reported all the same", "[jobs]") {
    JobsWorld world;
    world.service.add("one", R"({"operation":"works"})");
    Life life{world};
    SECTION("before the start") {
        world.disk.full = true;
        life.work();
        CHECK(world.service.of("one").status == JobStatus::queued);
        CHECK(std::ranges::count(life.notices, Level::error) == 1);
        world.disk.full = false;
        world.clock.sleep_until(life.runner.wakes_at().value());
        life.runner.wake();
        life.work();
    }
    SECTION("after the end") {
        life.begun();
        world.disk.full = true;
        life.runner.ended({});
        life.exchange();
    }
    CHECK(world.service.of("one").status == JobStatus::succeeded);
}

TEST_CASE("draining starts no other job, and waits for the report", "[jobs]") {
    JobsWorld world;
    add_three_jobs(world.service);
    Life life{world};
    life.begun();
    life.runner.drain();
    CHECK_FALSE(life.runner.at_rest());
    life.runner.ended({});
    CHECK_FALSE(life.runner.at_rest());
    life.exchange();
    CHECK(life.runner.at_rest());
    CHECK_FALSE(life.runner.take_start());
    CHECK(world.service.of("one").status == JobStatus::succeeded);
    CHECK(world.service.of("two").status == JobStatus::queued);
}

TEST_CASE("a journal is refused by name where it is damaged, another thing's, or in use", "[jobs]") {
    JobsWorld world;
    const auto open = [&](const std::string& thing) { return JobJournal::open(world.disk, "/state", thing); };
    auto journal = open("gw");
    REQUIRE(journal);
    CHECK(open("gw").error() == trustx::InputErrc::refused);
    REQUIRE(journal->write({.thing = "gw", .job = "one", .number = 1}));
    journal = tl::unexpected{trustx::Error{trustx::errno_code(EBUSY)}};
    CHECK(open("gw").value().record()->job == "one");
    CHECK(open("other").error() == trustx::InputErrc::check_failed);
    world.disk.files["/state/job"].content.pop_back();
    world.disk.files["/state/job"].content.pop_back();
    CHECK(open("gw").error() == trustx::InputErrc::malformed);
}

TEST_CASE("a record is read as it was written, and only whole", "[jobs]") {
    JobRecord record{"gw", "one", 3, JobRecord::Stage::finished, 2, JobStatus::failed, Json{{"a", "b"}}};
    const auto text = write_job_record(record);
    CHECK(write_job_record(read_job_record(text).value()) == text);
    record.status = JobStatus::in_progress;
    CHECK_FALSE(read_job_record(write_job_record(record)));
    record.stage = JobRecord::Stage::started;
    CHECK(read_job_record(write_job_record(record)));
    record.job = "../one";
    CHECK_FALSE(read_job_record(write_job_record(record)));
    CHECK_FALSE(read_job_record(""));
    CHECK_FALSE(read_job_record("{}"));
}

TEST_CASE("what a handler says becomes what the service takes", "[jobs]") {
    const auto details =
        status_details(read_object(R"({"a":"x\ny","b":1.5,"c":{"d":[1]},"no/name":"x","e":""})").value());
    CHECK(details == Json{{"a", "x y"}, {"b", "1.5"}, {"c", R"({"d":[1]})"}});
    CHECK(detail_text(std::string(2000, 'x')).size() == 1024);
    CHECK(detail_text(std::string(1023, 'x') + "\xC3\xA9").size() == 1023);
}

TEST_CASE("executions of other things, and what is none, are refused", "[jobs]") {
    using Found = ExecutionRead::Found;
    const auto found = [](const std::string& text) { return read_execution(Json::parse(text), "gw").found; };
    CHECK(found(R"({"execution":{"jobId":"a","thingName":"gw","status":"QUEUED","versionNumber":1}})") == Found::one);
    CHECK(found(R"({"execution":{"jobId":"a","status":"QUEUED","versionNumber":1}})") == Found::one);
    CHECK(found(R"({"execution":{}})") == Found::none);
    CHECK(found("{}") == Found::none);
    CHECK(found(R"({"execution":{"jobId":"a","thingName":"b","status":"QUEUED","versionNumber":1}})") ==
          Found::malformed);
    CHECK(found(R"({"execution":{"jobId":"a/b","status":"QUEUED","versionNumber":1}})") == Found::malformed);
    CHECK(found(R"({"execution":{"jobId":"a","status":"DONE","versionNumber":1}})") == Found::malformed);
    CHECK(found(R"({"execution":{"jobId":"a","status":"QUEUED","versionNumber":"1"}})") == Found::malformed);
    CHECK(found(R"({"execution":1})") == Found::malformed);
}

TEST_CASE("a handler is a program in its directory, and nothing else", "[jobs]") {
    const trustx::test::TempDir directory;
    const auto make = [&](const std::string& name, mode_t mode) {
        trustx::test::write_file(directory / name, "#!/bin/sh\n");
        REQUIRE(::chmod((directory / name).c_str(), mode) == 0);
    };
    make("works", 0700);
    make("text", 0600);
    make("open", 0777);
    std::filesystem::create_directory(directory / "folder");
    const auto handlers = HandlerDirectory::open(directory.path().string());
    REQUIRE(handlers);
    CHECK(handlers->find("works"));
    for (const auto* name : {"text", "open", "folder", "missing", "..", "../works", "", "a/b"}) {
        CAPTURE(name);
        CHECK_FALSE(handlers->find(name));
    }
    CHECK_FALSE(HandlerDirectory::open((directory / "works").string()));
    CHECK_FALSE(HandlerDirectory::open((directory / "missing").string()));
    for (const mode_t mode : {0777U, 0775U}) {
        REQUIRE(::chmod(directory.path().c_str(), mode) == 0);
        CHECK_FALSE(HandlerDirectory::open(directory.path().string()));
    }
}

TEST_CASE("a handler is no program that others may change, wherever a link leads", "[jobs]") {
    const trustx::test::TempDir directory;
    const auto program = directory / "elsewhere" / "program";
    std::filesystem::create_directories(directory / "handlers");
    std::filesystem::create_directories(directory / "elsewhere");
    trustx::test::write_file(program, "#!/bin/sh\n");
    std::filesystem::create_symlink(program, directory / "handlers" / "linked");
    const auto found = [&](mode_t of_program, mode_t of_directory) {
        REQUIRE(::chmod(program.c_str(), of_program) == 0);
        REQUIRE(::chmod((directory / "elsewhere").c_str(), of_directory) == 0);
        return HandlerDirectory::open((directory / "handlers").string()).value().find("linked").has_value();
    };
    CHECK(found(0755, 0755));
    CHECK_FALSE(found(0775, 0755));
    CHECK_FALSE(found(0755, 0775));
    if (::geteuid() == 0) {
        REQUIRE(::chown(program.c_str(), 12345, 12345) == 0);
        CHECK_FALSE(found(0755, 0755));
    }
}
