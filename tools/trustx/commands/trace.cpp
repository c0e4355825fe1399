// SPDX-License-Identifier: Apache-2.0
// trustx trace: what programs did with the chip, from the file that TRUSTX_TRACE named.
#include "cli/arguments.hpp"
#include "cli/nearest.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/text/counted.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "trace/line_reader.hpp"
#include "trace/trace_entry.hpp"
#include "trace/trace_summary.hpp"

#include <trustx/commands.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace trustx::cli {
namespace {

struct TraceCommandOptions {
    std::string file;
    std::string command;
    std::string object;
    std::optional<std::int64_t> pid;
    std::optional<double> slower_than;  // milliseconds
    bool failed = false;
    bool summary = false;
    bool json = false;
};

constexpr const char* trace_examples =
    R"(A trace is written by every program that uses the chip through libtrustx, if it is asked to:
  TRUSTX_TRACE=chip.trace openssl req -new -key key.pem -subj /CN=gateway -out request.pem
  trustx trace chip.trace
or by `trace = FILE` in trustx.conf. TRUSTX_TRACE_LEVEL=frames or =transfers shows more of how it was done. There are
no secret bytes in a trace: written and read data, random bytes, shared secrets and keys are given by their length.

Examples:
  trustx trace chip.trace --summary
  trustx trace chip.trace --command CalcSign --slower-than 200
  tail -f chip.trace | trustx trace -
  trustx trace chip.trace --failed --json | jq -r '.[].object')";

template <class... Commands>
std::vector<std::string> names_of() {
    return {std::string{Commands::info.name}...};
}

// check_command refuses a name that no trace has. The names are those that libtrustx gives its commands.
Result<void> check_command(const std::string& name) {
    auto known = names_of<GetDataObject, GetMetadata, SetDataObject, SetMetadata, GetRandom, GenKeyPair, CalcSign,
                          ExportKeyPair, VerifySign, CalcSSec, DeriveKey, CalcHash, SetAuthScheme, SetAuthMsg,
                          GetAuthMsg, StartDtlsClient, GetHandshakeMessage, GetCertificateVerify, PutHandshakeMessage,
                          EncryptRecord, DecryptRecord, CloseSession>();
    known.insert(known.end(), {"OpenApplication", "attach", "reset"});
    const auto is_name = [&name](const std::string& one) { return text::lower_case(one) == text::lower_case(name); };
    if (name.empty() || std::ranges::any_of(known, is_name)) {
        return {};
    }
    return fail(InputErrc::usage, "--command: the chip has no command `" + name + "`" + did_you_mean(name, known));
}

// Filter keeps the activities that were asked for, and of frames and transfers those of chosen processes.
class Filter {
 public:
    static Result<Filter> from(const TraceCommandOptions& options) {
        TRYV(check_command(options.command));
        Filter filter{options};
        if (!options.object.empty()) {
            TRY(const auto object, parse_object(options.object));
            filter.object_ = object.hex();
        }
        return filter;
    }

    [[nodiscard]] bool passes(const TraceEntry& entry) const {
        if (options_.pid && entry.pid != *options_.pid) {
            return false;
        }
        if (!narrow()) {
            return true;
        }
        return entry.is_activity() &&
               (options_.command.empty() || text::lower_case(entry.title()) == text::lower_case(options_.command)) &&
               (object_.empty() || entry.object == object_) && (!options_.failed || entry.failed) &&
               (!options_.slower_than || static_cast<double>(entry.microseconds) > *options_.slower_than * 1000.0);
    }

 private:
    explicit Filter(const TraceCommandOptions& options) : options_{options} {}
    [[nodiscard]] bool narrow() const {
        return !options_.command.empty() || !object_.empty() || options_.failed || options_.slower_than;
    }

    const TraceCommandOptions& options_;
    std::string object_;
};

// Printer writes entries as they come, so that a growing trace can be watched.
class Printer {
 public:
    explicit Printer(const TraceCommandOptions& options) : options_{options} {}

    Result<void> print(const TraceEntry& entry) {
        if (options_.summary) {
            summary_.add(entry);
            return {};
        }
        if (!options_.json) {
            return answer(entry.text());
        }
        const std::string before = first_ ? "[\n" : ",\n";
        first_ = false;
        auto line = json_line(entry.json);
        line.pop_back();  // the next one, or the end, breaks the line
        return answer(before + line);
    }

    Result<void> finish() {
        if (options_.summary) {
            return answer(options_.json ? json_text(summary_.json()) : summary_.text());
        }
        return options_.json ? answer(first_ ? "[]\n" : "\n]\n") : Result<void>{};
    }

 private:
    const TraceCommandOptions& options_;
    TraceSummary summary_;
    bool first_ = true;
};

// Unreadable counts lines that are not a trace's: cut by a full disk, or of another file.
struct Unreadable {
    std::uint64_t count = 0;
    std::uint64_t first = 0;
};

Result<void> report(const Unreadable& unreadable, bool found_any, const Context& context, const std::string& file) {
    if (unreadable.count == 0) {
        return {};
    }
    if (!found_any) {
        return fail(InputErrc::malformed,
                    file + " is not a trace: none of its lines is of the form that libtrustx writes");
    }
    context.note(file + ": " + text::counted(unreadable.count, "line is", "lines are") +
                 " not of a trace, the first is line " + std::to_string(unreadable.first));
    return {};
}

Result<void> trace(const Context& context, const TraceCommandOptions& options) {
    if (options.slower_than && !(std::isfinite(*options.slower_than) && *options.slower_than >= 0)) {
        return fail(InputErrc::usage, "--slower-than takes milliseconds, 0 or more");
    }
    TRY(const auto filter, Filter::from(options));
    TRY(auto reader, LineReader::open(options.file));
    Printer printer{options};
    Unreadable unreadable;
    bool found_any = false;
    for (;;) {
        TRY(const auto line, reader.next());
        if (!line) {
            break;
        }
        const auto entry = TraceEntry::parse(*line);
        if (entry && entry->format > known_format) {
            return fail(InputErrc::malformed, options.file + " line " + std::to_string(reader.number()) +
                                                  " is of a later trustx, in format " + std::to_string(entry->format) +
                                                  "; this one knows format " + std::to_string(known_format));
        }
        if (!entry && !line->empty() && unreadable.count++ == 0) {
            unreadable.first = reader.number();
        }
        found_any = found_any || entry;
        if (entry && filter.passes(*entry)) {
            TRYV(printer.print(*entry));
        }
    }
    TRYV(report(unreadable, found_any, context, options.file));
    return printer.finish();
}

}  // namespace

void add_trace(Command& program) {
    const auto options = std::make_shared<TraceCommandOptions>();
    auto command = program.subcommand("trace", "Print a trace that programs wrote", trace_examples);
    command.argument("FILE", options->file, "The trace; - is standard input").required();
    command.option("--command", options->command, "Only this command, as CalcSign, or attach", "NAME");
    command.option("--object", options->object, "Only commands about this object", "OBJECT");
    command.option("--pid", options->pid, "Only what this process did", "N");
    command.option("--slower-than", options->slower_than, "Only what took longer than N milliseconds", "N");
    command.flag("--failed", options->failed, "Only what the chip refused or did not answer");
    command.flag("--summary", options->summary, "Count, times and bus costs of each command");
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return trace(context, *options); });
}

}  // namespace trustx::cli
