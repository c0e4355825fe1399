// SPDX-License-Identifier: Apache-2.0
// What `trustx setup check` found.
#pragma once

#include "cli/advice.hpp"
#include "common/files/input_error.hpp"

#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

// CheckReport collects findings: "ok", "note", "skipped" or "FAILED", the subject, the finding, and where there is one
// the remedy. Every failure has one.
class CheckReport {
 public:
    void ok(const std::string& subject, const std::string& finding) { add({"ok", subject, finding}); }
    void note(const std::string& subject, const std::string& finding, const std::string& remedy = {}) {
        add({"note", subject, finding, remedy});
    }
    void skipped(const std::string& subject, const std::string& why) { add({"skipped", subject, why}); }
    void failed(const std::string& subject, const Error& error, const std::string& remedy) {
        add({"FAILED", subject, what_is_wrong(error), remedy, error});
    }
    void failed(const std::string& subject, InputErrc code, const std::string& finding, const std::string& remedy) {
        failed(subject, Error{code, finding}, remedy);
    }

    // Failure is what is not as it should be, with its remedy.
    struct Failure {
        Error error;
        std::string remedy;
    };
    [[nodiscard]] std::optional<Failure> first_failure() const;

    // finish prints everything, as text or as JSON. Error: the first that failed.
    [[nodiscard]] Result<void> finish(bool json) const;

 private:
    struct Finding {
        std::string verdict;
        std::string subject;
        std::string finding;
        std::string remedy = {};
        std::optional<Error> error = {};
    };

    void add(Finding finding) { findings_.push_back(std::move(finding)); }
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string json() const;

    std::vector<Finding> findings_;
};

}  // namespace trustx::cli
