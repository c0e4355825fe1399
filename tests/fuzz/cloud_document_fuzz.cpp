// SPDX-License-Identifier: Apache-2.0
// What the services of AWS IoT and handlers say: answers about shadows, deltas, jobs with their documents, a journal
// that was damaged.
#include "fuzz_input.hpp"
#include "handler/printed_objects.hpp"
#include "jobs/execution.hpp"
#include "jobs/handlers.hpp"
#include "jobs/journal.hpp"
#include "jobs/status_details.hpp"
#include "requests/json.hpp"
#include "shadow/rejection.hpp"
#include "shadow/topics.hpp"
#include "shadow/watch.hpp"

#include <trustx/clock.hpp>

#include <string>

using namespace trustx;
using namespace trustx::mqtt;
using test::expect;

namespace {

void check_shadow(const std::string& text) {
    static const SystemClock clock;
    static const ShadowTopics topics{"gw", ""};
    Tokens tokens{[] { return 1; }};
    ShadowWatch watch{clock, topics, tokens, [](Level, const std::string&) {}};
    watch.arrived(topics.delta(), text);
    const auto delta = watch.take();
    expect(!delta || delta->state.is_object(), "a delta has a state");
    watch.connected();
    watch.arrived(topics.get() + "/accepted", text);
    watch.arrived(topics.get() + "/rejected", text);
}

void check_details(const Json& object) {
    const auto details = status_details(object);
    for (const auto& [name, value] : details.items()) {
        const auto said = value.get<std::string>();
        expect(!name.empty() && !said.empty() && said.size() <= 1024, "details are within their limits");
        expect(read_object(write(Json{{"a", said}})).has_value(), "details are UTF-8");
    }
}

void check_job(const Json& object) {
    const auto read = read_execution(object, "gw");
    if (read.found == ExecutionRead::Found::one) {
        const auto operation = text_member(read.execution.document, "operation").value_or("");
        expect(!is_operation(operation) || operation.find('/') == std::string::npos, "an operation is one name");
    }
    static_cast<void>(words(read_job_rejection(object)));
    static_cast<void>(words(read_shadow_rejection(object)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{test::text_of({data, size})};
    check_shadow(text);
    if (const auto record = read_job_record(text)) {
        const auto again = read_job_record(write_job_record(*record));
        expect(again && write_job_record(*again) == write_job_record(*record), "a record survives its file");
    }
    PrintedObjects printed;
    static_cast<void>(printed.add(text));
    static_cast<void>(printed.end());
    if (const auto object = read_object(text)) {
        expect(read_object(write(*object)) == object, "a document survives being written");
        check_details(*object);
        check_job(*object);
    }
    return 0;
}
