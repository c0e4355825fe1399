// SPDX-License-Identifier: Apache-2.0
// trustx aws bulk: the operator's half of the enrolment of many gateways.
#include "aws/fleet/bulk.hpp"

#include "aws/enrolment/error.hpp"
#include "aws/fleet/pace.hpp"
#include "cli/output.hpp"
#include "commands/aws/approval_options.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* what_bulk_does =
    R"(The folder has requests of gateways (`trustx aws request`) and, later, their proofs (`trustx aws install`), under any
names that end in .json. Each request is approved, and its answer is DIRECTORY/answers/THING.json; each proof activates
its certificate. Records of all are in DIRECTORY/records, so that a run that was interrupted is run again and carries on,
and DIRECTORY/report.json says for each file what became of it.

A file that is bad fails by itself, and so do symbolic links and requests in which the same thing, chip or key occurs
twice; what hinders all, such as the network or the credentials, ends the run. Answers and records have to be your own
directories. AWS allows so many calls of one kind a second for the whole account: --rate is what this may use of it.

Examples:
  trustx aws bulk gateways/ --profile operator
  trustx aws bulk gateways/ --method register-thing --policy factory-gateways --rate 5)";

struct BulkOptions {
    std::string directory;
    double rate = 10;
    ApprovalOptions approval;
};

// check_own: who can change answers or records can change what gateways are told, and what is activated.
Result<void> check_own(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        return {};  // it is made
    }
    const bool own = S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() && (found.st_mode & S_IWOTH) == 0;
    return own ? Result<void>{}
               : fail(InputErrc::check_failed,
                      path + " is a symbolic link, another user's, or everybody may write to it: move it away");
}

// names_in are those of the files that gateways may have sent, in their order.
Result<std::vector<std::string>> names_in(const aws::BulkDirectories& directories) {
    std::vector<std::string> names;
    std::error_code code;
    for (fs::directory_iterator entry{directories.folder, code}; !code && entry != fs::directory_iterator{};
         entry.increment(code)) {
        const auto& path = entry->path();
        std::error_code of_type;
        const auto type = entry->symlink_status(of_type).type();
        if (path.extension() == ".json" && path != directories.report_file() &&
            (type == fs::file_type::regular || type == fs::file_type::symlink)) {
            names.push_back(path.filename().string());
        }
    }
    if (code) {
        return files::cannot_read(directories.folder, code);
    }
    std::ranges::sort(names);
    return names;
}

void tell_progress(const Context& context, const aws::DeviceReport& device, std::size_t number, std::size_t all) {
    const auto place = std::to_string(number) + "/" + std::to_string(all) + " " + device.file + ": ";
    if (device.failure) {
        say(place + device.failure->message());
        return;
    }
    context.note(place + (device.outcome == aws::Outcome::approved ? "approved " : "activated ") +
                 (device.before ? "earlier " : "") + device.thing);
}

std::string totals(const aws::BulkReport& report) {
    const auto number = [&report](aws::Outcome outcome) { return std::to_string(report.count(outcome)); };
    return "approved " + number(aws::Outcome::approved) + ", activated " + number(aws::Outcome::activated) +
           ", failed " + number(aws::Outcome::failed) + ", not reached " + number(aws::Outcome::not_reached) + "\n";
}

// verdict is how the program ends.
Result<void> verdict(const aws::BulkReport& report, const aws::BulkDirectories& directories) {
    if (report.stopped) {
        return tl::unexpected<Error>{*report.stopped};
    }
    const auto failed = report.count(aws::Outcome::failed);
    return failed == 0
               ? Result<void>{}
               : fail(aws::EnrolmentErrc::some_failed,
                      std::to_string(failed) + " of " + std::to_string(report.devices.size()) + " files failed, " +
                          directories.report_file() + " says why: mend them, and run it again");
}

Result<void> bulk(const Context& context, const BulkOptions& options) {
    constexpr double highest_rate = 1000;
    if (!(options.rate > 0) || options.rate > highest_rate) {
        return fail(InputErrc::usage, "--rate: more than 0 and at most 1000 calls of one kind a second");
    }
    TRY(const auto wishes, wishes_of(options.approval));
    const aws::BulkDirectories directories{options.directory};
    TRYV(check_own(directories.records()));
    TRYV(check_own(directories.answers()));
    TRY(const auto names, names_in(directories));
    TRY(const auto session, open_operator(context, options.approval.account, wishes));
    aws::Pace pace{session->cloud().clock(), options.rate};
    session->cloud().cloud().prepare([&pace](std::string_view call) { pace.wait_for(call); });
    aws::Approvals approvals{session->seams(), directories.records(), session->cloud().region()};
    TRY(const auto lock, approvals.lock());
    if (names.empty()) {
        return fail(InputErrc::nothing_there,
                    "there is no *.json in " + directories.folder + ": put requests or proofs of gateways there");
    }
    const auto progress = [&context](const aws::DeviceReport& device, std::size_t number, std::size_t all) {
        tell_progress(context, device, number, all);
    };
    TRY(const auto report, aws::bulk(approvals, session->files(), directories, names, wishes, progress));
    TRYV(answer(totals(report)));
    return verdict(report, directories);
}

}  // namespace

void add_aws_bulk(Command& aws) {
    const auto options = std::make_shared<BulkOptions>();
    auto command = aws.subcommand("bulk", "Approve and activate a folder of gateways", what_bulk_does);
    command.argument("DIRECTORY", options->directory, "The folder").required();
    add_approval_options(command, options->approval);
    command.option("--rate", options->rate, "Calls of one kind a second, at most; default: 10", "NUMBER");
    command.on_run([options](const Context& context) { return bulk(context, *options); });
}

}  // namespace trustx::cli
