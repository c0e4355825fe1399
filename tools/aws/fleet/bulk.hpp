// SPDX-License-Identifier: Apache-2.0
// A folder of gateways: requests become answers, proofs make certificates active. One that is bad does not stop the
// others, what hinders all of them does. Every gateway has its record, so that a run that was interrupted, by whatever,
// is run again, and asks the cloud for nothing that it has.
#pragma once

#include "aws/fleet/approvals.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

// BulkDirectories are in the folder, beside the files that gateways have sent.
struct BulkDirectories {
    std::string folder;

    [[nodiscard]] std::string records() const { return folder + "/records"; }
    [[nodiscard]] std::string answers() const { return folder + "/answers"; }
    [[nodiscard]] std::string answer_file(const std::string& thing) const { return answers() + "/" + thing + ".json"; }
    [[nodiscard]] std::string report_file() const { return folder + "/report.json"; }
};

// Outcome is what became of one file. `not_reached`: something ended the run before.
enum class Outcome : std::uint8_t { approved, activated, failed, not_reached };

struct DeviceReport {
    std::string file;   // its name in the folder
    std::string thing;  // empty: the file cannot be read
    std::string chip;
    Outcome outcome = Outcome::not_reached;
    bool before = false;  // by an earlier run
    std::optional<Error> failure{};
};

struct BulkReport {
    std::vector<DeviceReport> devices;
    std::optional<Error> stopped{};  // what hinders all that were not reached

    // count is how many gateways, by their things, were approved or activated; of other outcomes, how many files, which
    // may name none.
    [[nodiscard]] std::size_t count(Outcome outcome) const;

    // text is JSON, for the file.
    [[nodiscard]] std::string text() const;
};

// Progress is told of each file, as so many of all.
using BulkProgress = std::function<void(const DeviceReport& device, std::size_t number, std::size_t all)>;

// bulk works through the files, which are names in the folder, in their order: requests first, then proofs. Other files
// are left alone. approvals has its records in the folder's directory for them, and is locked. A symbolic link is a bad
// file. Errors are those of writing answers and report, and InputErrc::check_failed where one of their directories or
// the report is a symbolic link; everything else is in the report.
Result<BulkReport> bulk(Approvals& approvals, files::FileStore& files, const BulkDirectories& directories,
                        const std::vector<std::string>& names, const Order& wishes, const BulkProgress& progress);

}  // namespace trustx::aws
